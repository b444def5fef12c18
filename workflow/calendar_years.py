"""A year of the calendar as people look at it: each day, why it is worked or not, and whether
the schedule is official."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from config.i18n import gettext as _
from models.db import Session
from models.queries.calendar_days import (
    FIRST_YEAR,
    LAST_YEAR,
    CalendarDays,
    load_calendar_days,
)
from workflow.context import context
from workflow.errors import Malformed, Reason


@dataclass(frozen=True, slots=True)
class DayView:
    """One day. `kind`: workday, makeup (a workday by decision), weekend or holiday.

    `cause` is the holiday's or decision's name. `own` says that the unit's own exception decides.
    """

    day: date
    kind: str
    cause: str
    own: bool = False

    @property
    def working(self) -> bool:
        """Whether the day is worked."""
        return self.kind in ("workday", "makeup")


@dataclass(frozen=True, slots=True)
class YearView:
    """A year, month by month. `status` is official or provisional; `unit` a code, "" for all."""

    year: int
    status: str
    unit: str
    edition: int
    months: tuple[tuple[DayView, ...], ...]

    @property
    def working_days(self) -> int:
        """How many days of the year are worked."""
        return sum(day.working for month in self.months for day in month)


def show_year(s: Session, year: int, unit: str | None = None) -> YearView:
    """The calendar of a year, with one unit's exceptions if `unit` (code or name) is given.

    Raises `Malformed` for an unknown unit or a year out of range.
    """
    if not FIRST_YEAR <= year < LAST_YEAR:
        raise Malformed(Reason(
            "calendar_year",
            _("{year} is not a year from {first} to {last}.").format(
                year=year, first=FIRST_YEAR, last=LAST_YEAR - 1
            ),
            "year", _("Write it with four digits."),
        ))  # fmt: skip
    unit_id = find_unit_id(s, unit)
    common = load_calendar_days(s)
    shown = load_calendar_days(s, unit_id) if unit_id is not None else common
    weekdays = [number for number, name in enumerate(_WEEK) if name in _weekdays(s)]
    views = [_view(day, shown, common, weekdays) for day in _days(year)]
    return YearView(
        year, "official" if year in common.official_years else "provisional",
        context(s).directory.units[unit_id].code if unit_id is not None else "",
        context(s).calendar_edition,
        tuple(tuple(v for v in views if v.day.month == month) for month in range(1, 13)),
    )  # fmt: skip


_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _weekdays(s: Session) -> tuple[str, ...]:
    return context(s).policy().hours.weekdays


def _days(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


def _view(day: date, shown: CalendarDays, common: CalendarDays, weekdays: list[int]) -> DayView:
    own = _entry(day, shown) != _entry(day, common)
    kind, name = _entry(day, shown)
    usual = day.weekday() in weekdays
    if kind == "holiday":
        return DayView(day, "holiday", name, own)
    if kind == "workday":
        return DayView(day, "workday" if usual else "makeup", name, own)
    return DayView(day, "workday" if usual else "weekend", "")


def _entry(day: date, days: CalendarDays) -> tuple[str, str]:
    if day in days.holidays:
        return "holiday", days.holidays[day]
    return ("workday", days.workdays[day]) if day in days.workdays else ("", "")


def find_unit_id(s: Session, text: str | None, field: str = "unit") -> int | None:
    """Id of a unit by code or full name, None for no text. Raises `Malformed` if it is unknown."""
    if not text or not text.strip():
        return None
    unit = context(s).directory.find_unit(text.strip())
    if unit is None:
        raise Malformed(Reason(
            "unit_unknown", _("Unknown unit {name}.").format(name=text.strip()), field,
            _("Use the unit's code or full name."),
        ))  # fmt: skip
    return unit.id
