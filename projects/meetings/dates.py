"""When the next half-monthly meeting is due: days of the month by the policy, on working days.

(D) A day of the month that does not work moves to the next working day; `last` is the month's
last working day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from config.policy import Policy
from workflow.calendar import WorkCalendar
from workflow.deadlines import clock_time


def next_date(after: date, days: tuple[str, ...], calendar: WorkCalendar) -> date:
    """The first meeting day after a date."""
    month = after.replace(day=1)
    while True:
        found = [day for day in meeting_days(month, days, calendar) if day > after]
        if found:
            return min(found)
        month = _next_month(month)


def meeting_days(month: date, days: tuple[str, ...], calendar: WorkCalendar) -> Iterator[date]:
    """The meeting days of the month that begins on `month`."""
    last = _next_month(month) - timedelta(days=1)
    for day in days:
        if day == "last":
            yield calendar.roll_backward(last)
        else:
            yield calendar.roll_forward(month.replace(day=min(int(day), last.day)))


def _next_month(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def suggestion(
    last: datetime | None, now: datetime, policy: Policy, calendar: WorkCalendar
) -> datetime:
    """The moment to suggest: after the latest meeting planned or held, and after today."""
    today = calendar.local_date(now)
    after = max(today, calendar.local_date(last)) if last is not None else today
    rules = policy.coordination
    day = next_date(after, rules.meeting_days, calendar)
    return datetime.combine(day, clock_time(rules.meeting_at), calendar.tz)
