"""Dates and times as people type them, for every edge."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from config.i18n import gettext as _
from workflow.errors import Malformed, Reason


def parse_moment(text: str, zone: ZoneInfo, field: str, day_end: str) -> datetime:
    """An aware moment from local time or from one with an offset; a date alone ends at `day_end`.

    Raises `Malformed` naming the field.
    """
    try:
        if len(text.strip()) == len("2026-09-28"):
            return datetime.combine(
                date.fromisoformat(text.strip()), time.fromisoformat(day_end), zone
            )
        moment = datetime.fromisoformat(text.strip())
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)
    except ValueError:
        raise Malformed(
            Reason(
                f"{field}_malformed",
                _("{text} is no date or time.").format(text=text),
                field,
                _("Write e.g. 2026-09-28 or 2026-09-28T10:00."),
            )
        ) from None


def parse_date(text: str, field: str) -> date:
    """A date as typed. Raises `Malformed` naming the field."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Malformed(
            Reason(
                f"{field}_malformed",
                _("{text} is no date.").format(text=text),
                field,
                _("Write e.g. 2026-09-28."),
            )
        ) from None
