"""Stop-clock pauses: stretches in which open time does not count."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from workflow.opening_hours import Segment
from workflow.working_days import CalendarError

Pause = tuple[datetime, datetime | None]
"""A pause [from, to), aware; to = None means that it still lasts."""

_ENDLESS = datetime.max.replace(tzinfo=UTC)


class Pauses:
    """Merged, sorted pauses in UTC: overlapping ones count once."""

    __slots__ = ("_merged",)

    def __init__(self, pauses: Iterable[Pause] = ()) -> None:
        merged: list[Segment] = []
        for start, end in sorted(_in_utc(pause) for pause in pauses):
            if merged and start <= merged[-1][1]:
                start, end = merged[-1][0], max(end, merged.pop()[1])
            merged.append((start, end))
        self._merged = tuple(merged)

    def __bool__(self) -> bool:
        return bool(self._merged)

    def cut(self, segment: Segment) -> list[Segment]:
        """The parts of an open stretch that no pause covers, in order."""
        start, end = segment
        parts: list[Segment] = []
        for pause_start, pause_end in self._merged:
            if pause_end <= start:
                continue
            if pause_start >= end:
                break
            if start < pause_start:
                parts.append((start, pause_start))
            start = pause_end
        if start < end:
            parts.append((start, end))
        return parts

    def total(self) -> timedelta:
        """Paused time on the wall clock, open or not; overlaps count once."""
        self.refuse_endless(_ENDLESS)
        return sum((end - start for start, end in self._merged), timedelta())

    def refuse_endless(self, moment: datetime) -> None:
        """Raise CalendarError if a pause without end covers everything from moment on."""
        if self._merged and self._merged[-1][1] == _ENDLESS and self._merged[-1][0] <= moment:
            raise CalendarError(
                f"pauses: the clock has stood still since {self._merged[-1][0].isoformat()}; "
                "end the pause before asking when the span ends"
            )


def _in_utc(pause: Pause) -> Segment:
    start, end = pause
    for moment in (start, end):
        if moment is not None and moment.tzinfo is None:
            raise CalendarError(f"pauses: {moment!r} has no zone; pass aware datetimes")
    begin = start.astimezone(UTC)
    finish = _ENDLESS if end is None else end.astimezone(UTC)
    if finish < begin:
        raise CalendarError(f"pauses: {start} to {end} ends before it begins; swap the two")
    return begin, finish
