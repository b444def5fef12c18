"""Which days are working days: the date arithmetic under every deadline.

A day works when its weekday is listed and it is no holiday, or when it is a
make-up workday (调休). Every count goes day by day through sorted year tables:
arithmetic on whole weeks forgets the make-up days inside them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import MAXYEAR, date, datetime
from typing import NamedTuple

WEEKDAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# A real calendar never goes so long without one working day; a longer gap is a
# typing mistake, and walking through it to the year 9999 helps nobody.
MAX_EMPTY_YEARS = 10
MAX_WALK_YEARS = 200


class CalendarError(ValueError):
    """A calendar or a question to it makes no sense; the text names the remedy."""


class SkippedDay(NamedTuple):
    """A day that a count stepped over: cause is "weekend" or "holiday"."""

    day: date
    cause: str
    name: str


def weekday_number(value: object) -> int:
    """Return 0 (Monday) to 6 for 0..6, "mon", "Monday" or "0".

    Raises CalendarError for anything else.
    """
    text = str(value).strip().lower()
    if text in {"0", "1", "2", "3", "4", "5", "6"}:
        return int(text)
    full = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    for number, name in enumerate(full):
        if text in {name, name[:3]}:
            return number
    raise CalendarError(
        f"weekdays: {value!r} is no weekday; use 0 (Monday) to 6, or one of "
        + ", ".join(WEEKDAY_NAMES)
    )


def plain_date(value: object, field: str) -> date:
    """Return value if it is a date and no datetime; raise CalendarError otherwise.

    A datetime is a date to Python, but which day it falls on depends on the
    zone: the caller must say so, with `WorkCalendar.local_date`.
    """
    if isinstance(value, datetime) or not isinstance(value, date):
        raise CalendarError(
            f"{field}: {value!r} is not a plain date; pass datetime.date "
            "(local_date() of the calendar gives the day of a moment)"
        )
    return value


class WorkingDays:
    """Immutable table of working days with exact counting, shared by threads."""

    __slots__ = ("_extra", "_holidays", "_names", "_weekdays", "_years")

    def __init__(
        self,
        weekdays: Iterable[object],
        holidays: Iterable[date],
        extra_workdays: Iterable[date],
        names: Mapping[date, str],
    ) -> None:
        self._weekdays = frozenset(weekday_number(day) for day in weekdays)
        self._holidays = frozenset(plain_date(d, "holidays").toordinal() for d in holidays)
        self._extra = frozenset(plain_date(d, "extra_workdays").toordinal() for d in extra_workdays)
        self._names = {plain_date(day, "names"): str(name) for day, name in names.items()}
        # Filled on demand; storing a finished tuple is atomic, so threads may race.
        self._years: dict[int, tuple[int, ...]] = {}
        self._refuse_contradictions()

    def _refuse_contradictions(self) -> None:
        both = sorted(self._holidays & self._extra)
        if both:
            days = ", ".join(date.fromordinal(day).isoformat() for day in both[:5])
            raise CalendarError(
                f"holidays and extra_workdays both contain {days}; take each date out of one"
            )
        if not self._weekdays and not self._extra:
            raise CalendarError("weekdays: the calendar never opens; list at least one weekday")

    @property
    def weekdays(self) -> frozenset[int]:
        """Listed weekdays, 0 = Monday."""
        return self._weekdays

    def is_working(self, day: date) -> bool:
        """Whether day is worked: listed weekday and no holiday, or a make-up day."""
        ordinal = day.toordinal()
        if ordinal in self._extra:
            return True
        return day.weekday() in self._weekdays and ordinal not in self._holidays

    def year(self, year: int) -> tuple[int, ...]:
        """Sorted ordinals of the working days of a year (1..9999)."""
        days = self._years.get(year)
        if days is None:
            if not 1 <= year <= MAXYEAR:
                raise CalendarError(f"the count leaves the years 1 to {MAXYEAR}; use a shorter one")
            days = self._years[year] = self._build(year)
        return days

    def _build(self, year: int) -> tuple[int, ...]:
        first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
        # 0001-01-01, ordinal 1, was a Monday, hence (ordinal - 1) % 7.
        return tuple(
            o
            for o in range(first, last + 1)
            if o in self._extra or ((o - 1) % 7 in self._weekdays and o not in self._holidays)
        )

    def nth_after(self, day: date, n: int) -> date:
        """The n-th working day (n >= 1) after day; day itself is never counted."""
        year = day.year
        index = bisect_right(self.year(year), day.toordinal()) + n - 1
        empty = 0
        while index >= len(days := self.year(year)):
            index -= len(days)
            empty = self._empty_years(empty, days, day)
            year += 1
        return date.fromordinal(days[index])

    def nth_before(self, day: date, n: int) -> date:
        """The n-th working day (n >= 1) before day; day itself is never counted."""
        year = day.year
        index = bisect_left(self.year(year), day.toordinal()) - n
        empty = 0
        while index < 0:
            empty = self._empty_years(empty, self.year(year), day)
            year -= 1
            index += len(self.year(year))
        return date.fromordinal(self.year(year)[index])

    @staticmethod
    def _empty_years(so_far: int, days: tuple[int, ...], day: date) -> int:
        so_far = 0 if days else so_far + 1
        if so_far >= MAX_EMPTY_YEARS:
            raise CalendarError(
                f"holidays: no working day within {MAX_EMPTY_YEARS} years of {day}; "
                "check weekdays, holidays and extra_workdays"
            )
        return so_far

    def makeup(self, start: date, end: date) -> list[date]:
        """Extra workdays from start to end (both included) that fall on no listed weekday."""
        days = (n for n in self._extra if start.toordinal() <= n <= end.toordinal())
        found = (date.fromordinal(n) for n in sorted(days))
        return [day for day in found if day.weekday() not in self._weekdays]

    def count(self, start: date, end: date) -> int:
        """Working days from start (included) to end (excluded); 0 if end <= start."""
        if end <= start:
            return 0
        low, high = start.toordinal(), end.toordinal()
        total = 0
        for year in range(start.year, end.year + 1):
            days = self.year(year)
            total += bisect_left(days, high) - bisect_left(days, low)
        return total

    def forward(self, day: date) -> Iterator[int]:
        """Ordinals of the working days from day on; CalendarError when none is left."""
        low, empty = day.toordinal(), 0
        for year in range(day.year, day.year + MAX_WALK_YEARS):
            days = self.year(year)
            yield from days[bisect_left(days, low) :]
            empty = self._empty_years(empty, days, day)
        raise CalendarError(f"no end within {MAX_WALK_YEARS} years of {day}; shorten the span")

    def backward(self, day: date) -> Iterator[int]:
        """Ordinals of the working days from day back; CalendarError when none is left."""
        high, empty = day.toordinal(), 0
        for year in range(day.year, day.year - MAX_WALK_YEARS, -1):
            days = self.year(year)
            yield from reversed(days[: bisect_right(days, high)])
            empty = self._empty_years(empty, days, day)
        raise CalendarError(f"no end within {MAX_WALK_YEARS} years of {day}; shorten the span")

    def skipped(self, day: date) -> SkippedDay | None:
        """Why day does not work, or None if it does. A holiday on a Saturday is a holiday."""
        if self.is_working(day):
            return None
        cause = "holiday" if day.toordinal() in self._holidays else "weekend"
        return SkippedDay(day, cause, self._names.get(day, ""))
