"""Opening hours: weekly wall-clock intervals turned into real moments.

Hours are written on the local clock and measured in real elapsed time, so a
night shift across a clock change is an hour shorter or longer than it looks.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from workflow.working_days import WEEKDAY_NAMES, CalendarError, weekday_number

DAY_SECONDS = 24 * 60 * 60
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")

Segment = tuple[datetime, datetime]
"""Half-open stretch of open time [from, to), both aware in UTC."""
Intervals = Sequence[Sequence[str]]
"""Opening intervals of one day, as ("HH:MM", "HH:MM") pairs."""
WallSpans = tuple[tuple[int, int], ...]
"""Opening intervals of one day, in seconds after local midnight."""

WHOLE_DAY: WallSpans = ((0, DAY_SECONDS),)


def zone(tz: str | ZoneInfo) -> ZoneInfo:
    """Return the zone named by tz; raise CalendarError for an unknown one."""
    if isinstance(tz, ZoneInfo):
        return tz
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, TypeError, OSError):
        raise CalendarError(
            f"tz: {tz!r} is no time zone known here; use an IANA name such as Asia/Shanghai"
        ) from None


def clock_seconds(text: object, field: str) -> int:
    """Seconds after midnight of "HH:MM" or "HH:MM:SS"; "24:00" is the end of the day."""
    match = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if match:
        hour, minute, second = (int(part or 0) for part in match.groups())
        seconds = hour * 3600 + minute * 60 + second
        if minute < 60 and second < 60 and seconds <= DAY_SECONDS:
            return seconds
    raise CalendarError(f"{field}: {text!r} is no clock time; write HH:MM from 00:00 to 24:00")


def parse_spans(intervals: Intervals, field: str) -> WallSpans:
    """Return a day's intervals sorted; refuse reversed, empty and overlapping ones."""
    if not isinstance(intervals, list | tuple):
        raise CalendarError(f"{field}: {intervals!r} is no list; write [[opening, closing], ...]")
    spans: list[tuple[int, int]] = []
    for interval in intervals:
        if not isinstance(interval, list | tuple) or len(interval) != 2:
            raise CalendarError(f"{field}: {interval!r} is no pair; write [opening, closing]")
        opening, closing = (clock_seconds(text, field) for text in interval)
        if closing <= opening:
            raise CalendarError(
                f"{field}: {interval[0]}-{interval[1]} ends before it begins; "
                "end at 24:00 and continue on the next day"
            )
        spans.append((opening, closing))
    spans.sort()
    if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        raise CalendarError(f"{field}: opening intervals overlap; join or separate them")
    return tuple(spans)


class OpeningHours:
    """Immutable weekly hours; `None` opens every working day from 00:00 to 24:00."""

    __slots__ = ("_extra", "_weekly", "_zone")

    def __init__(
        self,
        tz: ZoneInfo,
        hours: Mapping[str, Intervals | None] | Mapping[int, Intervals | None] | None,
        weekdays: Iterable[int],
        extra_hours: Intervals | None = None,
    ) -> None:
        self._zone = tz
        listed = sorted(weekdays)
        self._weekly = self._parse(hours, listed)
        self._extra = self._make_up_hours(listed, extra_hours, whole_days=hours is None)

    @staticmethod
    def _parse(
        hours: Mapping[str, Intervals | None] | Mapping[int, Intervals | None] | None,
        listed: list[int],
    ) -> dict[int, WallSpans]:
        if hours is None:
            return dict.fromkeys(listed, WHOLE_DAY)
        weekly: dict[int, WallSpans] = {}
        for key, intervals in hours.items():
            number = weekday_number(key)
            if number in weekly:
                raise CalendarError(f"hours: {key!r} is given twice; keep one entry per weekday")
            weekly[number] = parse_spans(intervals or (), f"hours[{key!r}]")
        for number in listed:
            if not weekly.get(number):
                # A deadline on such a day would have no closing time to end at.
                raise CalendarError(
                    f"hours: {WEEKDAY_NAMES[number]} is a working weekday without opening hours; "
                    "give it hours or take it out of weekdays"
                )
        return weekly

    def _make_up_hours(
        self, listed: list[int], extra_hours: Intervals | None, *, whole_days: bool
    ) -> WallSpans:
        if extra_hours is not None:
            if not (spans := parse_spans(extra_hours, "extra_hours")):
                raise CalendarError("extra_hours: empty; give opening hours or leave it out")
            return spans
        if whole_days:
            return WHOLE_DAY
        found = (self._weekly[n] for n in listed or sorted(self._weekly) if self._weekly[n])
        spans = next(found, ())
        if not spans:
            raise CalendarError("hours: the calendar never opens; give opening hours or None")
        return spans

    def on(self, day: date) -> tuple[Segment, ...]:
        """Open stretches of a working day in UTC, in order, none empty or overlapping.

        A make-up day on a weekday without hours takes `extra_hours`, or else the
        hours of the first listed weekday (a make-up Saturday is a full Monday).
        """
        segments: list[Segment] = []
        for opening, closing in self._weekly.get(day.weekday()) or self._extra:
            start = self.instant(day, opening, closing=False)
            end = self.instant(day, closing, closing=True)
            if segments and start <= segments[-1][1]:
                # Touching intervals are one; in the repeated hour they even overlap.
                start = segments.pop()[0]
            if start < end:
                segments.append((start, end))
        return tuple(segments)

    def instant(self, day: date, seconds: float, *, closing: bool) -> datetime:
        """The moment in UTC at a wall-clock time of a day, seconds after midnight.

        A time skipped by a clock change is the moment of the change. A repeated
        time is its first pass for an opening, its second for a closing; 24:00 is
        always the first moment of the next day.
        """
        wall = datetime.combine(day, time()) + timedelta(seconds=seconds)
        return wall_to_utc(self._zone, wall, late=closing and seconds < DAY_SECONDS)


def wall_to_utc(tz: ZoneInfo, wall: datetime, *, late: bool) -> datetime:
    """UTC moment of a naive local time; late picks the second pass of a repeated hour."""
    first = wall.replace(tzinfo=tz, fold=0)
    second = first.replace(fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    assert before is not None and after is not None  # a ZoneInfo always answers
    if before < after:
        return _clock_change(tz, wall, before, after)
    return (second if late else first).astimezone(UTC)


def _clock_change(tz: ZoneInfo, wall: datetime, before: timedelta, after: timedelta) -> datetime:
    """The moment at which the clock jumped over `wall`."""
    low = (wall - after).replace(tzinfo=UTC)
    seconds = range(int((after - before).total_seconds()) + 1)

    def jumped(second: int) -> bool:
        return (low + timedelta(seconds=second)).astimezone(tz).utcoffset() != before

    return low + timedelta(seconds=bisect_left(seconds, True, key=jumped))
