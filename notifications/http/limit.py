"""One time limit for everything that a request waits for: look-up, connection, answer."""

from __future__ import annotations

import time
from collections.abc import Callable


class Limit:
    """Seconds that are left of those that were given; `clock` counts seconds that only grow."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._until = clock, clock() + seconds

    def left(self) -> float:
        """Seconds left, above zero. Raises `TimeoutError` when there are none."""
        left = self._until - self._clock()
        if left <= 0:
            raise TimeoutError("the time limit is over")
        return left
