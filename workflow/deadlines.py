"""Deadlines that can explain themselves. Pure: no session, no clock.

Counting follows 民法典 art. 201 (the first day is not counted) and art. 203 (a last day on a
holiday moves on; the day ends at close of business). A derivation is plain data, so that it can
be stored, shown and checked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from config.i18n import gettext as _
from config.policy import Policy
from config.policy_parts import Limit
from workflow.calendar import WorkCalendar
from workflow.errors import Malformed, Reason


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a task is due (`due_at` is None for work without a limit) and why."""

    start_at: datetime
    due_at: datetime | None
    provisional: bool
    derivation: dict[str, Any]


@lru_cache(maxsize=256)
def clock_time(text: str) -> time:
    """A local time written as HH:MM."""
    hour, minute = text.split(":")
    return time(int(hour), int(minute))


def day_end(day: date, policy: Policy, calendar: WorkCalendar) -> datetime:
    """Close of business of a deadline day, in the policy's zone."""
    return datetime.combine(day, clock_time(policy.hours.day_end), calendar.tz)


def at_fire_time(day: date, policy: Policy, calendar: WorkCalendar) -> datetime:
    """When the clock does its work of a day (`fire_at`), in the policy's zone."""
    return datetime.combine(day, clock_time(policy.hours.fire_at), calendar.tz)


def compute(
    limit: Limit,
    limit_class: str,
    start: datetime,
    calendar: WorkCalendar,
    policy: Policy,
    *,
    cause: str,
    n: int | None = None,
    fixed: datetime | None = None,
) -> Deadline:
    """The deadline of a limit that starts running at `start`.

    `n` overrides the class's number (same unit); `fixed` is the date that a `fixed_date` class or
    a ruling sets. Raises `Malformed` when the class needs a number or a date and has none.
    """
    facts: dict[str, Any] = {"cause": cause, "limit_class": limit_class}
    if fixed is not None:
        return _fixed(fixed, start, calendar, policy, facts)
    if limit.unit == "open_ended":
        return Deadline(start, None, False, facts | {"unit": "open_ended"})
    count = n if n is not None else limit.n
    if limit.unit == "fixed_date" or count is None:
        raise Malformed(
            Reason(
                "deadline_missing",
                _("The limit class {name} needs a date.").format(name=limit_class),
                "deadline",
                _("Give the deadline as a date."),
            )
        )
    return _counted(limit.unit, count, start, calendar, policy, facts)


def _counted(
    unit: str,
    n: int,
    start: datetime,
    calendar: WorkCalendar,
    policy: Policy,
    facts: dict[str, Any],
) -> Deadline:
    first = calendar.local_date(start)
    if unit == "working_hour":
        due = calendar.add_working_time(start, timedelta(hours=n))
    elif unit == "calendar_day":
        due = day_end(calendar.add_calendar_days(first, n), policy, calendar)
    else:
        due = day_end(calendar.add_working_days(first, n), policy, calendar)
    return _explained(start, due, calendar, facts | {"unit": unit, "n": n})


def _fixed(
    fixed: datetime, start: datetime, calendar: WorkCalendar, policy: Policy, facts: dict[str, Any]
) -> Deadline:
    day = calendar.local_date(fixed)
    if policy.deadline.fixed_dates_roll and not calendar.is_working_day(day):
        fixed = datetime.combine(
            calendar.roll_forward(day), fixed.astimezone(calendar.tz).timetz(), calendar.tz
        )
    return _explained(start, fixed, calendar, facts | {"unit": "fixed_date", "n": None})


def _explained(
    start: datetime, due: datetime, calendar: WorkCalendar, facts: dict[str, Any]
) -> Deadline:
    first, last = calendar.local_date(start), calendar.local_date(due)
    provisional = calendar.touches_provisional(first, last)
    facts |= {
        "start": first.isoformat(),
        "day_zero": first.isoformat(),
        "due": due.astimezone(calendar.tz).isoformat(timespec="minutes"),
        "skipped": [
            {"day": s.day.isoformat(), "cause": s.cause, "name": s.name}
            for s in calendar.skipped_days(first + timedelta(days=1), last)
        ]
        if facts["unit"] != "fixed_date"
        else [],
        "makeup": _makeup(first, last, calendar, str(facts["unit"])),
        "working_days": calendar.working_days_between(
            first + timedelta(days=1), last, inclusive=True
        )
        if last > first
        else 0,
        "calendar_edition": calendar.edition,
        "provisional": provisional,
    }
    return Deadline(start, due, provisional, facts)


def _makeup(first: date, last: date, calendar: WorkCalendar, unit: str) -> list[str]:
    """Days of rest that were worked by decision and counted; hours count the first day, too."""
    if unit not in ("working_day", "working_hour"):
        return []
    begin = first if unit == "working_hour" else first + timedelta(days=1)
    return [day.isoformat() for day in calendar.makeup_days(begin, last)]


def after_pause(
    due: datetime,
    unit: str,
    paused: datetime,
    resumed: datetime,
    start: datetime,
    calendar: WorkCalendar,
    limit_class: str,
) -> Deadline:
    """The deadline moved by the time the clock stood still (挂账).

    Day limits move by the working days between pause and resumption, hour limits by the open time
    between them. What was overdue by two days before stays overdue by two days after.
    """
    if unit == "working_hour":
        moved = calendar.add_working_time(due, calendar.working_time_between(paused, resumed))
    else:
        days = calendar.working_days_between(
            calendar.local_date(paused), calendar.local_date(resumed)
        )
        local = due.astimezone(calendar.tz)
        moved = datetime.combine(
            calendar.add_working_days(local.date(), days), local.time(), calendar.tz
        )
    facts = {"cause": "park_resume", "limit_class": limit_class, "unit": unit, "n": None}
    deadline = _explained(start, moved, calendar, facts)
    deadline.derivation["pause"] = {
        "from": paused.isoformat(),
        "to": resumed.isoformat(),
        "old_due": due.astimezone(calendar.tz).isoformat(timespec="minutes"),
    }
    return deadline


def side_limit(start: datetime, days: int, calendar: WorkCalendar, policy: Policy) -> datetime:
    """End of the n-th working day after `start`: receipts, rulings, verification."""
    return _end_of_nth(calendar.local_date(start), days, calendar, policy)


@lru_cache(maxsize=20_000)
def _end_of_nth(first: date, days: int, calendar: WorkCalendar, policy: Policy) -> datetime:
    return day_end(calendar.add_working_days(first, days), policy, calendar)


def working_days_over(due: datetime, now: datetime, calendar: WorkCalendar) -> int:
    """Working days past the deadline (negative: still left), counted by dates."""
    due_day, today = calendar.local_date(due), calendar.local_date(now)
    if today >= due_day:
        return (
            max(
                calendar.working_days_between(due_day + timedelta(days=1), today, inclusive=True), 0
            )
            if today > due_day
            else 0
        )
    return -calendar.working_days_between(today + timedelta(days=1), due_day, inclusive=True)


def total_limit_days(start: datetime, due: datetime, calendar: WorkCalendar) -> int:
    """Length of a limit in working days, day zero left out."""
    first, last = calendar.local_date(start), calendar.local_date(due)
    if last <= first:
        return 0
    return calendar.working_days_between(first + timedelta(days=1), last, inclusive=True)
