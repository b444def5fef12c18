"""The short way to PostgreSQL: one statement over libpq itself, one round trip.

psycopg's cursor hands every statement through a chain of generators, so that a wait can be
interrupted at any moment, and that costs more than the statements of a command themselves. They
are short and the server ends what takes too long, so they are waited for in libpq. Values go out
and come back through psycopg's own adapters; the two ways differ in nothing else.

What is asked often is prepared, under names of its own. psycopg throws away everything that is
prepared on a connection when it sees an object dropped or altered there: see `forget`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import OperationalError, errors, pq
from psycopg.adapt import PyFormat, Transformer
from sqlalchemy import Connection

from models.beginning import WIRE

MOST_PREPARED = 200
"""Statements that the server remembers for one connection; others are sent with their text."""
MOST_COUNTED = 2_000
_DONE = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)
_IDLE = pq.TransactionStatus.IDLE
_OPEN = (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR)
_Key = tuple[bytes, Sequence[int]]


class Wire:
    """One connection's. Errors are psycopg's own."""

    __slots__ = ("_made", "_names", "_pg", "_raw", "_transformer", "_used")

    def __init__(self, raw: Any) -> None:
        self._raw, self._pg = raw, raw.pgconn
        self._transformer = Transformer.from_context(raw)
        self._used: dict[_Key, int] = {}
        self._names: dict[_Key, bytes] = {}
        self._made = 0

    def query(self, sql: bytes, values: Sequence[Any]) -> list[Any]:
        """Rows of a statement with `$1`, `$2`, ... for its values, as psycopg reads them."""
        result, transformer = self._run(sql, values), self._transformer
        transformer.set_pgresult(result)
        try:
            return transformer.load_rows(0, result.ntuples, tuple)
        finally:
            transformer.set_pgresult(None)  # it may be large

    def send(self, sql: bytes, values: Sequence[Any]) -> int:
        """Run a writing statement; returns how many rows it touched."""
        return self._run(sql, values).command_tuples or 0

    def begin(self, how: bytes, asked: bytes) -> dict[str, bytes | None] | None:
        """Begin a transaction and ask for one row on the same trip; the row as text by column,
        or None where its table is not there."""
        result = self._pg.exec_(how + b"; " + asked)
        if result.status == pq.ExecStatus.TUPLES_OK and result.ntuples:
            return {
                str(result.fname(n), "ascii"): result.get_value(0, n)
                for n in range(result.nfields)
            }  # fmt: skip
        try:
            _sound(self._pg, result)
        except errors.UndefinedTable:
            say(self._pg, b"ROLLBACK")
            say(self._pg, how)
        return None

    def forget(self) -> None:
        """Nothing is prepared any more, as far as is known. No name is ever given twice."""
        self._names.clear()
        self._used.clear()

    def _run(self, sql: bytes, values: Sequence[Any]) -> Any:
        if self._pg.transaction_status == _IDLE and not self._raw.autocommit:
            say(self._pg, b"BEGIN")
        given = self._transformer
        params = given.dump_sequence(values, [PyFormat.AUTO] * len(values))
        key = (sql, (given.types or ()) if values else ())
        name = self._names.get(key) or self._prepared(key)
        if name:
            return self._again(self._pg.exec_prepared(name, params, given.formats))
        return _sound(self._pg, self._pg.exec_params(sql, params, key[1], given.formats))

    def _again(self, result: Any) -> Any:
        try:
            return _sound(self._pg, result)
        except errors.InvalidSqlStatementName:
            self.forget()
            raise

    def _prepared(self, key: _Key) -> bytes | None:
        """The name under which a statement is known from now on, once it was asked often."""
        after = self._raw.prepare_threshold
        if after is None or len(self._names) >= MOST_PREPARED:
            return None
        if len(self._used) > MOST_COUNTED:
            self._used.clear()
        used = self._used[key] = self._used.get(key, 0) + 1
        if used <= after:
            return None
        self._made += 1
        name = b"xh%d" % self._made
        _sound(self._pg, self._pg.prepare(name, *key))
        self._names[key] = name
        return name


def say(pg: Any, text: bytes) -> None:
    """A statement that has neither values nor rows, on libpq's connection."""
    _sound(pg, pg.exec_(text))


def commit(raw: Any) -> None:
    """End what is under way on psycopg's connection, if anything is."""
    if raw.pgconn.transaction_status != _IDLE:
        say(raw.pgconn, b"COMMIT")


def rollback(raw: Any) -> None:
    """Take back what is under way. What is prepared outlives it, on the server and here."""
    status = raw.pgconn.transaction_status
    if status in _OPEN:
        say(raw.pgconn, b"ROLLBACK")
    elif status != _IDLE:  # in the middle of something: psycopg knows what to do
        raw.rollback()


def _sound(pg: Any, result: Any) -> Any:
    if result.status in _DONE:
        return result
    raise _error(pg, result)


def _error(pg: Any, result: Any) -> Any:
    error = errors.error_from_result(result)
    if error.sqlstate is None and pg.status == pq.ConnStatus.BAD:
        return OperationalError(str(error))
    return error


def wire_of(conn: Connection) -> Wire:
    """The wire of a connection to PostgreSQL."""
    found: Wire | None = conn.info.get(WIRE)
    if found is None:
        found = conn.info[WIRE] = Wire(conn.connection.dbapi_connection)
    return found


def forget(conn: Connection) -> None:
    """To be called after a DROP or ALTER on a connection that goes on asking through its wire."""
    if conn.dialect.name == "postgresql":
        wire_of(conn).forget()
