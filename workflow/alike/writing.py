"""Writing a batch of plans: one statement per kind of row, whatever the number of issues."""

from __future__ import annotations

from collections import Counter
from datetime import date
from hashlib import sha256
from typing import Any

from pydantic_core import to_json

from models import tables
from models.bulk import Insertion, change_of
from models.db import Session
from notifications import outbox
from notifications.intent import Intent
from notifications.outbox import NOTICES
from workflow.alike.addressing import Letters
from workflow.alike.plan import Plan, PlannedEvent
from workflow.alike.shape import (
    MOMENTS,
    OWN_ISSUE,
    OWN_TASK,
    SHARED_ISSUE,
    SHARED_TASK,
    Row,
    Shapes,
)
from workflow.case import Record
from workflow.chain import GENESIS
from workflow.conflicts import stale
from workflow.context import Context
from workflow.flushing import EVENTS

Case = tuple[Row, list[Row]]
"""An issue's row and the rows of its tasks."""
_ISSUE_POLICY = len(OWN_ISSUE) + SHARED_ISSUE.index("policy_version_id")
_DISPATCHED = len(OWN_TASK) + MOMENTS.index("dispatched_at")
_POLICY = len(OWN_TASK) + len(MOMENTS) + SHARED_TASK.index("policy_version_id")
_BETWEEN = "\ue002"
_FIRINGS = Insertion(
    tables.rung_firing,
    ("subject", "deadline_version", "rung", "level", "outcome", "logical_at", "at"),
)
_PREPARED = Insertion(
    tables.prepared_action,
    (
        "task_id", "deadline_version", "rung", "level", "kind", "mode", "state", "prepared_at",
        "reason", "facts",
    ),
)  # fmt: skip


class Batch:
    """Rows of many issues, by kind. `lost`: what was for people whom nothing reaches."""

    __slots__ = (
        "_events", "_firings", "_issues", "_notices", "_prepared", "_skips", "_tasks", "_texts",
        "lost",
    )  # fmt: skip

    def __init__(self, ctx: Context, shapes: Shapes) -> None:
        self._texts = OwnTexts(ctx, shapes)
        self._events: list[Row] = []
        self._firings: list[Row] = []
        self._prepared: list[Row] = []
        self._notices: list[Row] = []
        self._issues: dict[tuple[str, ...], list[Row]] = {}
        self._tasks: dict[tuple[str, ...], list[Row]] = {}
        self._skips: Counter[tuple[str, str]] = Counter()
        self.lost: list[Intent] = []

    def add(self, plan: Plan, cases: list[tuple[Case, list[Letters]]]) -> None:
        """Put each issue's own values into its plan."""
        self._changed(plan, cases, self._chained(plan, cases))
        for (_issue, own), _letters in cases:
            self._firings += [(f"task:{own[n][1]}", *values) for n, values in plan.firings]
        if plan.fills:
            for case, letters in cases:
                self._told(plan, case, letters)

    def _chained(
        self, plan: Plan, cases: list[tuple[Case, list[Letters]]]
    ) -> list[tuple[int, str]]:
        """Append the events to each chain; returns the chains' new heads."""
        heads = []
        append = self._events.append
        for (issue, own), _letters in cases:
            key, seq, head = issue[0], issue[4], issue[5] or GENESIS
            stream = f"issue:{key}"
            for event in plan.events:
                task = None if event.task is None else own[event.task][1]
                seq += 1
                new = _hashed(stream, seq, task, head, event)
                append((stream, seq, task, event.tag, *event.values, head, new))
                head = new
            heads.append((seq, head))
        return heads

    def _changed(
        self, plan: Plan, cases: list[tuple[Case, list[Letters]]], heads: list[tuple[int, str]]
    ) -> None:
        if plan.events or plan.issue:
            chain = ("chain_seq", "chain_hash") if plan.events else ()
            values = tuple(plan.issue.values())
            rows = self._issues.setdefault((*chain, *plan.issue), [])
            rows += [
                (*(head if chain else ()), *values, issue[0], issue[4])
                for ((issue, _own), _letters), head in zip(cases, heads, strict=True)
            ]
        for n, changes in plan.tasks:
            values = tuple(changes.values())
            rows = self._tasks.setdefault(tuple(changes), [])
            rows += [(*values, own[n][1]) for (_issue, own), _letters in cases]

    def _told(self, plan: Plan, case: Case, letters: list[Letters]) -> None:
        issue, own = case
        texts, key = self._texts.of(issue, own), issue[0]
        facts: dict[int, str] = {}
        for n, values, place in plan.prepared:
            self._prepared.append((own[n][1], *values, plan.fills[place](texts)))
        for one, found in zip(plan.tellings, letters, strict=True):
            task = None if one.task is None else own[one.task][1]
            subject = f"issue:{key}" if task is None else f"task:{task}"
            for row in found.rows:
                place = one.facts[row.copy]
                if place not in facts:
                    facts[place] = plan.fills[place](texts)
                text = facts[place] if row.more == "}" else facts[place][:-1] + row.more
                self._notices.append((subject, key, task, *row.before, text, *row.behind))
            if found.skips:
                self._skips.update(found.skips)
            self.lost += found.lost

    def write(self, s: Session) -> None:
        """Write everything; `StaleVersion` where somebody else was faster."""
        for names, rows in self._tasks.items():
            _won(s, tables.task, rows, change_of(tables.task, names).run(s, rows))
        for names, rows in self._issues.items():
            _won(s, tables.issue, rows, change_of(tables.issue, names, "chain_seq").run(s, rows))
        EVENTS.run(s, self._events)
        _FIRINGS.run(s, self._firings)
        _PREPARED.run(s, self._prepared)
        NOTICES.run(s, self._notices)
        if self._skips:
            outbox.skipped(s).update(self._skips)


class OwnTexts:
    """An issue's own texts in the order of their marks, as they stand inside of JSON."""

    __slots__ = ("_categories", "_ctx", "_dates", "_people", "_shapes", "_units")

    def __init__(self, ctx: Context, shapes: Shapes) -> None:
        self._ctx, self._shapes = ctx, shapes
        self._categories: dict[tuple[str, int], tuple[str, str]] = {}
        self._units: dict[int | None, str] = {}
        self._people: dict[int | None, str] = {}
        self._dates: dict[date, str] = {}

    def of(self, issue: Row, tasks: list[Row]) -> list[str]:
        """The texts of `workflow.alike.holes`: the issue's, then those of each task."""
        own = _all_inside([*issue[1:4], *(text for row in tasks for text in row[2:6])])
        found = own[:3]
        # as `telling.frozen_facts` has it: named by the rules of the task that is told of
        found += self._category(issue[6], tasks[0][_POLICY] if tasks else issue[_ISSUE_POLICY])
        for n, row in enumerate(tasks):
            found += own[3 + 4 * n : 7 + 4 * n]
            unit, _verifier, leader, person = row[6:10]
            found += (
                self._unit(unit), self._person(leader), self._person(person),
                self._date(row[_DISPATCHED], row[_POLICY]),
            )  # fmt: skip
        return found

    def _category(self, name: str, policy: int) -> tuple[str, str]:
        key = (name, policy)
        if key not in self._categories:
            known = self._ctx.policy(policy).categories.get(name)
            self._categories[key] = _inside(name), _inside(known.en if known else name)
        return self._categories[key]

    def _unit(self, key: int | None) -> str:
        if key not in self._units:
            self._units[key] = _inside(self._ctx.directory.unit_name(key))
        return self._units[key]

    def _person(self, key: int | None) -> str:
        if key not in self._people:
            self._people[key] = _inside(self._ctx.directory.person_name(key))
        return self._people[key]

    def _date(self, raw: Any, policy: int) -> str:
        day = self._shapes.day(raw, policy)
        if day not in self._dates:
            self._dates[day] = day.isoformat()
        return self._dates[day]


def _inside(text: str) -> str:
    """A text as JSON has it between its quotation marks."""
    return to_json(text).decode()[1:-1]


def _all_inside(texts: list[str]) -> list[str]:
    """The same for many, in one go as long as none of them holds what stands between them."""
    found = _inside(_BETWEEN.join(texts)).split(_BETWEEN)
    return found if len(found) == len(texts) else [_inside(text) for text in texts]


def _hashed(stream: str, seq: int, task: int | None, head: str, event: PlannedEvent) -> str:
    """As `workflow.chain.event_hash` hashes it, put together from what is the same for many."""
    before, after = event.hashed
    number = "null" if task is None else task
    return sha256(f'["{stream}",{seq}{before}{number}{after}"{head}"]'.encode()).hexdigest()


def _won(s: Session, table: Any, rows: list[Row], found: int) -> None:
    if found != len(rows):
        at = -1 if table is tables.task else -2
        raise stale(s, Record(table, {"id": rows[0][at]}), 0)
