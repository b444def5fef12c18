"""One issue as a command or a sweep reads it: its rules, what is open, what the clock has to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import bindparam, select

from config.policy import Policy
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.statements import Statement
from workflow import ladder, side_limits
from workflow.calendar import WorkCalendar
from workflow.case import Record
from workflow.context import Context
from workflow.firings import Fired, already_fired
from workflow.ladder import Moment
from workflow.side_limits import Limit

_ISSUE_KEY = tables.task.c.issue_id == bindparam("key")
_OPEN_REQUESTS = Statement(
    select(tables.request)
    .join(tables.task, tables.task.c.id == tables.request.c.task_id)
    .where(_ISSUE_KEY, tables.request.c.state == "open")
    .order_by(tables.request.c.id)
)
_CO_UNITS = Statement(
    select(tables.co_unit)
    .join(tables.task, tables.task.c.id == tables.co_unit.c.task_id)
    .where(_ISSUE_KEY)
    .order_by(tables.co_unit.c.id)
)
_LOOKBACKS = Statement(
    select(tables.lookback)
    .where(
        tables.lookback.c.issue_id == bindparam("key"),
        tables.lookback.c.cycle == bindparam("cycle"),
    )
    .order_by(tables.lookback.c.id)
)


@dataclass(slots=True)
class Reading:
    """An issue with its tasks. Related rows are read when they are first asked for, and kept."""

    s: Session
    ctx: Context
    now: datetime
    actor: PersonInfo | None
    issue: Record
    tasks: list[Record]
    requests: list[Any] | None = None
    co_units: list[Any] | None = None
    looked_back: list[Any] | None = None
    firings: list[dict[str, Any]] = field(default_factory=list)
    calendars: dict[int | None, WorkCalendar] = field(default_factory=dict)
    fired: Fired = field(default_factory=dict)

    def policy(self, task: Record | None = None) -> Policy:
        """The policy a task (or the issue) runs under."""
        return self.ctx.policy((task or self.issue).policy_version_id)

    def calendar(self, task: Record | None = None) -> WorkCalendar:
        """The calendar of a task's lead unit, or the common one."""
        key = task.id if task is not None else None
        found = self.calendars.get(key)
        if found is None:
            record, unit = (task, task.lead_unit_id) if task is not None else (self.issue, None)
            found = self.calendars[key] = self.ctx.calendar(unit, record.policy_version_id)
        return found

    def on_record(self, task: Record | None) -> dict[int, frozenset[str]]:
        """What has fired for a task (or the issue), this work's own firings included."""
        subject = f"task:{task.id}" if task is not None else f"issue:{self.issue.id}"
        if subject not in self.fired:
            self.fired |= already_fired(self.s, [subject])
        own = [f for f in self.firings if f["subject"] == subject]
        if not own:
            return self.fired[subject]
        found = dict(self.fired[subject])
        for one in own:
            version = one["deadline_version"]
            found[version] = found.get(version, frozenset()) | {one["rung"]}
        return found

    def outstanding(self, task: Record | None, agenda: list[Moment]) -> list[Moment]:
        """Rungs and limits up to now that are not on record: a rung under this deadline, a limit
        ever (its key names the event that started it)."""
        past = [m for m in agenda if m.at <= self.now and m.sort != "light"]
        if not past:
            return []
        version = task.deadline_version if task is not None else self.issue.cycle
        rungs, limits = self.on_record(task).get(version, frozenset()), self._told(task)
        return [m for m in past if m.key not in (rungs if m.rung is not None else limits)]

    def _told(self, task: Record | None) -> frozenset[str]:
        """Keys of what is on record, under whichever deadline: a limit is told once for ever."""
        record = list(self.on_record(task).values())
        return record[0] if len(record) == 1 else frozenset[str]().union(*record)

    def limits(self, task: Record) -> list[Limit]:
        """The side limits that run for a task."""
        if task.dispatched_at is None:
            return side_limits.of_planned(self.issue, task, self.policy(), self.calendar())
        if side_limits.rests(task):  # a task that is done asks the database nothing
            return []
        return side_limits.of_task(
            task, *self._related(task), self.policy(task), self.calendar(task)
        )

    def own_limits(self) -> list[Limit]:
        """The side limits of the issue itself while it is open: look-backs come when it is not."""
        return side_limits.of_issue(self.issue, (), self.policy(), self.calendar())

    def _related(self, task: Record) -> tuple[list[Any], list[Any]]:
        return (
            [r for r in self.open_requests() if r.task_id == task.id],
            [c for c in self.awaited_co_units() if c.task_id == task.id],
        )

    def agenda(self, task: Record) -> list[Moment]:
        """What the clock has to do for a task, in order of time, without reminders on record and
        without those of limits ahead."""
        told = partial(self._told, task)
        if task.dispatched_at is None:
            return ladder.hand_over_agenda(
                self.issue, task, self.policy(), self.calendar(), self.now, told, False
            )
        return ladder.task_agenda(
            task, *self._related(task), self.policy(task), self.calendar(task), self.now, told,
            False,
        )  # fmt: skip

    def own_agenda(self) -> list[Moment]:
        """What the clock has to do for the issue itself, likewise."""
        return ladder.issue_agenda(
            self.issue, self.lookbacks(), self.policy(), self.calendar(), self.now,
            partial(self._told, None), False,
        )  # fmt: skip

    def look_at(self, task: Record | None, agenda: list[Moment]) -> datetime | None:
        """When the clock must look again: at once, if a change has left something outstanding."""
        if self.outstanding(task, agenda):
            return self.now
        return ladder.next_moment(agenda, self.now)

    def open_requests(self) -> list[Any]:
        """Open requests of the issue's tasks, read once and only when a task counts any."""
        if self.requests is None:
            some = any(t.open_requests for t in self.tasks)
            self.requests = _OPEN_REQUESTS.rows(self.s, {"key": self.issue.id}) if some else []
        return self.requests

    def awaited_co_units(self) -> list[Any]:
        """Supporting units of the issue's tasks, read once and only when a task counts any."""
        if self.co_units is None:
            some = any(t.co_unit_count for t in self.tasks)
            self.co_units = _CO_UNITS.rows(self.s, {"key": self.issue.id}) if some else []
        return self.co_units

    def lookbacks(self) -> list[Any]:
        """Look-backs of this cycle, read once; only a closed issue has any."""
        if self.issue.state != "closed":
            return []
        if self.looked_back is None:
            keys = {"key": self.issue.id, "cycle": self.issue.cycle}
            self.looked_back = _LOOKBACKS.rows(self.s, keys)
        return self.looked_back
