"""Rate limits: token buckets in memory, one for each token, session or address.

A process counts for itself and forgets when it ends: with several processes behind a balancer
each gives the whole allowance. That is enough against a program that runs wild; it is no quota.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
MOST_KEYS = 20_000
"""Buckets held at a time; the one not used for longest goes first (it is full again anyway)."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller has left. `reset` and `retry_after` are whole seconds."""

    allowed: bool
    limit: int
    remaining: int
    reset: int
    retry_after: int

    def headers(self) -> dict[str, str]:
        """`RateLimit-...` as clients read them, and `Retry-After` for who has nothing left."""
        found = {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(self.remaining),
            "ratelimit-reset": str(self.reset),
        }
        return found if self.allowed else found | {"retry-after": str(self.retry_after)}


class Buckets:
    """Buckets of `per_minute` calls that fill up evenly. Safe between threads."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = per_minute, clock
        self._rate = per_minute / 60
        self._levels: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: Hashable, cost: int = 1) -> Allowance:
        """Use up `cost` calls, if so many are left; who has a full bucket is never refused."""
        cost = min(cost, self._most)
        with self._lock:
            level = self._level(key)
            allowed = level >= cost
            level -= cost if allowed else 0
            self._levels[key] = (level, self._clock())
            self._levels.move_to_end(key)
            while len(self._levels) > MOST_KEYS:
                self._levels.popitem(last=False)
        return self._told(allowed, level, cost)

    def _level(self, key: Hashable) -> float:
        level, since = self._levels.get(key, (float(self._most), self._clock()))
        return min(self._most, level + (self._clock() - since) * self._rate)

    def _told(self, allowed: bool, level: float, cost: int) -> Allowance:
        until_enough = math.ceil(max(cost - level, 0) / self._rate)
        until_full = math.ceil((self._most - level) / self._rate)
        return Allowance(allowed, self._most, int(level), until_full, max(until_enough, 1))
