"""When notices that are not urgent leave: the policy's windows on working days."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from config.policy import Policy
from workflow.calendar import WorkCalendar
from workflow.deadlines import clock_time


@lru_cache(maxsize=4_096)
def next_window(now: datetime, policy: Policy, calendar: WorkCalendar) -> datetime:
    """The next delivery moment: one of the policy's windows on a working day."""
    local = now.astimezone(calendar.tz)
    if calendar.is_working_day(local.date()):
        for text in policy.delivery.windows:
            window = datetime.combine(local.date(), clock_time(text), calendar.tz)
            if window >= now:
                return window
    day = calendar.roll_forward(local.date() + timedelta(days=1))
    return datetime.combine(day, clock_time(policy.delivery.windows[0]), calendar.tz)
