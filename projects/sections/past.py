"""The loop as it stood at a moment, read from its history: what came later is not seen.

Dates and states come from events and versions of deadlines, so that a month that is frozen late
says what was so at its end. Titles, categories and boards are those of the day of the freeze.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Session
from workflow.calendar import WorkCalendar
from workflow.chain import instant
from workflow.context import context

Pauses = list[tuple[datetime, datetime | None]]
ISSUE_MOVES = (
    "report", "send_back", "start_triage", "reject", "merge", "dispatch", "start",
    "await_verification", "back_to_work", "await_approval", "approve", "reject_closure", "park",
    "resume", "relapse", "migrated",
)  # fmt: skip
TASK_ACTS = (
    "dispatched", "acknowledge", "progress", "submit", "reject_submission", "verify", "reopen",
    "withdraw", "request_return", "rule_return", "request_extension", "rule_extension",
    "request_park",
)  # fmt: skip
TAGS = frozenset(
    {
        *(f"issue.{name}" for name in ISSUE_MOVES),
        *(f"task.{name}" for name in TASK_ACTS),
        "issue.record_lookback",
    }
)
"""What the sections ask of the history."""
_PREFIX = len("issue:")
CHUNK = 400
Told = dict[int, list[Any]]
"""By issue: what was told of it, in order."""


def told(s: Session, issues: Iterable[int], until: datetime) -> Told:
    """Events of `TAGS` of these issues, as far as they were written by then.

    Of their data: `to` (the state that was entered), `lead_unit_id` and `granted`, where stated.
    """
    e = tables.event.c
    chosen = select(
        e.stream, e.tag, e.task_id, e.at, e.data["to"].as_string().label("to"),
        e.data["lead_unit_id"].as_integer().label("lead_unit_id"),
        e.data["granted"].as_boolean().label("granted"),
    ).where(e.tag.in_(sorted(TAGS)), e.at <= until)  # fmt: skip
    found: Told = defaultdict(list)
    for some in chunks(issues):
        streams = [f"issue:{key}" for key in some]
        for row in s.execute(chosen.where(e.stream.in_(streams)).order_by(e.stream, e.seq)):
            found[int(row.stream[_PREFIX:])].append(row)
    return found


def chunks(keys: Iterable[int]) -> Iterator[list[int]]:
    """Keys in order, as many at a time as a statement takes easily."""
    ordered = sorted(set(keys))
    return (ordered[n : n + CHUNK] for n in range(0, len(ordered), CHUNK))


def only(events: Iterable[Any], tags: Iterable[str]) -> list[Any]:
    """Those of these tags."""
    wanted = frozenset(tags)
    return [event for event in events if event.tag in wanted]


def state(events: Iterable[Any]) -> str:
    """The state into which the newest move brought an issue; `draft` before any."""
    moves = [e.to for e in events if e.to is not None and e.tag.startswith("issue.")]
    return str(moves[-1]) if moves else "draft"


def pauses(told: Iterable[Any]) -> Pauses:
    """When an issue stood still (挂账), from its `issue.park` and `issue.resume`."""
    found: Pauses = []
    for event in told:
        if event.tag == "issue.park":
            found.append((event.at, None))
        elif event.tag == "issue.resume" and found:
            found[-1] = (found[-1][0], event.at)
    return found


def plain_pauses(found: Pauses) -> list[list[str | None]]:
    """As JSON has them."""
    return [[instant(start), instant(end) if end else None] for start, end in found]


def deadlines(s: Session, tasks: Iterable[int], until: datetime) -> dict[int, datetime | None]:
    """By task: the deadline that was in force."""
    v = tables.deadline_version.c
    chosen = select(v.task_id, v.due_at).where(v.created_at <= until).order_by(v.task_id, v.n)
    return {
        row.task_id: row.due_at
        for some in chunks(tasks)
        for row in s.execute(chosen.where(v.task_id.in_(some)))
    }


def lead_units(events: Iterable[Any]) -> list[int]:
    """The units that led a task of an issue which had not been withdrawn."""
    units: dict[int, int] = {}
    for event in events:
        if event.tag == "task.dispatched":
            units[event.task_id] = event.lead_unit_id
        elif event.tag == "task.withdraw":
            units.pop(event.task_id, None)
    return sorted(set(units.values()))


def calendar_of(s: Session, task: Any) -> WorkCalendar:
    """The calendar that a task runs by."""
    return context(s).calendar(task.lead_unit_id, task.policy_version_id)


def days_without(calendar: WorkCalendar, first: datetime, last: datetime, paused: Pauses) -> int:
    """Working days from a moment to another, the first day not counted (民法典 art. 201), without
    those on which the clock stood still."""
    begin, finish = calendar.local_date(first), calendar.local_date(last)
    days = _between(calendar, begin, finish)
    for start, end in paused:
        left = max(calendar.local_date(start), begin)
        right = min(calendar.local_date(end or last), finish)
        days -= _between(calendar, left, right)
    return max(days, 0)


def _between(calendar: WorkCalendar, first: date, last: date) -> int:
    if last <= first:
        return 0
    return calendar.working_days_between(first, last, inclusive=True) - int(
        calendar.is_working_day(first)
    )


def text(moment: datetime | None) -> str | None:
    """A moment as the snapshot has it."""
    return instant(moment) if moment is not None else None


def longest(working_days: int) -> int:
    """More days of the calendar than so many working days can take, holidays among them."""
    return working_days * 2 + 30
