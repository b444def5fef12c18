"""Walks over open time: where a span of it ends, and how much lies between.

Everything here is in UTC, where subtraction gives real elapsed time even when
the local clock is changed in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from workflow.opening_hours import OpeningHours, Segment
from workflow.pauses import Pauses
from workflow.working_days import WorkingDays

_ZERO = timedelta()
_ONE_DAY = timedelta(days=1)
_MEMO_LIMIT = 20_000
_NO_PAUSES = Pauses()


class OpenTime:
    """The open stretches of a calendar, computed once per day and remembered."""

    __slots__ = ("_days", "_hours", "_memo", "_zone")

    def __init__(self, days: WorkingDays, hours: OpeningHours, zone: ZoneInfo) -> None:
        self._days = days
        self._hours = hours
        self._zone = zone
        # Threads may race to fill it: each stores an equal, finished tuple.
        self._memo: dict[int, tuple[Segment, ...]] = {}

    def on(self, day: date) -> tuple[Segment, ...]:
        """Open stretches of a day in order; none if the day does not work."""
        return self._on(day.toordinal()) if self._days.is_working(day) else ()

    def _on(self, ordinal: int) -> tuple[Segment, ...]:
        segments = self._memo.get(ordinal)
        if segments is None:
            if len(self._memo) >= _MEMO_LIMIT:
                self._memo.clear()
            segments = self._memo[ordinal] = self._hours.on(date.fromordinal(ordinal))
        return segments

    def forward(self, moment: datetime, pauses: Pauses = _NO_PAUSES) -> Iterator[Segment]:
        """Unpaused open stretches that end at or after moment, in order.

        Raises CalendarError where no working day is left, or only a pause without end.
        """
        # The day before may close at 24:00, which is this day's first moment.
        first = max(self._local_day(moment), date.min + _ONE_DAY) - _ONE_DAY
        for ordinal in self._days.forward(first):
            for segment in self._on(ordinal):
                if segment[1] < moment:
                    continue
                if not pauses:
                    yield segment
                    continue
                yield from (part for part in pauses.cut(segment) if part[1] >= moment)
                pauses.refuse_endless(segment[1])

    def backward(self, moment: datetime, pauses: Pauses = _NO_PAUSES) -> Iterator[Segment]:
        """Unpaused open stretches that begin at or before moment, latest first."""
        for ordinal in self._days.backward(self._local_day(moment)):
            for segment in reversed(self._on(ordinal)):
                if segment[0] <= moment:
                    yield from (p for p in reversed(pauses.cut(segment)) if p[0] <= moment)

    def after(self, moment: datetime, left: timedelta, pauses: Pauses) -> datetime:
        """The first moment at which `left` (>= 0) of open time has passed."""
        for opened, closed in self.forward(moment, pauses):
            start = max(opened, moment)
            if left <= closed - start:
                return start + left
            left -= closed - start
        raise AssertionError("the walk over working days ends by an answer or an error")

    def before(self, moment: datetime, left: timedelta, pauses: Pauses) -> datetime:
        """The last moment from which `left` (> 0) of open time passes until moment."""
        for opened, closed in self.backward(moment, pauses):
            end = min(closed, moment)
            if left <= end - opened:
                return end - left
            left -= end - opened
        raise AssertionError("the walk over working days ends by an answer or an error")

    def between(self, low: datetime, high: datetime, pauses: Pauses = _NO_PAUSES) -> timedelta:
        """Unpaused open time from low to high; zero if high lies before low."""
        total = _ZERO
        if high <= low:
            return total
        # The walk itself ignores the pauses: it must get to `high` through an endless one.
        for segment in self.forward(low):
            if segment[0] >= high:
                break
            for opened, closed in pauses.cut(segment):
                total += max(min(closed, high) - max(opened, low), _ZERO)
        return total

    def _local_day(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()
