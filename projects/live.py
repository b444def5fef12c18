"""Figures of months that are not frozen, kept in memory as long as nothing can have changed.

What they are is fixed by what a transaction sees of the histories and of what is in force
(`models.queries.edition.ledger_token`), and by the time, of which their maker says until when they
hold. What anybody may see of them is asked each time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from models.db import Session
from models.queries.edition import ledger_token
from workflow.context import context

T = TypeVar("T")
Make = Callable[[], tuple[T, datetime]]
"""Works a thing out; and until when it holds if nothing is appended."""


@dataclass(frozen=True, slots=True)
class _Made(Generic[T]):
    token: Hashable
    at: datetime
    until: datetime
    what: T

    def holds(self, token: Hashable, now: datetime) -> bool:
        return token == self.token and self.at <= now < self.until


class Live(Generic[T]):
    """The things that were asked for last, by database. One is made by one at a time."""

    def __init__(self, most: int) -> None:
        self._kept: WeakKeyDictionary[Engine, OrderedDict[Hashable, _Made[T]]]
        self._kept, self._most = WeakKeyDictionary(), most
        self._lock, self._making = threading.Lock(), threading.Lock()

    def get(self, s: Session, key: Hashable, now: datetime, make: Make[T]) -> T:
        """The thing of that key as it stands; it must not be changed by whoever gets it."""
        token = ledger_token(s)
        if token is None:  # it may write: what it sees is nobody else's
            return make()[0]
        found = self._find(s.conn.engine, key, token, now)
        if found is not None:
            return found.what
        with self._making:
            found = self._find(s.conn.engine, key, token, now)  # somebody was quicker
            if found is None:
                what, until = make()
                found = _Made(token, now, until, what)
                self._keep(s.conn.engine, key, found)
            return found.what

    def _find(self, engine: Engine, key: Hashable, token: Hashable, now: datetime) -> (
        _Made[T] | None
    ):  # fmt: skip
        with self._lock:
            found = self._kept.get(engine, OrderedDict()).get(key)
        return found if found is not None and found.holds(token, now) else None

    def _keep(self, engine: Engine, key: Hashable, made: _Made[T]) -> None:
        with self._lock:
            mine = self._kept.setdefault(engine, OrderedDict())
            mine[key] = made
            mine.move_to_end(key)
            while len(mine) > self._most:
                mine.popitem(last=False)


def midnight(s: Session, now: datetime) -> datetime:
    """The end of the zone's day: nothing that is kept outlives it."""
    zone = context(s).calendar().tz
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)
