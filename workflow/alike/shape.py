"""The shape of an issue: all that decides what the clock does for it, and nothing else.

Issues of one shape get the same rungs, notices, lights and next moments; they differ in what is
their own (ids, numbers, texts, the chain). A column is the shape's unless it is named here as own
or as a moment that counts by less than its microseconds, and a plan is worked out from a row that
has no other columns (`workflow.alike.plan`): what the rules come to look at must be named here
first, or the ordinary road is taken.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from models import tables
from models.bulk import writer
from models.db import Session
from models.statements import PerDialect, among
from workflow import ladder, lights
from workflow.context import Context
from workflow.ladder import CLIMBING

Key = tuple[Any, ...]
Row = tuple[Any, ...]
RUNNING = ("dispatched", "in_progress", "verifying")
"""Issues in these states wait for nothing but their tasks: their own moments do not count."""

OWN_ISSUE = ("id", "number", "title", "description", "chain_seq", "chain_hash", "category")
SHARED_ISSUE = (
    "state", "next_rung_at", "policy_version_id", "relapse_count", "light", "light_reason", "cycle",
)  # fmt: skip
PEOPLE = (
    "lead_unit_id", "verifier_unit_id", "responsible_leader_id", "responsible_person_id",
)  # fmt: skip
"""Who is told goes by these, and names in texts: see `workflow.alike.addressing`."""
OWN_TASK = ("issue_id", "id", "number", "problem", "measures", "standard", *PEOPLE)
MOMENTS = (
    "next_rung_at", "dispatched_at", "last_progress_at", "deadline_since", "state_since",
    "resumed_at", "submitted_at",
)  # fmt: skip
SHARED_TASK = (
    "state", "paused_at", "open_requests", "co_unit_count", "due_at", "urgent",
    "policy_version_id", "limit_class", "limit_n", "deadline_version", "climbed", "provisional",
    "frozen_at", "rejection_count", "red_count", "yellow_count", "level", "light", "light_reason",
)  # fmt: skip

MOST = 100_000
"""Minutes whose day is remembered, each a few dozen bytes."""
_SHARED = len(OWN_ISSUE)
_NEXT = len(OWN_ISSUE) + SHARED_ISSUE.index("next_rung_at")
_STATE = len(OWN_ISSUE) + SHARED_ISSUE.index("state")
_ISSUE_POLICY = len(OWN_ISSUE) + SHARED_ISSUE.index("policy_version_id")
_LEAD = OWN_TASK.index(PEOPLE[0])
_OWN, _ALL = len(OWN_TASK), len(OWN_TASK) + len(MOMENTS)
_POLICY = _ALL + SHARED_TASK.index("policy_version_id")
_T, _I = tables.task.c, tables.issue.c
ISSUES = PerDialect(
    lambda dialect: select(*(_I[name] for name in OWN_ISSUE + SHARED_ISSUE)).where(
        among(_I.id, dialect)
    )
)
TASKS = PerDialect(
    lambda dialect: (
        select(*(_T[name] for name in OWN_TASK + MOMENTS + SHARED_TASK))
        .where(among(_T.issue_id, dialect))
        .order_by(_T.issue_id, _T.id)
    )
)


UNASKED = ("state_since", "submitted_at")
"""Moments that count for nothing while a task's ladder climbs."""


def climbs(row: Row) -> bool:
    """Whether of a task's moments little more than the days count."""
    state, paused, resumed = row[_ALL], row[_ALL + 1], row[_OWN + 5]
    return state in CLIMBING and paused is None and resumed is None


class Shapes:
    """Finds the shapes of rows as the clock stands at `now`.

    What it remembers is good for one edition of rules, calendars and people: see `meet`.
    """

    __slots__ = (
        "_ctx", "_days", "_late", "_moment", "_now", "_reminders", "_reports", "_starts", "_tz",
        "_units", "_write", "now",
    )  # fmt: skip

    def __init__(self, s: Session, ctx: Context, now: datetime) -> None:
        self.now, self._ctx = now, ctx
        self._write = writer(s.dialect, tables.task, "next_rung_at")
        self._now = self._write(now)
        self._moment: Callable[[Any], datetime] = TASKS.of(s).reader(s, "dispatched_at")
        self._units: dict[int, int | None] = {}
        self._starts: dict[Key, date | None] = {}
        self._tz: dict[int, Any] = {}
        self._days: dict[int, dict[str, date]] = {}
        self._reports: dict[Key, date | None] = {}
        self._late: dict[Key, Any] = {}
        self._reminders: dict[Key, list[Any]] = {}

    def meet(self, ctx: Context) -> None:
        """Go on in another transaction of the same edition."""
        self._ctx = ctx

    def due(self, row: Row) -> bool:
        """Whether a task's row has come due."""
        at = row[_OWN]
        return at is not None and at <= self._now

    def asks(self, issue: Row, tasks: list[Row]) -> bool:
        """Whether anything of an issue is due: another worker may have been faster."""
        at = issue[_NEXT]
        return (at is not None and at <= self._now) or any(map(self.due, tasks))

    def of(self, issue: Row, tasks: list[Row], fired: dict[str, Key]) -> Key | None:
        """The shape of an issue with its tasks; None for what has something of its own going on.

        `fired`: what is on record for the tasks that are due, by subject.
        """
        at = issue[_NEXT]
        if issue[_STATE] not in RUNNING or (at is not None and at <= self._now):
            return None
        key: list[Any] = [issue[_SHARED:]]
        for row in tasks:
            found = self._task(row, fired)
            if found is None or row[_POLICY] != issue[_ISSUE_POLICY]:
                return None
            key.append(found)
        return tuple(key)

    def _task(self, row: Row, fired: dict[str, Key]) -> Key | None:
        shared = row[_ALL:]
        requests, co_units, due_at, urgent, policy = shared[2:7]
        next_at, dispatched, progress, since, state_since, resumed, submitted = row[_OWN:_ALL]
        if requests or co_units or dispatched is None:
            return None
        due = next_at is not None and next_at <= self._now
        record = (True, fired.get(f"task:{row[1]}", ())) if due else (False, next_at)
        unit = self._unit(row[_LEAD])
        if not climbs(row):
            return (
                shared,
                unit,
                record,
                dispatched,
                progress,
                since,
                state_since,
                resumed,
                submitted,
            )
        return (
            shared,
            unit,
            record,
            self._start(dispatched, due_at, unit, policy, shared[0]),
            self._report(progress or dispatched, unit, policy),
            self._ahead(since, due_at, urgent, unit, policy),
        )

    def _unit(self, unit: int) -> int | None:
        """A unit that keeps days of its own; the others share the common calendar."""
        if unit not in self._units:
            common = self._ctx.calendar() is self._ctx.calendar(unit)
            self._units[unit] = None if common else unit
        return self._units[unit]

    def day(self, raw: Any, policy: int) -> date:
        """The day of a moment: limits, lights and texts count from it."""
        if policy not in self._tz:
            self._tz[policy] = self._ctx.calendar(None, policy).tz
            self._days[policy] = {}
        if not isinstance(raw, str):
            return self._moment(raw).astimezone(self._tz[policy]).date()
        known, minute = self._days[policy], raw[:16]  # a day begins with a minute
        found = known.get(minute)
        if found is None:
            if len(known) > MOST:
                known.clear()
            found = known[minute] = self._moment(raw).astimezone(self._tz[policy]).date()
        return found

    def _start(self, raw: Any, due: Any, unit: int | None, policy: int, state: str) -> date | None:
        """The day of the hand-over, as long as a receipt or a yellow light goes by it."""
        if state == "pending_ack":
            return self.day(raw, policy)
        if due is None or due <= self._now:
            return None
        key = (self.day(raw, policy), due, unit, policy)
        if key not in self._starts:
            rules, calendar = self._ctx.policy(policy), self._ctx.calendar(unit, policy)
            at = lights.yellow_between(self._moment(raw), self._moment(due), rules, calendar)
            self._starts[key] = key[0] if at > self.now else None
        return self._starts[key]

    def _report(self, raw: Any, unit: int | None, policy: int) -> date | None:
        """The day of the last report, as long as the next one is not overdue."""
        whose = (unit, policy)
        late = self._late.get(whose)
        if late is not None and raw <= late:  # one before is overdue, too
            return None
        day = self.day(raw, policy)
        key = (day, *whose)
        if key not in self._reports:
            rules, calendar = self._ctx.policy(policy), self._ctx.calendar(unit, policy)
            at = lights.report_from(self._moment(raw), rules, calendar)
            self._reports[key] = day if at > self.now else None
        if self._reports[key] is None:
            self._late[whose] = raw
        return self._reports[key]

    def _ahead(self, raw: Any, due: Any, urgent: Any, unit: int | None, policy: int) -> int:
        """How many reminders lay ahead when the deadline was set: those alone are given."""
        if raw is None or due is None:
            return -1
        key = (due, urgent, unit, policy)
        if key not in self._reminders:
            rules, calendar = self._ctx.policy(policy), self._ctx.calendar(unit, policy)
            self._reminders[key] = sorted(
                self._write(
                    ladder.rung_moment(rung, self._moment(due), bool(urgent), rules, calendar)
                )
                for rung in rules.ladder
                if rung.offset <= 0
            )
        found = self._reminders[key]
        return len(found) - bisect_right(found, raw)


def read(s: Session, ids: list[int]) -> tuple[list[Row], dict[int, list[Row]]]:
    """Rows of these issues and, by issue, of their tasks."""
    keys = {"keys": json.dumps(ids)}
    tasks: dict[int, list[Row]] = {}
    for row in TASKS.of(s).raw(s, keys):
        tasks.setdefault(row[0], []).append(row)
    return ISSUES.of(s).raw(s, keys), tasks
