"""Lives by many clients at once on PostgreSQL, against the limit: one statement a transition.

The limit is the recorded life with all writes of a transition joined into one statement
(`WITH a AS (INSERT ...), b AS (UPDATE ...) SELECT ...`), sent on a connection that commits by
itself: one round trip and one durable commit each, no reads, no rules.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from benchmarks.capture import Recording, Write, recording
from benchmarks.lives import Bare, live
from benchmarks.office import OPENING
from models.db import Database

SECONDS = 6.0
_MARK = re.compile(r"%\((\w+)\)s|%s")
_RETURNING = re.compile(r"\s+RETURNING\s+.*$", re.IGNORECASE | re.DOTALL)


class Joined(Bare):
    """The writes of one recorded life, each transaction as one statement."""

    def __init__(self, db: Database, recorded: Recording) -> None:
        super().__init__(db, recorded)
        driver: Any = self.raw.dbapi_connection
        driver.autocommit = True
        self.last = 100_000_000 + os.getpid() * 10_000  # ids that no other client uses

    def live(self) -> None:
        """All transactions of one life, each one durable statement."""
        self.tag, self.ids = uuid.uuid4().hex, {}
        cursor = self.raw.cursor()
        for transaction in self.recorded.transactions:
            self._send(cursor, transaction)
        cursor.close()

    def _send(self, cursor: Any, transaction: list[Write]) -> None:
        parts, values, new = list[str](), list[Any](), set[str]()
        for write in transaction:
            if write.table in new and write.sql.startswith("UPDATE"):
                continue  # a statement cannot change what it inserts: it goes in as it is to be
            for sql, given in self._each(write):
                if write.table in ("issue", "task") and sql.startswith("INSERT"):
                    new.add(write.table)
                    self.last += 1
                    self.ids[write.table] = self.last
                    sql = sql.replace(" (", " (id, ", 1).replace("VALUES (", "VALUES (%s, ", 1)
                    given = [self.last, *given]
                parts.append(f"w{len(parts)} AS ({sql})")
                values += given
        cursor.execute(f"WITH {', '.join(parts)} SELECT 1", values)

    def _each(self, write: Write) -> list[tuple[str, list[Any]]]:
        """The statements that a write consists of, each with its values."""
        found = [self._one(write, row) for row in write.rows]
        if write.at_once:
            return [(found[0][0], [value for _sql, given in found for value in given])]
        return found

    def _one(self, write: Write, row: Any) -> tuple[str, list[Any]]:
        sql = _RETURNING.sub("", write.sql.strip())
        if isinstance(row, dict):
            keys = [match.group(1) for match in _MARK.finditer(sql)]
            given = [self.change(write.table, _plain(key), row[key]) for key in keys]
        else:
            given = [
                self.change(write.table, name, value)
                for name, value in zip(write.names, row, strict=False)
            ]
        return _MARK.sub("%s", sql), given


def _plain(key: str) -> str:
    return re.sub(r"__\d+$", "", key)


def recorded_life(db: Database) -> Recording:
    """One life of the engine, as it went to the driver."""
    live(db, OPENING)
    with recording(db.engine) as recorded:
        live(db, OPENING + timedelta(minutes=20))
    return recorded


def measure(url: str, clients: int, seconds: float = SECONDS) -> dict[str, float]:
    """Lives a second of so many processes: through the engine, and of the joined statements."""
    ours = _together(_engine, url, clients, seconds)
    limit = _together(_joined, url, clients, seconds)
    return {"clients": clients, "engine": ours, "joined": limit, "ratio": ours / limit}


def _together(one: Callable[..., int], url: str, clients: int, seconds: float) -> float:
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(clients)
    with context.Pool(clients, _prepare, (ready,)) as pool:
        found = pool.starmap(one, [(url, seconds)] * clients, chunksize=1)
    return sum(found) / seconds


_READY: Any = None


def _prepare(ready: Any) -> None:
    global _READY
    _READY = ready


def _engine(url: str, seconds: float) -> int:
    db = Database(url)
    live(db, OPENING)
    done = _until(lambda: live(db, OPENING + timedelta(hours=1)), seconds)
    db.close()
    return done


def _joined(url: str, seconds: float) -> int:
    db = Database(url)
    joined = Joined(db, recorded_life(db))
    joined.live()
    done = _until(joined.live, seconds)
    joined.raw.close()
    db.close()
    return done


def _until(work: Callable[[], None], seconds: float) -> int:
    _READY.wait()
    end, done = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        work()
        done += 1
    return done
