"""Dates and times as people type them, for every edge."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TypeVar
from zoneinfo import ZoneInfo

from config.clock import YEARS
from config.i18n import gettext as _
from workflow.errors import Malformed, Reason

Day = TypeVar("Day", date, datetime)


def parse_moment(text: str, zone: ZoneInfo, field: str, day_end: str) -> datetime:
    """An aware moment from local time or from one with an offset; a date alone ends at `day_end`.

    Raises `Malformed` naming the field, for years outside of `config.clock.YEARS`, too.
    """
    try:
        if (day := lone_date(text)) is not None:
            return datetime.combine(_near(day, field), time.fromisoformat(day_end), zone)
        moment = _near(datetime.fromisoformat(text.strip()), field)
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)
    except (ValueError, OverflowError):
        raise Malformed(
            Reason(
                f"{field}_malformed",
                _("{text} is no date or time.").format(text=text[:80]),
                field,
                _("Write e.g. 2026-09-28 or 2026-09-28T10:00."),
            )
        ) from None


def lone_date(text: str) -> date | None:
    """The date that stands there without a time of day, in any spelling of ISO 8601; else None."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def parse_date(text: str, field: str) -> date:
    """A date as typed. Raises `Malformed` naming the field, for far years, too."""
    try:
        return _near(date.fromisoformat(text.strip()), field)
    except ValueError:
        raise Malformed(
            Reason(
                f"{field}_malformed",
                _("{text} is no date.").format(text=text[:80]),
                field,
                _("Write e.g. 2026-09-28."),
            )
        ) from None


def refuse_coming(day: date, today: date, field: str) -> None:
    """Raises `Malformed` for a day that has yet to come, where something has already happened."""
    if day > today:
        raise Malformed(
            Reason(
                "date_coming",
                _("{day} has yet to come.").format(day=day.isoformat()),
                field,
                _("Give the day on which it happened, {today} at the latest.").format(
                    today=today.isoformat()
                ),
            )
        )


def _near(day: Day, field: str) -> Day:
    if day.year not in YEARS:
        raise Malformed(
            Reason(
                "date_far",
                _("The date lies outside of the calendar."),
                field,
                _("Choose a nearer date."),
            )
        )
    return day
