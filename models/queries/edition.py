"""Figures kept in memory as long as the ledger stands still, and not a moment longer.

Every change of an issue, a task, a request, a light, its reason or a rung appends an event to the
issue's stream in the same transaction, so what the ledger says is fixed by the events that a
transaction sees, and by what is in force (`engine_head`). Facts about the system itself (somebody
signs in) are no part of it: their stream's head, which its writers raise one by one, says how many
they are. On SQLite writers follow one another, and the newest event's id less that number names
the set; on PostgreSQL `models.queries.ledger_token` does. A kept figure is given only where the
token is the same; it is never guessed. While one request computes a figure, others that want the
same wait for it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select

from models import tables
from models.db import Session
from models.queries.ledger_token import IN_FORCE, SYSTEM_EVENTS, snapshot_token
from models.queries.running import is_running, literally
from models.queries.weight import weigh

T = TypeVar("T")
MOST_FIGURES = 2048
"""How many figures are kept for one database; the one not asked for longest goes first."""
MOST_BYTES = 64 * 2**20
"""How much they may weigh together. What weighs more than half of it is not kept at all."""

_SQLITE_TOKEN = (
    f"SELECT (SELECT coalesce(max(id), 0) FROM event) - {SYSTEM_EVENTS},"
    " (SELECT max(id) FROM policy_version),"
    f" (SELECT max(id) FROM workflow_version), {IN_FORCE}"
)


class Figures:
    """A bounded store of figures by key, each with the token under which it holds."""

    def __init__(self, most: int = MOST_FIGURES, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes, self.weight = most, most_bytes, 0
        self._kept: OrderedDict[Hashable, tuple[Hashable, Any, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[Hashable, list[Any]] = {}

    def get(self, key: Hashable, token: Hashable) -> tuple[bool, Any]:
        """Whether there is a figure under this token, and the figure."""
        with self._lock:
            found = self._kept.get(key)
            if found is None or found[0] != token:
                return False, None
            self._kept.move_to_end(key)
            return True, found[1]

    def put(self, key: Hashable, token: Hashable, figure: Any) -> None:
        """Keep a figure unless it is too heavy; what is oldest makes room."""
        weight = weigh(key, token, figure)
        with self._lock:
            self.weight -= self._kept.pop(key, (None, None, 0))[2]
            if weight > self._most_bytes // 2:
                return
            self._kept[key] = (token, figure, weight)
            self.weight += weight
            while len(self._kept) > self._most or self.weight > self._most_bytes:
                _key, (_token, _figure, gone) = self._kept.popitem(last=False)
                self.weight -= gone

    def __len__(self) -> int:
        return len(self._kept)

    @contextmanager
    def making(self, what: Hashable) -> Iterator[None]:
        """Only one at a time makes the same thing. Figures are made of others, never in a ring."""
        with self._lock:
            turn = self._making.setdefault(what, [threading.Lock(), 0])
            turn[1] += 1
        try:
            with turn[0]:
                yield
        finally:
            with self._lock:
                turn[1] -= 1
                if not turn[1]:
                    del self._making[what]


_FIGURES: WeakKeyDictionary[Engine, Figures] = WeakKeyDictionary()
_FIGURES_LOCK = threading.Lock()


def ledger_token(s: Session) -> Hashable | None:
    """What names the state of the ledger that this transaction sees; None while it may write.

    A writing transaction sees rows that nobody else does and that may yet be rolled back.
    """
    if not s.reading:
        return None
    if "ledger_token" not in s.memo:
        plain = s.dialect == "sqlite"
        s.memo["ledger_token"] = (
            tuple(s.query(_SQLITE_TOKEN, ())[0]) if plain else snapshot_token(s)
        )
    token: Hashable = s.memo["ledger_token"]
    return token


def moment_token(s: Session, now: datetime) -> Hashable:
    """What names the moments passed by `now`: deadlines and look-backs.

    While it stays the same, time alone has made nothing overdue or due.
    """
    key = f"moment_token:{now.isoformat()}"
    if key not in s.memo:
        task, lookback = tables.task.c, tables.lookback.c
        passed = (
            select(func.max(task.due_at)).where(is_running(task), task.due_at < now),
            select(func.max(lookback.due_at)).where(
                literally(lookback.state, ("planned",)), lookback.due_at <= now
            ),
        )
        s.memo[key] = tuple(s.execute(select(*(p.scalar_subquery() for p in passed))).one())
    token: Hashable = s.memo[key]
    return token


def kept(s: Session, key: Hashable, make: Callable[[], T], *, now: datetime | None = None) -> T:
    """The figure of that key, computed unless it is known for the ledger as it stands.

    With `now` it also depends on the clock. The figure must not be changed by whoever gets it.
    """
    token = ledger_token(s)
    if token is None:
        return make()
    if now is not None:
        token = (token, moment_token(s, now))
    figures = _figures(s.conn.engine)
    known, figure = figures.get(key, token)
    if not known:
        with figures.making((key, token)):
            known, figure = figures.get(key, token)  # somebody may have made it meanwhile
            if not known:
                figure = make()
                figures.put(key, token, figure)
    found: T = figure
    return found


def _figures(engine: Engine) -> Figures:
    with _FIGURES_LOCK:
        return _FIGURES.setdefault(engine, Figures())


def forget(engine: Engine) -> None:
    """Throw away every figure of a database: what comes next is computed (for measuring)."""
    with _FIGURES_LOCK:
        _FIGURES.pop(engine, None)
