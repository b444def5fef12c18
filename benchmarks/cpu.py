"""CPU time of this process and of the server that works for it, as Linux tells it."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from sqlalchemy import text

from models.db import Database

_BACKENDS = text(
    "SELECT pid FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_type = 'client backend'"
)


class Stopwatch:
    """Seconds since it was made: `wall`, `own` CPU and that of a local PostgreSQL's backends."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._pids = _spent(db)
        self._own, self._wall = time.process_time(), time.perf_counter()
        self.wall = self.own = self.server = 0.0

    def stop(self) -> Stopwatch:
        """Take the time."""
        self.wall = time.perf_counter() - self._wall
        self.own = time.process_time() - self._own
        before = self._pids
        self.server = sum(now - before.get(pid, 0.0) for pid, now in _spent(self._db).items())
        return self

    @property
    def cpu(self) -> float:
        """Of both."""
        return self.own + self.server


def _spent(db: Database) -> dict[int, float]:
    """Seconds of each backend of the database; nothing of a server on another machine."""
    if db.engine.dialect.name != "postgresql":
        return {}
    with db.read() as s:
        pids = list(s.execute(_BACKENDS).scalars())
    found: dict[int, float] = {}
    for pid in pids:
        with suppress(OSError):
            figures = Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()
            found[pid] = int(figures[0]) / 1e9
    return found
