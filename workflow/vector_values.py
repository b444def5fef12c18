"""Reading and comparing the values of deadline vectors (see `workflow.vectors`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workflow.calendar import CalendarError, Pause, WorkCalendar
from workflow.opening_hours import wall_to_utc, zone

Value = date | datetime | bool | int | float
"""What an operation answers: a day, a moment, yes/no, working days, or units of time."""

_UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_SHORT = {"s": "second", "sec": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day"}
_DAY_UNITS = {"working_day", "business_day", "work_day", "workday", "calendar_day", "none"}
_ISO_DURATION = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


class MalformedVector(ValueError):
    """A vector that cannot be read; the text names the field and the remedy."""


def field(raw: Mapping[str, Any], name: str) -> Any:
    """The value of a required field; MalformedVector if it is missing or null."""
    if raw.get(name) is None:
        raise MalformedVector(f"field {name!r} is missing; add it")
    return raw[name]


def unit_name(raw: object) -> str:
    """Singular lower-case unit: "Hours" -> "hour", "business days" -> "business_day"."""
    text = str(raw or "minute").strip().lower().replace(" ", "_").replace("-", "_")
    text = _SHORT.get(text, text.removesuffix("s"))
    if text not in _UNITS and text not in _DAY_UNITS:
        known = ", ".join([*_UNITS, *sorted(_DAY_UNITS)])
        raise MalformedVector(f"unit: {raw!r} is unknown; use one of {known}")
    return text


def whole_number(raw: object, name: str) -> int:
    """A count of days; MalformedVector unless it is a whole number."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or raw != int(raw):
        raise MalformedVector(f"{name}: {raw!r} is no whole number of days; write one")
    return int(raw)


def unit_span(unit: object) -> timedelta:
    """One unit of time; a day is 24 hours of open time. Refuses working days."""
    name = unit_name(unit)
    if name not in _UNITS:
        raise MalformedVector(f"unit: {unit!r} is no span of time; use minute, hour or second")
    return _UNITS[name]


def time_span(raw: object, unit: object, name: str) -> timedelta:
    """A number of units, or an ISO 8601 duration without months and years."""
    if isinstance(raw, str):
        return iso_span(raw)
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise MalformedVector(f"{name}: {raw!r} is no number; write one, in {unit or 'minute'}s")
    return raw * unit_span(unit)


def iso_span(text: str) -> timedelta:
    """The span of an ISO 8601 duration such as P2DT5H70M; fields may exceed a day."""
    match = _ISO_DURATION.fullmatch(text.strip().upper())
    parts = match.groupdict() if match else {}
    sign = -1 if parts.pop("sign", "") == "-" else 1
    numbers = {name: float(value) for name, value in parts.items() if value is not None}
    if not numbers:
        raise MalformedVector(f"{text!r} is no ISO duration of weeks to seconds; write PnDTnHnM")
    return sign * timedelta(**numbers)


def parse_moment(raw: object, tz: ZoneInfo, name: str) -> datetime:
    """An aware moment; a text without offset is wall time in tz, "T24:00" the next midnight."""
    if not isinstance(raw, str):
        raise MalformedVector(f"{name}: {raw!r} is no text; write an ISO date and time")
    text, end_of_day = re.subn(r"^(\d{4}-\d\d-\d\d[T ])24:00(:00)?", r"\g<1>00:00", raw.strip())
    try:
        moment = datetime.fromisoformat(text) + timedelta(days=end_of_day)
    except (ValueError, OverflowError):
        raise MalformedVector(f"{name}: {raw!r} is no ISO date and time") from None
    return moment if moment.tzinfo else wall_to_utc(tz, moment, late=False).astimezone(tz)


def parse_day(raw: object, tz: ZoneInfo, name: str) -> date:
    """The day of an ISO date, or of a date and time in tz: the time of day is dropped."""
    return parse_moment(raw, tz, name).astimezone(tz).date()


def parse_pauses(raw: object, tz: ZoneInfo) -> tuple[Pause, ...]:
    """Pauses as [start, end] pairs or {"start", "end"}; a missing or null end is open."""
    if raw is not None and not isinstance(raw, list | tuple):
        raise MalformedVector(f"pauses: {raw!r} is no list; write [[start, end], ...]")
    return tuple(_pause(item, tz) for item in raw or ())


def _pause(raw: object, tz: ZoneInfo) -> Pause:
    if isinstance(raw, Mapping):
        raw = [field(raw, "start"), raw.get("end")]
    if not isinstance(raw, list | tuple) or not 1 <= len(raw) <= 2:
        raise MalformedVector(f"pauses: {raw!r} is no pair; write [start, end]")
    end = raw[1] if len(raw) == 2 else None
    start = parse_moment(raw[0], tz, "pauses")
    return start, None if end is None else parse_moment(end, tz, "pauses")


def build_calendar(raw: object) -> WorkCalendar:
    """The calendar of a vector; CalendarError if it must be refused.

    Missing keys mean: UTC, the weekdays that have hours or else Monday to Friday,
    whole days, no holidays. A calendar whose days are published year by year
    knows nothing after its last one: those years are provisional.
    """
    if not isinstance(raw, Mapping):
        raise MalformedVector(f"calendar: {raw!r} is no object; write tz, hours, holidays")
    hours = raw.get("hours")
    if hours is not None and not isinstance(hours, Mapping):
        raise CalendarError(f"hours: {hours!r} is no object; write weekday: [[opening, closing]]")
    weekdays = raw.get("working_weekdays")
    if weekdays is None:
        weekdays = [day for day in hours if hours[day]] if hours else list(range(5))
    if not isinstance(weekdays, list):
        raise CalendarError(f"working_weekdays: {weekdays!r} is no list; write a list of names")
    holidays = _dates(raw.get("holidays"), "holidays")
    extra = _dates(raw.get("extra_working_days"), "extra_working_days")
    return WorkCalendar(
        tz=zone(raw.get("tz") or "UTC"),
        weekdays=weekdays,
        hours=hours,
        holidays=holidays,
        extra_workdays=extra,
        extra_hours=raw.get("extra_hours"),
        provisional_years=raw.get("provisional_years") or _unpublished([*holidays, *extra]),
    )


def _dates(raw: object, name: str) -> list[date]:
    if not isinstance(raw, list | tuple | None):
        raise CalendarError(f"{name}: {raw!r} is no list; write a list of ISO dates")
    try:
        return [date.fromisoformat(text) for text in raw or ()]
    except (TypeError, ValueError) as error:
        raise CalendarError(f"{name}: {error}; write every date as YYYY-MM-DD") from None


def _unpublished(days: list[date]) -> range:
    last = max((day.year for day in days), default=9999)
    return range(last + 1, 10000)


def matches(expected: object, actual: Value, tz: ZoneInfo) -> bool:
    """Whether a computed value is the expected one: moments by instant, numbers by value."""
    if isinstance(actual, bool) or isinstance(expected, bool):
        return expected is actual
    if isinstance(actual, int | float):
        return isinstance(expected, int | float) and abs(expected - actual) < 1e-6
    if isinstance(actual, datetime) and not _is_day(expected):
        moment = parse_moment(expected, tz, "expected")
        return moment.astimezone(UTC) == actual.astimezone(UTC)
    day = actual.astimezone(tz).date() if isinstance(actual, datetime) else actual
    return parse_day(expected, tz, "expected") == day


def _is_day(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip()) is not None


def truncated(moment: datetime, unit: object) -> datetime:
    """moment with everything below the unit (second, minute or hour) cut off."""
    match unit_name(unit):
        case "second":
            return moment.replace(microsecond=0)
        case "minute":
            return moment.replace(second=0, microsecond=0)
        case "hour":
            return moment.replace(minute=0, second=0, microsecond=0)
    raise MalformedVector(f"truncate: {unit!r} is unknown; use second, minute or hour")


def shown(value: object) -> str:
    """How a value is printed: whole numbers without a fraction, moments with offset."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else repr(value)
