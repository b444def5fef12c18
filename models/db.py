"""Transactions. SQLite for one office, PostgreSQL for many machines."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain, count
from typing import Any, Self

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.exc import DBAPIError

from models import beginning, marks
from models.attempts import current
from models.beginning import WIRE
from models.engines import Limits, make_engine
from models.passing import is_lost, known

FEW = 8
"""Rows that are sent as they are: making arrays of them (`models.bulk`) is not worth it."""
_MARK = re.compile("%[%s]")


class Session:
    """One transaction. `memo` holds what was looked up in it (policy, people, calendar)."""

    __slots__ = ("_cursor", "conn", "dialect", "memo")

    def __init__(self, conn: Connection, memo: dict[str, Any] | None = None) -> None:
        self.conn = conn
        self.dialect = conn.dialect.name
        """`sqlite` or `postgresql`."""
        self.memo: dict[str, Any] = {} if memo is None else memo
        self._cursor: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the cursor: as long as one lives, SQLite's file is not closed."""
        self._cursor = None

    def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Run a Core statement on this transaction's connection."""
        return self.conn.execute(statement, parameters)

    def cursor(self) -> Any:
        """The driver's cursor of this transaction: one for all that goes through it.

        psycopg's takes values by number, in a text that it sends as it is: it would look for its
        own placeholders in every text anew where there are more than fifty values.
        """
        if self._cursor is None:
            held = self.conn.connection
            if self.dialect == "postgresql":
                driver = self.conn.dialect.loaded_dbapi
                self._cursor = driver.RawCursor(held.dbapi_connection)
            else:
                self._cursor = held.cursor()
        return self._cursor

    def query(self, sql: str, values: Any) -> list[Any]:
        """Rows of a driver's statement, as the driver gives them (see `models.statements`)."""
        try:
            if self.dialect == "postgresql":
                rows: list[Any] = self.conn.info[WIRE].query(numbered(sql), values)
                return rows
            cursor = self.cursor()
            cursor.execute(sql, values)
            found: list[Any] = cursor.fetchall()
            return found
        except self.conn.dialect.loaded_dbapi.Error as error:
            raise self._known(sql, values, error) from error

    def send(self, sql: str, rows: list[Any]) -> int:
        """Run a driver's writing statement for each row; returns how many rows were touched.

        PostgreSQL is handed a few rows of an INSERT as one statement, i.e. in one round trip.
        """
        if 1 < len(rows) <= FEW and self.dialect == "postgresql" and _can_be_several(sql):
            sql, rows = of_several(sql, len(rows)), [list(chain.from_iterable(rows))]
        text = numbered(sql) if self.dialect == "postgresql" else sql
        try:
            if len(rows) == 1 and self.dialect == "postgresql":
                touched: int = self.conn.info[WIRE].send(text, rows[0])
                return touched
            cursor = self.cursor()
            if len(rows) == 1:
                cursor.execute(text, rows[0])
            else:
                cursor.executemany(text, rows)
            return int(cursor.rowcount)
        except self.conn.dialect.loaded_dbapi.Error as error:
            raise self._known(sql, rows, error) from error

    def _known(self, sql: str, values: Any, error: Any) -> Exception:
        found = known(self.conn, sql, values, error)
        if self.conn.invalidated:
            self._cursor = None
        return found

    @property
    def reading(self) -> bool:
        """Whether this transaction only reads, so that what it has found stays true in it."""
        return bool(self.conn.get_execution_options().get("xiaohao_read"))


def _can_be_several(sql: str) -> bool:
    """Whether it is an INSERT of one row that answers nothing."""
    return sql.startswith("INSERT") and " RETURNING " not in sql


@lru_cache(maxsize=2048)
def numbered(sql: str) -> bytes:
    """A text with `%s` for its values as psycopg's raw cursor takes it: with `$1`, `$2`, ..."""
    number = count(1)
    return _MARK.sub(lambda m: "%" if m[0] == "%%" else f"${next(number)}", sql).encode()


@lru_cache(maxsize=512)
def of_several(sql: str, rows: int) -> str:
    """An INSERT of one row as an INSERT of several."""
    into, values = sql.split(" VALUES ", 1)
    row, conflict, what_then = values.partition(" ON CONFLICT ")
    return f"{into} VALUES {', '.join([row] * rows)}{conflict}{what_then}"


class Database:
    """A database by its address. `write()` commits at its end, `read()` never writes."""

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        self.url = url
        self.engine = make_engine(url, limits)
        self.given: dict[str, Any] = {}
        """What every session's memo begins with, e.g. the channels of a simulated clock."""

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A writing transaction: committed when the block ends, rolled back when it raises.

        Inside of `models.attempts.run` a commit whose answer was lost is asked after: the block
        then ends as it should, or raises an error that may be tried again, or `CommitUnknown`.
        """
        attempt = current()
        mark, committing = "", False
        try:
            with self.engine.connect() as conn, beginning.of(conn, beginning.WRITE):
                if attempt is not None:
                    attempt.begun += 1
                with Session(conn, dict(self.given)) as found:
                    yield found
                    if attempt is not None and found.dialect == "postgresql":
                        mark = secrets.token_hex(16)
                        found.send(marks.LEAVE, [[mark]])
                committing = True
        except DBAPIError as error:
            if not (committing and mark and is_lost(error)):
                raise
            if not marks.found(self.engine, mark, error):
                raise
        if attempt is not None:
            attempt.committed += 1

    @contextmanager
    def write_unless_busy(self) -> Iterator[Session]:
        """A writing transaction that waits for nobody: for what may as well be left undone.

        Raises `OperationalError` where somebody else holds the lock that it would need.
        """
        with (
            self.engine.connect() as conn,
            beginning.of(conn, beginning.HURRY),
            Session(conn, dict(self.given)) as found,
        ):
            yield found

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A reading transaction. What is written in it is refused, or not kept."""
        with self.engine.connect().execution_options(xiaohao_read=True) as conn:
            # begun at once: a statement that goes straight to the driver belongs to it, too
            transaction = beginning.of(conn, beginning.READ)
            with Session(conn, dict(self.given)) as found:
                yield found
            transaction.rollback()

    def close(self) -> None:
        """Give every connection back to the system."""
        self.engine.dispose()
