"""Dates and times as people write them in ledgers. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from itertools import product

FORMATS = tuple(
    day + clock
    for day, clock in product(
        ("%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y-%m-%d"), ("", " %H:%M", " %H:%M:%S")
    )
)
"""Understood beside ISO 8601, with or without leading zeros."""

FIRST_YEAR, LAST_YEAR = 1990, 2149  # the years that calendars know
_BLANK_BEFORE_OFFSET = re.compile(r"\s+(?=[+-]\d\d(:?\d\d)?$)")
_CLOCK = re.compile("%[HIcXTR]")


def parse_moment(text: str, zone: tzinfo, formats: Sequence[str] = ()) -> date | datetime:
    """A date, or a moment (aware; in `zone` unless it names its offset).

    `formats` are tried first. Fractions of seconds, `T`, `Z` and offsets such as `+00` are
    understood. Raises ValueError for anything else and for years outside 1990-2149.
    """
    found = _parse(text.strip(), formats)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(text)
    if isinstance(found, datetime) and found.tzinfo is None:
        return found.replace(tzinfo=zone)
    return found


def _parse(text: str, formats: Sequence[str]) -> date | datetime:
    for wanted in formats:
        if (found := _by_format(text, wanted)) is not None:
            return found
    iso = _BLANK_BEFORE_OFFSET.sub("", text.removesuffix(" UTC") + "Z" * text.endswith(" UTC"))
    try:
        return date.fromisoformat(iso) if len(iso) <= 10 else datetime.fromisoformat(iso)
    except ValueError:
        pass
    for usual in FORMATS:
        if (found := _by_format(text, usual)) is not None:
            return found
    raise ValueError(text)


def _by_format(text: str, wanted: str) -> date | datetime | None:
    try:
        found = datetime.strptime(text, wanted)  # noqa: DTZ007  (the caller adds the zone)
    except ValueError:
        return None
    return found if _CLOCK.search(wanted) else found.date()


def as_moment(value: date | datetime, zone: tzinfo) -> datetime:
    """A moment; a date means its beginning."""
    if isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day, tzinfo=zone)
