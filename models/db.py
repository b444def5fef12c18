"""Engines and transactions. SQLite for one office, PostgreSQL for many machines."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, Executable, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

_dumps = partial(json.dumps, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
BUSY_TIMEOUT_MS = 30_000
_NO_WAITING = text("SET LOCAL lock_timeout = '1ms'")


class Session:
    """One transaction. `memo` holds what was looked up in it (policy, people, calendar)."""

    __slots__ = ("conn", "memo")

    def __init__(self, conn: Connection, memo: dict[str, Any] | None = None) -> None:
        self.conn = conn
        self.memo: dict[str, Any] = {} if memo is None else memo

    def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Run a Core statement on this transaction's connection."""
        return self.conn.execute(statement, parameters)

    def cursor(self) -> Any:
        """A cursor of the driver, inside this transaction."""
        return self.conn.connection.cursor()

    def query(self, sql: str, values: Any) -> list[Any]:
        """Rows of a driver's statement, as the driver gives them (see `models.statements`)."""
        cursor = self.cursor()
        try:
            cursor.execute(sql, values)
            return list(cursor.fetchall())
        except self.conn.dialect.loaded_dbapi.Error as error:
            raise self._known(sql, values, error) from error
        finally:
            cursor.close()

    def send(self, sql: str, rows: list[Any]) -> int:
        """Run a driver's writing statement for each row; returns how many rows were touched."""
        cursor = self.cursor()
        try:
            if len(rows) == 1:
                cursor.execute(sql, rows[0])
            else:
                cursor.executemany(sql, rows)
            return int(cursor.rowcount)
        except self.conn.dialect.loaded_dbapi.Error as error:
            raise self._known(sql, rows, error) from error
        finally:
            cursor.close()

    def _known(self, sql: str, values: Any, error: Any) -> Exception:
        """The driver's error as SQLAlchemy's, so that every road raises the same; a connection
        that is lost is not used again."""
        dialect = self.conn.dialect
        raw = self.conn.connection.dbapi_connection
        if dialect.is_disconnect(error, raw, None):
            self.conn.invalidate(error)
        base = dialect.loaded_dbapi.Error
        known: Exception = DBAPIError.instance(
            sql, values, error, base, hide_parameters=True, dialect=dialect
        )
        return known

    @property
    def reading(self) -> bool:
        """Whether this transaction only reads, so that what it has found stays true in it."""
        return bool(self.conn.get_execution_options().get("xiaohao_read"))

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.conn.dialect.name


class Database:
    """A database by its address. `write()` commits at its end, `read()` never writes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)
        self.given: dict[str, Any] = {}
        """What every session's memo begins with, e.g. the channels of a simulated clock."""

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A writing transaction: committed when the block ends, rolled back when it raises."""
        with self.engine.connect() as conn, conn.begin():
            yield Session(conn, dict(self.given))

    @contextmanager
    def write_unless_busy(self) -> Iterator[Session]:
        """A writing transaction that waits for nobody: for what may as well be left undone.

        Raises `OperationalError` where somebody else holds the lock that it would need.
        """
        options = {"xiaohao_hurry": True}
        with self.engine.connect().execution_options(**options) as conn, conn.begin():
            if self.engine.dialect.name == "postgresql":
                conn.execute(_NO_WAITING)
            yield Session(conn, dict(self.given))

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A reading transaction, rolled back at its end."""
        options: dict[str, Any] = {"xiaohao_read": True}
        if self.engine.dialect.name == "postgresql":
            # every statement of one read sees the same moment, as SQLite's readers do anyway
            options["isolation_level"] = "REPEATABLE READ"
        with self.engine.connect().execution_options(**options) as conn:
            # begun at once: a statement that goes straight to the driver belongs to it, too
            transaction = conn.begin()
            yield Session(conn, dict(self.given))
            transaction.rollback()

    def close(self) -> None:
        """Give every connection back to the system."""
        self.engine.dispose()


def make_engine(url: str) -> Engine:
    """An engine for `sqlite:///file` or `postgresql+psycopg://...`.

    SQLite runs in WAL mode with `synchronous=FULL`, so that what was acknowledged survives a
    power cut, and every write takes its lock at once (`BEGIN IMMEDIATE`): a lock taken later
    fails under concurrency instead of waiting.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite_engine(url, parsed.database)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(parsed, json_serializer=_dumps, hide_parameters=True)


def _sqlite_engine(url: str, database: str | None) -> Engine:
    if database and database != ":memory:":
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        json_serializer=_dumps,
        hide_parameters=True,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # we say BEGIN ourselves
    cursor = raw.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    # switching to WAL takes a lock that does not wait, so it is done only where it is needed
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        cursor.execute("PRAGMA journal_mode=WAL")
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(conn: Connection) -> None:
    options = conn.get_execution_options()
    raw: Any = conn.connection.dbapi_connection
    if options.get("xiaohao_hurry", False):
        _begin_at_once(raw)
    else:
        raw.execute("BEGIN" if options.get("xiaohao_read", False) else "BEGIN IMMEDIATE")


def _begin_at_once(raw: Any) -> None:
    """Take the lock now or not at all; whoever has the connection next waits as usual."""
    raw.execute("PRAGMA busy_timeout=0")
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:  # an event's fault is not translated by itself
        raise OperationalError("BEGIN IMMEDIATE", None, error) from error
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
