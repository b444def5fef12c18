"""The script: acts booked for their moments, then performed in order of time.

A story books what people do about one issue, in the story's own order; the script interleaves all
stories and lets the clock run in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time

from demo.clockwork import Clockwork
from workflow.calendar import WorkCalendar

YEAR = 2026
TITLE_MARK = "【演示数据】"
Perform = Callable[[Clockwork, datetime], None]


@dataclass(slots=True)
class Script:
    """What happens when. `calendar` is the common one; days are written "02-27"."""

    calendar: WorkCalendar
    acts: list[tuple[datetime, int, Perform]] = field(default_factory=list)
    cases: int = 0

    def at(self, day: str, clock: str) -> datetime:
        """A wall time of the zone."""
        return self.on(date.fromisoformat(f"{YEAR}-{day}"), clock)

    def on(self, day: date, clock: str) -> datetime:
        """A wall time on a date."""
        return datetime.combine(day, time.fromisoformat(clock), self.calendar.tz)

    def after(self, day: str, n: int, clock: str) -> datetime:
        """A wall time on the n-th working day after a day (0 is the day itself)."""
        start = date.fromisoformat(f"{YEAR}-{day}")
        return self.on(self.calendar.add_working_days(start, n) if n else start, clock)

    def book(self, moment: datetime, perform: Perform) -> None:
        """Let something happen at a moment; of two at once the one booked first comes first."""
        self.acts.append((moment, len(self.acts), perform))

    def play(self, clock: Clockwork) -> Iterator[datetime]:
        """Perform everything in order of time, the clock running ahead of each act."""
        for moment, _order, perform in sorted(self.acts, key=lambda act: act[:2]):
            clock.run_until(moment)
            perform(clock, moment)
            yield moment


def working_days(calendar: WorkCalendar, first: date, last: date) -> Iterator[date]:
    """Every working day from `first` to `last`."""
    day = first if calendar.is_working_day(first) else calendar.add_working_days(first, 1)
    while day <= last:
        yield day
        day = calendar.add_working_days(day, 1)
