"""Months as texts ("2026-09") in the zone's calendar. Pure."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime

from config.clock import YEARS
from config.i18n import gettext as _
from models.db import Session
from workflow.context import context
from workflow.errors import Malformed, Reason

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


def checked(month: str) -> str:
    """The month itself. Raises `Malformed` for what is no month of the years that are taken."""
    found = _MONTH.fullmatch(month)
    if found is None or int(found[1]) not in YEARS:
        message = _("{value} is no month.").format(value=month[:20])
        raise Malformed(Reason("month", message, "month", _("Write it as 2026-09.")))
    return month


def month_of(day: date) -> str:
    """The month that a day lies in."""
    return f"{day.year:04d}-{day.month:02d}"


def year_of(month: str) -> int:
    """The year of a month."""
    return int(month[:4])


def number_of(month: str) -> int:
    """1 to 12."""
    return int(month[5:])


def first_day(month: str) -> date:
    """The first day of a month."""
    return date(year_of(month), number_of(month), 1)


def last_day(month: str) -> date:
    """The last day of a month."""
    year, number = year_of(month), number_of(month)
    return date(year, number, calendar.monthrange(year, number)[1])


def moved(month: str, by: int) -> str:
    """The month `by` months later (earlier if negative)."""
    count = year_of(month) * 12 + number_of(month) - 1 + by
    return f"{count // 12:04d}-{count % 12 + 1:02d}"


def of_year(year: int, until: str = "") -> list[str]:
    """January to December, or to the month `until` of that year."""
    names = [f"{year:04d}-{number:02d}" for number in range(1, 13)]
    return [name for name in names if not until or name <= until]


def today(s: Session, now: datetime) -> date:
    """The local date of a moment, by the calendar in force."""
    return context(s).calendar().local_date(now)


def this_month(s: Session, now: datetime) -> str:
    """The month of today in the zone."""
    return month_of(today(s, now))


def reported_now(s: Session, now: datetime) -> str:
    """The month whose figures are asked for today: the last that has ended."""
    return moved(this_month(s, now), -1)
