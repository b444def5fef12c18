"""To whom the tellings of a plan go, by the units and people that a task names."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json, to_json

from models import tables
from models.directory import PersonInfo
from notifications import outbox, routing
from notifications.intent import Intent
from workflow.alike.holes import ISSUE_ID, Unalike, related_id, task_id
from workflow.alike.plan import Plan, PlannedTelling
from workflow.alike.shape import OWN_TASK, PEOPLE, Row
from workflow.alike.stand_ins import Nothing
from workflow.case import Record
from workflow.context import Context
from workflow.reaching import rules_of
from workflow.telling import Meant, addressees, say
from workflow.transition import Work

log = logging.getLogger(__name__)
People = tuple[int | None, ...]
"""Values of the columns `PEOPLE` of a task."""
_FIRST = OWN_TASK.index(PEOPLE[0])
_LAST = _FIRST + len(PEOPLE)
_FACTS = outbox.NOTICES.names.index("facts")


@dataclass(slots=True)
class Letter:
    """A row of the outbox: what stands before and behind its facts, and `end` at theirs."""

    end: str
    before: tuple[Any, ...]
    behind: tuple[Any, ...]


@dataclass(slots=True)
class Letters:
    """What a telling becomes for one task's unit and people."""

    rows: list[Letter]
    told: int
    lost: list[Intent]
    skips: Counter[tuple[str, str]]


class _Dry:
    """As much of a transaction as the outbox needs to make rows."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.memo: dict[str, Any] = {}


class Addressing:
    """Finds people by the ordinary code, once for all tasks that name the same."""

    __slots__ = ("_by_spec", "_count")

    def __init__(self) -> None:
        self._by_spec: dict[Hashable, dict[People, Letters | None]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def clear(self) -> None:
        """Forget them: somebody else may hold a post. Plans hold on to them, too."""
        self._by_spec.clear()
        self._count = 0

    def of(
        self, ctx: Context, now: datetime, dialect: str, plan: Plan, tasks: list[Row]
    ) -> list[Letters] | None:
        """The letters of each telling of a plan; None where nobody is left to be told."""
        found = []
        for one in plan.tellings:
            people: People = () if one.task is None else tasks[one.task][_FIRST:_LAST]
            known = one.letters
            if known is None:
                known = one.letters = self._by_spec.setdefault((one.spec, one.task), {})
            if people not in known:
                known[people] = _letters(ctx, now, dialect, one, people)
                self._count += 1
            letters: Letters | None = known[people]
            if letters is None:
                return None
            found.append(letters)
        return found


def _letters(
    ctx: Context, now: datetime, dialect: str, one: PlannedTelling, people: People
) -> Letters | None:
    try:
        w, task = _work(ctx, now, one, people)
        main, copies = _people(w, one.spec.people, task), _people(w, one.spec.copies, task)
        say(
            w, one.spec.kind, main, copies, occasion=one.spec.occasion, task=task,
            facts={"role": "to"},
        )  # fmt: skip
    except (Unalike, AttributeError, KeyError) as why:
        log.debug("no letters: %s", why, extra={"action": "sweep.unalike"})
        return None
    if w.events:  # nobody is left to be told: the office hears of that
        return None
    diverted = routing.diverted(w.intents, ctx.directory, ctx.channels, now)
    dry: Any = _Dry(dialect)
    rules = rules_of(ctx.policy())
    rows = outbox.rows_of(dry, [*w.intents, *diverted], now, ctx.channels, rules)
    lost = list(w.intents) if diverted else []
    return Letters([_letter(row) for row in rows], len(w.intents), lost, outbox.skipped(dry))


def _work(
    ctx: Context, now: datetime, one: PlannedTelling, people: People
) -> tuple[Work, Record | None]:
    """As much of an issue as is asked for when people are found."""
    nothing: Any = Nothing()
    rules = {"policy_version_id": one.spec.policy_version_id}
    tasks = []
    if one.task is not None:
        values = dict(zip(PEOPLE, people, strict=True)) | rules
        values |= {
            "id": task_id(one.task), "issue_id": ISSUE_ID, "urgent": one.spec.urgent,
            "deadline_version": one.spec.deadline_version, "co_unit_count": 0, "open_requests": 0,
        }  # fmt: skip
        tasks.append(Record(tables.task, values))
    issue = Record(tables.issue, {"id": ISSUE_ID, "chain_seq": 0, "chain_hash": ""} | rules)
    return Work(nothing, ctx, now, None, issue, tasks), tasks[0] if tasks else None


def _people(w: Work, meant: tuple[Meant, ...], task: Record | None) -> list[PersonInfo]:
    return [person for one in meant for person in _meant(w, one, task)]


def _meant(w: Work, one: Meant, task: Record | None) -> list[PersonInfo]:
    if not one.role:
        return addressees(w, one.names, task if one.about_task else None)
    if one.unit is None:
        return w.ctx.directory.with_role(one.role)
    assert task is not None  # a unit is one that the task names
    return w.ctx.directory.with_role(one.role, task.values[_column(one.unit, task.id)])


def _column(stand_in: int, task: int) -> str:
    index = ISSUE_ID - 1 - task
    return PEOPLE[[related_id(index, n) for n in range(len(PEOPLE))].index(stand_in)]


def _letter(row: tuple[Any, ...]) -> Letter:
    facts = from_json(row[_FACTS])
    more = {name: value for name, value in facts.items() if name != "role"}
    text = f",{to_json(more).decode()[1:]}" if more else "}"
    return Letter(f'"{facts["role"]}"{text}', row[3:_FACTS], row[_FACTS + 1 :])
