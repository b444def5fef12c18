"""Working days of 2026 by stepping from day to day, and open minutes one by one."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from tests.calendars import days
from tests.world import SHANGHAI

HOLIDAYS = frozenset(
    days(
        *("2026-01-01~3", "2026-02-15~23", "2026-04-04~6", "2026-05-01~5", "2026-06-19~21"),
        *("2026-09-25~27", "2026-10-01~7"),
    )
)
MAKE_UP = frozenset(
    days(
        *("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
    )
)
"""The State Council's notice of 2025-11-04; the schedule of 2027 is not known to the tests."""

ONE_DAY, ONE_MINUTE = timedelta(days=1), timedelta(minutes=1)
FIRE_AT, DAY_END = time(9, 0), time(17, 30)
OPEN = ((time(8, 30), time(12, 0)), (time(13, 30), time(17, 30)))
WINDOWS = (time(9, 10), time(14, 10))


def works(day: date) -> bool:
    """Whether people are in the office on that day."""
    return day in MAKE_UP or (day.weekday() < 5 and day not in HOLIDAYS)


def step(day: date, n: int) -> date:
    """The n-th working day after a day, or before it when n is negative."""
    direction = ONE_DAY if n > 0 else -ONE_DAY
    for _ in range(abs(n)):
        day += direction
        while not works(day):
            day += direction
    return day


def roll(day: date) -> date:
    """The day itself if people work on it, else the next one that they do."""
    while not works(day):
        day += ONE_DAY
    return day


def count(first: date, last: date) -> int:
    """Working days from the first day to the last, both counted."""
    found = 0
    while first <= last:
        found += works(first)
        first += ONE_DAY
    return found


def skipped(first: date, last: date) -> list[date]:
    """Days without work after the first day, up to and including the last."""
    found = []
    while first < last:
        first += ONE_DAY
        if not works(first):
            found.append(first)
    return found


def local(moment: datetime) -> datetime:
    """The moment on the zone's clocks."""
    return moment.astimezone(SHANGHAI)


def on(day: date, clock: time) -> datetime:
    """A time of a day in the zone."""
    return datetime.combine(day, clock, SHANGHAI)


def end_of(day: date) -> datetime:
    """Close of business."""
    return on(day, DAY_END)


def is_open(moment: datetime) -> bool:
    """Whether the minute that begins now is open."""
    return works(moment.date()) and any(a <= moment.time() < b for a, b in OPEN)


def after_minutes(start: datetime, n: int) -> datetime:
    """When `n` open minutes have passed. Moments are whole minutes here."""
    moment = local(start)
    if n == 0 and not is_open(moment - ONE_MINUTE):
        while not is_open(moment):
            moment += ONE_MINUTE
    while n:
        n -= is_open(moment)
        moment += ONE_MINUTE
    return moment


def minutes_between(start: datetime, end: datetime) -> int:
    """Open minutes between two moments."""
    moment, found = local(start), 0
    while moment < end:
        found += is_open(moment)
        moment += ONE_MINUTE
    return found
