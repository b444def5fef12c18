"""Working-day calendar: pure deadline arithmetic, no clock, no database.

Rules: 民法典 art. 201 (the first day is not counted; hours run on the clock) and
art. 203 (a last day that is a rest day moves to the next working day and ends at
closing time). Moments are aware; answers bear the calendar's zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from workflow.open_time import OpenTime
from workflow.opening_hours import Intervals, OpeningHours, Segment, wall_to_utc, zone
from workflow.pauses import Pause, Pauses
from workflow.working_days import CalendarError, SkippedDay, WorkingDays, plain_date

__all__ = ["Boundary", "CalendarError", "Pause", "SkippedDay", "WorkCalendar"]

Boundary = Literal["closing", "next_opening"]
"""Where a span lies that ends exactly at closing time."""


class WorkCalendar:
    """An edition of a working calendar: immutable, fast, shared by threads.

    weekdays: listed working weekdays, 0 = Monday or "mon".
    hours: weekday -> [("HH:MM", "HH:MM"), ...]; None opens working days all day.
        Hours of an unlisted weekday apply to its make-up days only.
    holidays, extra_workdays: dates, or date -> name; names adds further names.
    extra_hours: hours of make-up days on weekdays without hours; by default the
        hours of the first listed weekday.
    provisional_years: years whose statutory calendar is not published yet.

    Raises CalendarError, naming field and remedy, for a calendar that never
    opens, a date that is holiday and workday at once, a working weekday without
    hours, reversed or overlapping hours, an unknown weekday or zone.
    """

    __slots__ = ("_days", "_open", "edition", "provisional_years", "tz")

    tz: ZoneInfo
    edition: int
    provisional_years: frozenset[int]
    _days: WorkingDays
    _open: OpenTime

    def __init__(
        self,
        *,
        tz: str | ZoneInfo,
        weekdays: Iterable[int | str],
        hours: Mapping[str, Intervals | None] | Mapping[int, Intervals | None] | None,
        holidays: Iterable[date],
        extra_workdays: Iterable[date],
        provisional_years: Iterable[int] = frozenset(),
        edition: int = 0,
        names: Mapping[date, str] | None = None,
        extra_hours: Intervals | None = None,
    ) -> None:
        set_once = super().__setattr__
        set_once("tz", zone(tz))
        set_once("edition", edition)
        set_once("provisional_years", frozenset(provisional_years))
        named = _names(holidays) | _names(extra_workdays) | dict(names or {})
        set_once("_days", WorkingDays(weekdays, holidays, extra_workdays, named))
        opening_hours = OpeningHours(self.tz, hours, self._days.weekdays, extra_hours)
        set_once("_open", OpenTime(self._days, opening_hours, self.tz))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a WorkCalendar is immutable; build a new edition to change {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a WorkCalendar is immutable; {name} cannot be deleted")

    # Days

    def is_working_day(self, day: date) -> bool:
        """Whether day is a listed weekday and no holiday, or a make-up workday."""
        return self._days.is_working(plain_date(day, "day"))

    def add_working_days(self, day: date, n: int) -> date:
        """The n-th working day after day (before it if n < 0); n = 0 is day itself.

        Day zero is never counted, working or not (民法典 art. 201).
        """
        plain_date(day, "day")
        if n == 0:
            return day
        return self._days.nth_after(day, n) if n > 0 else self._days.nth_before(day, -n)

    def add_calendar_days(self, day: date, n: int) -> date:
        """n calendar days after day, then forward to a working day (民法典 art. 203)."""
        try:
            return self.roll_forward(plain_date(day, "day") + timedelta(days=n))
        except OverflowError:
            raise CalendarError(f"{n} days from {day} leave the calendar; use fewer") from None

    def roll_forward(self, day: date) -> date:
        """day itself if it works, else the next working day."""
        return day if self.is_working_day(day) else self._days.nth_after(day, 1)

    def roll_backward(self, day: date) -> date:
        """day itself if it works, else the working day before it."""
        return day if self.is_working_day(day) else self._days.nth_before(day, 1)

    def working_days_between(self, start: date, end: date, *, inclusive: bool = False) -> int:
        """Working days from start (counted) to end (counted only if inclusive).

        0 if end lies before start, like `working_time_between`: swap the two to
        learn how many days a deadline is overdue.
        """
        days = self._days.count(plain_date(start, "start"), plain_date(end, "end"))
        return days + int(inclusive and start <= end and self._days.is_working(end))

    def skipped_days(self, start: date, end: date) -> list[SkippedDay]:
        """Days without work from start to end, both included, each with its cause.

        Day zero is never counted, so the derivation of a deadline passes the day
        after it as start. Empty if end lies before start.
        """
        ordinals = range(
            plain_date(start, "start").toordinal(), plain_date(end, "end").toordinal() + 1
        )
        found = (self._days.skipped(date.fromordinal(ordinal)) for ordinal in ordinals)
        return [skipped for skipped in found if skipped is not None]

    def makeup_days(self, start: date, end: date) -> list[date]:
        """Days from start to end (both included) that are worked by decision alone (调休)."""
        return self._days.makeup(start, end)

    def is_provisional(self, day: date) -> bool:
        """Whether the statutory calendar of the day's year is not published yet."""
        return day.year in self.provisional_years

    def touches_provisional(self, start: date, end: date) -> bool:
        """Whether a count over the days from start to end (any order) is provisional."""
        years = range(min(start.year, end.year), max(start.year, end.year) + 1)
        return any(year in self.provisional_years for year in years)

    # Moments

    def local_date(self, moment: datetime) -> date:
        """The day of an aware moment in the calendar's zone."""
        return _day(moment, moment.fold, self.tz)

    def opening(self, day: date) -> datetime:
        """First opening of a working day; CalendarError if it has none."""
        return self._own_hours(day)[0][0].astimezone(self.tz)

    def closing(self, day: date) -> datetime:
        """Last closing of a working day (24:00 is the next midnight); else CalendarError."""
        return self._own_hours(day)[-1][1].astimezone(self.tz)

    def next_opening(self, moment: datetime) -> datetime:
        """moment itself if it is open time, else the next opening.

        Closing time itself is no longer open.
        """
        start = _utc(moment)
        found = next(part for part in self._open.forward(start) if part[1] > start)
        return max(found[0], start).astimezone(self.tz)

    def previous_closing(self, moment: datetime) -> datetime:
        """moment itself if open time lies directly before it, else the last closing."""
        end = _utc(moment)
        found = next(part for part in self._open.backward(end) if part[0] < end)
        return min(found[1], end).astimezone(self.tz)

    def add_working_time(
        self,
        start: datetime,
        span: timedelta,
        pauses: Iterable[Pause] = (),
        boundary: Boundary = "closing",
    ) -> datetime:
        """The moment at which `span` of open, unpaused time has passed since start.

        A negative span goes back. A span of zero moves a closed start to the next
        opening, but leaves a start at closing time where it is unless boundary is
        "next_opening". Real elapsed time is measured, across clock changes too.
        Raises CalendarError if a pause without end begins first.
        """
        moment, stops = _utc(start), Pauses(pauses)
        if span < timedelta():
            end = self._open.before(moment, -span, stops)
        else:
            end = self._open.after(moment, span, stops)
        return self.next_opening(end) if boundary == "next_opening" else end.astimezone(self.tz)

    def working_time_between(
        self, start: datetime, end: datetime, pauses: Iterable[Pause] = ()
    ) -> timedelta:
        """Open, unpaused time from start to end; zero if end lies before start."""
        return self._open.between(_utc(start), _utc(end), Pauses(pauses))

    def add_working_days_keep_clock(
        self,
        start: datetime,
        n: int,
        *,
        end_of_working_day: bool = False,
        pauses: Iterable[Pause] = (),
        boundary: Boundary = "closing",
    ) -> datetime:
        """n working days from the day of start, at the same clock time.

        A clock time outside the hours of that day moves to the next opening, or
        to the closing before it if n < 0; end_of_working_day takes the closing
        time of the day. The open time paused until then is added afterwards.
        """
        local = _utc(start).astimezone(self.tz)
        day = self.add_working_days(local.date(), n)
        if end_of_working_day:
            due = self.closing(self.roll_forward(day))
        else:
            due = self._fit(day, self._same_clock(local, day), boundary, back=n < 0)
        stops = tuple(pauses)
        if not stops:
            return due
        lost = self.working_time_between(start, due)
        lost -= self.working_time_between(start, due, stops)
        return self.add_working_time(due, lost, stops, boundary) if lost else due

    def add_working_days_roll_first(
        self,
        start: datetime,
        n: int,
        *,
        pauses: Iterable[Pause] = (),
        boundary: Boundary = "closing",
    ) -> datetime:
        """Move a closed start to the next opening, then add n working days to it.

        Unlike 民法典 art. 201 this makes Saturday + 1 a Tuesday; it serves agreements
        that say so. With boundary "closing", a start at closing time is still open.
        """
        day = self.local_date(start)
        rolled = self._fit(day, _utc(start), boundary, back=False)
        return self.add_working_days_keep_clock(rolled, n, pauses=pauses, boundary=boundary)

    def _own_hours(self, day: date) -> tuple[Segment, ...]:
        segments = self._open.on(plain_date(day, "day"))
        if not segments:
            raise CalendarError(f"{day} has no opening hours; roll to a working day first")
        return segments

    def _same_clock(self, local: datetime, day: date) -> datetime:
        if day == local.date():
            return local.astimezone(UTC)  # keeps the pass of a repeated hour
        return wall_to_utc(self.tz, datetime.combine(day, local.time()), late=False)

    def _fit(self, day: date, moment: datetime, boundary: Boundary, *, back: bool) -> datetime:
        """moment if it is open time of day, else the next opening or the closing before."""
        for opened, closed in self._open.on(day):
            if opened <= moment < closed or (moment == closed and boundary == "closing"):
                return moment.astimezone(self.tz)
        return self.previous_closing(moment) if back else self.next_opening(moment)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise CalendarError(f"{moment!r} has no zone; attach the one it is meant in")
    return moment.astimezone(UTC)


@lru_cache(maxsize=4096)
def _day(moment: datetime, _pass: int, tz: ZoneInfo) -> date:
    """The day of a moment; rules ask for those of a few moments over and over. The passes of a
    repeated hour (`fold`) are equal to Python, but not to us."""
    return _utc(moment).astimezone(tz).date()


def _names(days: Iterable[date]) -> dict[date, str]:
    return dict(days) if isinstance(days, Mapping) else {}
