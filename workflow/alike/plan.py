"""What the clock does for every issue of a shape, worked out once by the ordinary code."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from pydantic_core import to_json

from models import tables
from models.bulk import writer
from models.db import Session
from workflow.alike.holes import (
    ISSUE_ID,
    TASK_TEXTS,
    Fill,
    Unalike,
    bare,
    issue_mark,
    related_id,
    task_id,
    task_mark,
    template,
)
from workflow.alike.shape import ISSUES, OWN_ISSUE, OWN_TASK, PEOPLE, TASKS, UNASKED, Row, climbs
from workflow.alike.stand_ins import AnyContext, Nothing
from workflow.case import Record
from workflow.chain import canonical, instant
from workflow.commands.base import roll_up
from workflow.context import Context
from workflow.escalation import catch_up
from workflow.telling import Meant, Telling
from workflow.transition import Work

log = logging.getLogger(__name__)
CHAIN = frozenset({"chain_seq", "chain_hash"})
_OWN_TEXTS = ("number", "title", "description", "category")
_TO = '"to"}'
_FIRST_PERSON = OWN_TASK.index(PEOPLE[0])


@dataclass(slots=True)
class PlannedEvent:
    """An event: `hashed` is what stands in the hashed text between number and task, and after."""

    task: int | None
    tag: str
    hashed: tuple[str, str]
    values: tuple[Any, ...]


class Spec(NamedTuple):
    """All that decides to whom and when something is told, beside the task's unit and people."""

    kind: str
    occasion: str
    people: tuple[Meant, ...]
    copies: tuple[Meant, ...]
    policy_version_id: int
    urgent: bool
    deadline_version: int


@dataclass(slots=True)
class PlannedTelling:
    """Something to be told. `facts`: place of the text, which ends where the reader's role begins.

    `letters`: what it becomes, by the people named (`workflow.alike.addressing` fills it).
    """

    task: int | None
    spec: Spec
    facts: int
    letters: dict[Any, Any] | None = None


@dataclass(slots=True)
class Plan:
    """Rows to write for each issue of a shape, with its own values put in.

    Tasks are meant by their place among the issue's tasks. `issue` and `tasks` hold the columns
    that change, by name, as the driver takes them.
    """

    events: list[PlannedEvent]
    firings: list[tuple[int, tuple[Any, ...]]]
    prepared: list[tuple[int, tuple[Any, ...], int]]
    tellings: list[PlannedTelling]
    fills: list[Fill]
    issue: dict[str, Any]
    tasks: list[tuple[int, dict[str, Any]]]
    outcomes: list[tuple[str, int | None]]


def make(
    s: Session, ctx: Context, now: datetime, issue: Row, tasks: list[Row], fired: dict[int, Any]
) -> Plan | None:
    """The plan for the shape of these rows, None where the issues of a shape are not all alike.

    `fired`: what is on record for the tasks, by their place.
    """
    try:
        return _Planning(s, _worked_out(s, ctx, now, issue, tasks, fired)).plan()
    except Unalike as why:
        log.debug("no plan: %s", why, extra={"action": "sweep.unalike"})
    except (AttributeError, KeyError) as why:  # a column that is no part of a shape
        log.debug("no plan: %s is asked for", why, extra={"action": "sweep.unalike"})
    return None


def _worked_out(
    s: Session, ctx: Context, now: datetime, issue: Row, tasks: list[Row], fired: dict[int, Any]
) -> Work:
    """The ordinary code, over rows with marks in the place of what is their own."""
    found = _without(ISSUES.of(s).read(s, issue), OWN_ISSUE)
    found |= {name: issue_mark(name) for name in _OWN_TEXTS}
    found |= {"id": ISSUE_ID, "chain_seq": 0, "chain_hash": ""}
    records = [_task(s, row, index) for index, row in enumerate(tasks)]
    units = {related_id(n, 0): row[_FIRST_PERSON] for n, row in enumerate(tasks)}
    record = {f"task:{task_id(index)}": dict(known) for index, known in fired.items()}
    nothing, anybody = Nothing(), AnyContext(ctx, units)
    w = Work(
        nothing, anybody, now, None, Record(tables.issue, found), records,  # type: ignore[arg-type]
        fired=record, tellings=[],
    )  # fmt: skip
    catch_up(w)
    roll_up(w)
    w.settle(by_clock=True)
    return w


def _task(s: Session, row: Row, index: int) -> Record:
    values = _without(TASKS.of(s).read(s, row), OWN_TASK)
    if climbs(row):
        values = _without(values, UNASKED)
    values |= {name: task_mark(index, name) for name in TASK_TEXTS[:4]}
    values |= {name: related_id(index, n) for n, name in enumerate(PEOPLE)}
    return Record(tables.task, values | {"id": task_id(index), "issue_id": ISSUE_ID})


def _without(values: dict[str, Any], own: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in own}


class _Planning:
    """Takes what a work would write apart into what is shared and what is each issue's own."""

    def __init__(self, s: Session, w: Work) -> None:
        self.s, self.w = s, w
        self.place = {task.id: n for n, task in enumerate(w.tasks)}
        self.fills: list[Fill] = []
        self.known: dict[str, int] = {}

    def plan(self) -> Plan:
        """Everything; `Unalike` where something of the issue's own stands in an unknown place."""
        w = self.w
        if w.deadlines or w.intents or w.issue.chain_seq != len(w.events):
            raise Unalike("more is done than the clock does")
        return Plan(
            [self._event(row) for row in w.events],
            [self._firing(row) for row in w.firings],
            [self._prepared(row) for row in w.prepared],
            [self._telling(one) for one in w.tellings or ()],
            self.fills,
            self._changes(w.issue, CHAIN),
            [
                (n, changes)
                for n, task in enumerate(w.tasks)
                if (changes := self._changes(task, frozenset()))
            ],
            [(row["outcome"], row["level"]) for row in w.firings],
        )

    def _changes(self, record: Record, own: frozenset[str]) -> dict[str, Any]:
        names = record.changed - own
        if names & {"state", "version", *OWN_ISSUE, *OWN_TASK}:
            raise Unalike("a state changes")  # the source may hear of it
        return {n: self._bound(record.table, n, record.values[n]) for n in sorted(names)}

    def _bound(self, table: Any, name: str, value: Any) -> Any:
        if isinstance(value, str):
            bare(value)
        return writer(self.s.dialect, table, name)(value) if value is not None else None

    def _row(self, table: Any, row: dict[str, Any], names: Sequence[str]) -> tuple[Any, ...]:
        return tuple(self._bound(table, name, row[name]) for name in names)

    def _event(self, row: dict[str, Any]) -> PlannedEvent:
        task = None if row["task_id"] is None else self.place[row["task_id"]]
        data = bare(canonical(row["data"]))
        actor = canonical(row["actor_id"])
        moments = f'"{instant(row["at"])}","{instant(row["logical_at"])}"'
        return PlannedEvent(
            task,
            bare(row["tag"]),
            (f",{canonical(row['tag'])},", f",{actor},{moments},{data},"),
            self._row(tables.event, row, ("actor_id", "at", "logical_at", "data")),
        )

    def _firing(self, row: dict[str, Any]) -> tuple[int, tuple[Any, ...]]:
        names = ("deadline_version", "rung", "level", "outcome", "logical_at", "at")
        kind, _colon, key = row["subject"].partition(":")
        if kind != "task":
            raise Unalike("a limit of the issue itself")
        return self.place[int(key)], self._row(tables.rung_firing, row, names)

    def _prepared(self, row: dict[str, Any]) -> tuple[int, tuple[Any, ...], int]:
        names = (
            "deadline_version", "rung", "level", "kind", "mode", "state", "prepared_at", "reason",
        )  # fmt: skip
        place = self.place[row["task_id"]]
        text = canonical(_own_facts(row["facts"], place))
        return place, self._row(tables.prepared_action, row, names), self._fill(text)

    def _telling(self, one: Telling) -> PlannedTelling:
        place = None if one.task is None else self.place[one.task.id]
        facts = _own_facts(one.facts, place)
        text = to_json(facts | {"role": "to"}).decode()
        if not text.endswith(f'"role":{_TO}'):
            raise Unalike("something stands behind the role")
        about = one.task or self.w.issue
        spec = Spec(
            one.kind, bare(one.occasion), one.people, one.copies, about.policy_version_id,
            one.task is not None and bool(one.task.urgent),
            one.task.deadline_version if one.task is not None else 0,
        )  # fmt: skip
        return PlannedTelling(place, spec, self._fill(text.removesuffix(_TO)))

    def _fill(self, text: str) -> int:
        if text not in self.known:
            self.known[text] = len(self.fills)
            self.fills.append(template(text))
        return self.known[text]


def _own_facts(facts: dict[str, Any], place: int | None) -> dict[str, Any]:
    """What the rules look up by something of the issue's own is its own, too."""
    found = facts | {"category_en": issue_mark("category_en")}
    if place is not None and facts["derivation"] is not None:
        found["derivation"] = facts["derivation"] | {"start": task_mark(place, "start")}
    return found
