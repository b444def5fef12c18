"""A machine's clock that jumps: noticed by the counter of seconds that never does.

Forward, everything that is due by the new time is done at once, as after an outage; beats of the
metronome that were passed over are not made up for (`Every`). Back, nothing is done twice
(`rung_firing`, keys of notices); but whatever waits for a moment of the time that was taken back
would wait for all of it: the metronome's next beat, and messages that were held or to be tried
again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from apscheduler.triggers.base import BaseTrigger

from config import clock

JUMP = timedelta(minutes=1)
"""Less than this is a clock that is being set right, or a busy machine."""
log = logging.getLogger(__name__)


class Every(BaseTrigger):  # type: ignore[misc]
    """A beat, and the next one so many seconds later, however far the clock has come meanwhile.

    APScheduler's own interval lists every beat that was missed before it drops them: for a clock
    that jumps by a month that takes it minutes.
    """

    def __init__(self, seconds: float) -> None:
        self.interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """At once, or after the pause."""
        return now if previous is None else now + self.interval


@dataclass(slots=True)
class Steadiness:
    """The clock and the counter as they were when somebody last looked."""

    at: datetime = field(default_factory=lambda: clock.now())
    counted: float = field(default_factory=lambda: monotonic())

    def jumped(self) -> timedelta:
        """How far the clock has jumped since, negative for back; nothing below `JUMP`."""
        now, counted = clock.now(), monotonic()
        found = (now - self.at) - timedelta(seconds=counted - self.counted)
        self.at, self.counted = now, counted
        return found if abs(found) >= JUMP else timedelta()


def watch(stopping: threading.Event, seconds: float, went_back: Callable[[], None]) -> None:
    """Look every so many seconds until `stopping`; a jump is logged, one back is acted on."""
    steadiness = Steadiness()
    while not stopping.wait(seconds):
        jump = steadiness.jumped()
        if not jump:
            continue
        log.warning("the clock jumped by %s", jump, extra={"action": "clock.jumped"})
        if jump < timedelta():
            went_back()
