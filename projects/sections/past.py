"""The loop as it stood at a moment, read from its history: what came later is not seen.

Dates and states come from events and versions of deadlines, so that a month that is frozen late
says what was so at its end. Titles, categories and boards are those of the day of the freeze.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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
_TOLD = "sections_told"
_PREFIX = len("issue:")


@contextmanager
def reading_once(s: Session) -> Iterator[None]:
    """Sections that are gathered within read the history once, together. What is written within
    is not seen by those that follow."""
    before = s.memo.get(_TOLD)
    s.memo[_TOLD] = {}
    try:
        yield
    finally:
        if before is None:
            del s.memo[_TOLD]
        else:
            s.memo[_TOLD] = before


def events(s: Session, tags: Iterable[str], until: datetime) -> dict[int, list[Any]]:
    """Events of these tags (of `TAGS`) by issue, in order, as far as they were written by then.

    Of their data: `to` (the state that was entered), `lead_unit_id` and `granted`, where stated.
    """
    wanted = frozenset(tags)
    found: dict[int, list[Any]] = defaultdict(list)
    for row in _told(s, wanted, until):
        if row.tag in wanted:
            found[int(row.stream[_PREFIX:])].append(row)
    return found


def _told(s: Session, wanted: frozenset[str], until: datetime) -> list[Any]:
    shared = s.memo.get(_TOLD)
    if shared is None:
        return _read(s, wanted, until)
    if until not in shared:
        shared[until] = _read(s, TAGS, until)
    rows: list[Any] = shared[until]
    return rows


def _read(s: Session, tags: frozenset[str], until: datetime) -> list[Any]:
    e = tables.event.c
    chosen = (
        select(
            e.stream, e.tag, e.task_id, e.at, e.data["to"].as_string().label("to"),
            e.data["lead_unit_id"].as_integer().label("lead_unit_id"),
            e.data["granted"].as_boolean().label("granted"),
        )
        .where(e.tag.in_(sorted(tags)), e.at <= until, e.stream.like("issue:%"))
        .order_by(e.stream, e.seq)
    )  # fmt: skip
    return list(s.execute(chosen).all())


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


def deadlines(s: Session, until: datetime) -> dict[int, datetime | None]:
    """By task: the deadline that was in force."""
    v = tables.deadline_version.c
    chosen = select(v.task_id, v.due_at).where(v.created_at <= until).order_by(v.task_id, v.n)
    return {row.task_id: row.due_at for row in s.execute(chosen)}


def lead_units(s: Session, until: datetime) -> dict[int, list[int]]:
    """By issue: the units that led a task of it which had not been withdrawn."""
    units: dict[int, dict[int, int]] = defaultdict(dict)
    for issue, told in events(s, ("task.dispatched", "task.withdraw"), until).items():
        for event in told:
            if event.tag == "task.dispatched":
                units[issue][event.task_id] = event.lead_unit_id
            else:
                units[issue].pop(event.task_id, None)
    return {issue: sorted(set(found.values())) for issue, found in units.items()}


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
