"""Figures kept in memory as long as the ledger stands still, and not a moment longer.

Every change of an issue, a task, a request, a light or a rung appends an event in the same
transaction, so what the ledger says is fixed by the events that a transaction sees. On SQLite
writers follow one another, and the newest event's id names the set. On PostgreSQL ids are taken
in another order than they are committed, so the transaction's snapshot names it: equal snapshots
see equal rows. A kept figure is given only where the token is the same; it is never guessed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, String, cast, func, select

from models import tables
from models.db import Session
from models.queries.running import is_running, literally

T = TypeVar("T")
MOST_FIGURES = 2048
"""How many figures are kept for one database; the one not asked for longest goes first."""

_NEWEST = [
    select(func.max(table.c.id)).scalar_subquery()
    for table in (tables.event, tables.policy_version, tables.workflow_version)
]
_TOKENS = {
    "sqlite": select(*_NEWEST),
    "postgresql": select(cast(func.pg_current_snapshot(), String)),
}


class Figures:
    """A bounded store of figures by key, each with the token under which it holds."""

    def __init__(self, most: int = MOST_FIGURES) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, token: Hashable) -> tuple[bool, Any]:
        """Whether there is a figure under this token, and the figure."""
        with self._lock:
            found = self._kept.get(key)
            if found is None or found[0] != token:
                return False, None
            self._kept.move_to_end(key)
            return True, found[1]

    def put(self, key: Hashable, token: Hashable, figure: Any) -> None:
        """Keep a figure; what is oldest makes room."""
        with self._lock:
            self._kept[key] = (token, figure)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


_FIGURES: WeakKeyDictionary[Engine, Figures] = WeakKeyDictionary()
_FIGURES_LOCK = threading.Lock()


def ledger_token(s: Session) -> Hashable | None:
    """What names the state of the ledger that this transaction sees; None while it may write.

    A writing transaction sees rows that nobody else does and that may yet be rolled back.
    """
    if not s.conn.get_execution_options().get("xiaohao_read", False):
        return None
    if "ledger_token" not in s.memo:
        # by Core, which opens the transaction: what is read after it is read from its snapshot
        s.memo["ledger_token"] = tuple(s.execute(_TOKENS[s.dialect]).one())
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
        figure = make()
        figures.put(key, token, figure)
    found: T = figure
    return found


def _figures(engine: Engine) -> Figures:
    with _FIGURES_LOCK:
        return _FIGURES.setdefault(engine, Figures())
