"""Writing a batch of plans: one statement per kind of row, whatever the number of issues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
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
        self._firings += [
            (f"task:{own[n][1]}", *values)
            for (_issue, own), _letters in cases
            for n, values in plan.firings
        ]
        if plan.fills:
            every = self._texts.of(case for case, _letters in cases)
            for (case, letters), texts in zip(cases, every, strict=True):
                self._told(plan, case, letters, texts)

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

    def _told(self, plan: Plan, case: Case, letters: list[Letters], texts: list[str]) -> None:
        issue, own = case
        key = issue[0]
        facts: dict[int, str] = {}
        for n, values, place in plan.prepared:
            self._prepared.append((own[n][1], *values, plan.fills[place](texts)))
        for one, found in zip(plan.tellings, letters, strict=True):
            task = None if one.task is None else own[one.task][1]
            subject = f"issue:{key}" if task is None else f"task:{task}"
            if one.facts not in facts:
                facts[one.facts] = plan.fills[one.facts](texts)
            text = facts[one.facts]
            self._notices += [
                (subject, key, task, *row.before, text + row.end, *row.behind) for row in found.rows
            ]
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

    __slots__ = ("_categories", "_ctx", "_dates", "_names", "_shapes")

    def __init__(self, ctx: Context, shapes: Shapes) -> None:
        self._ctx, self._shapes = ctx, shapes
        self._categories: dict[tuple[str, int], tuple[str, str]] = {}
        self._names: dict[tuple[int | None, ...], tuple[str, ...]] = {}
        self._dates: dict[date, str] = {}

    def of(self, cases: Iterable[Case]) -> Iterator[list[str]]:
        """The texts of `workflow.alike.holes`: each issue's, then those of its tasks."""
        cases = list(cases)
        own: list[str] = []
        for issue, tasks in cases:
            own += issue[1:4]
            for row in tasks:
                own += row[2:6]
        own, at = _all_inside(own), 0
        for issue, tasks in cases:
            found = own[at : at + 3]
            at += 3
            # as `telling.frozen_facts` has it: named by the rules of the task that is told of
            policy = tasks[0][_POLICY] if tasks else issue[_ISSUE_POLICY]
            found += self._category(issue[6], policy)
            for row in tasks:
                found += own[at : at + 4]
                at += 4
                found += self._named(row[6:10])
                found.append(self._date(row[_DISPATCHED], row[_POLICY]))
            yield found

    def _category(self, name: str, policy: int) -> tuple[str, str]:
        key = (name, policy)
        if key not in self._categories:
            known = self._ctx.policy(policy).categories.get(name)
            self._categories[key] = _inside(name), _inside(known.en if known else name)
        return self._categories[key]

    def _named(self, key: tuple[int | None, ...]) -> tuple[str, ...]:
        """Lead unit, leader and person of a task."""
        found = self._names.get(key)
        if found is None:
            unit, _verifier, leader, person = key
            people = self._ctx.directory
            names = people.unit_name(unit), people.person_name(leader), people.person_name(person)
            found = self._names[key] = tuple(map(_inside, names))
        return found

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
