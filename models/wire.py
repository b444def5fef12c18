"""The short way to PostgreSQL: one statement over libpq itself, one round trip.

psycopg's cursor hands every statement through a chain of generators, so that a wait can be
interrupted at any moment, and that costs more than the statements of a command themselves. They
are short and the server ends what takes too long, so they are waited for in libpq. Values go out
and come back through psycopg's own adapters; the two ways differ in nothing else.

What is asked often is prepared, under names of its own. psycopg throws away everything that is
prepared on a connection when it sees something taken back, dropped or altered there. So what is
taken back goes over the wire, and who drops or alters tells it (see `forget`).

Who sets no limit to a statement's time (`Limits.patient`) goes through psycopg's cursor after all,
and hears an interruption at once: see `Patient`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from psycopg import Error, OperationalError, RawCursor, errors, pq
from psycopg.adapt import PyFormat, Transformer
from sqlalchemy import Connection

from models.beginning import WIRE
from models.passing import known

MOST_PREPARED = 200
"""Statements that the server remembers for one connection; what was not asked longest goes."""
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
        self._names: OrderedDict[_Key, bytes] = OrderedDict()
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

    def commit(self) -> None:
        """End what is under way, if anything is. Raises where nothing was kept of it: somebody
        went on after one of its statements had failed."""
        if self._pg.transaction_status == _IDLE:
            return
        result = _sound(self._pg, self._pg.exec_(b"COMMIT"))
        if result.command_status != b"COMMIT":
            raise errors.InFailedSqlTransaction("the transaction had failed; nothing was kept")

    def rollback(self) -> None:
        """Take back what is under way. What is prepared outlives it, on the server and here, but
        for a transaction that failed: it may have failed for what was prepared."""
        status = self._pg.transaction_status
        if status == pq.TransactionStatus.INTRANS:
            say(self._pg, b"ROLLBACK")
        elif status != _IDLE:
            self._raw.rollback()  # psycopg forgets its own as well
            say(self._pg, b"DEALLOCATE ALL")
            self.forget()

    def drop_prepared(self) -> None:
        """Let the server forget what is prepared over this wire, and nothing else."""
        if self._names:
            say(self._pg, b"; ".join(b"DEALLOCATE " + name for name in self._names.values()))
        self.forget()

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
        name = self._names.get(key)
        if name is not None:
            self._names.move_to_end(key)
        if name or (name := self._prepared(key)):
            return self._again(self._pg.exec_prepared(name, params, given.formats))
        return _sound(self._pg, self._pg.exec_params(sql, params, key[1], given.formats))

    def _again(self, result: Any) -> Any:
        """The answer to a prepared statement. One that does not hold any more (26000: the server
        was told to forget it; 0A000: a column has another type now) is prepared anew next time."""
        try:
            return _sound(self._pg, result)
        except (errors.InvalidSqlStatementName, errors.FeatureNotSupported) as error:
            self.forget()
            raise errors.InvalidSqlStatementName(str(error)) from error

    def _prepared(self, key: _Key) -> bytes | None:
        """The name under which a statement is known from now on, once it was asked often."""
        after = self._raw.prepare_threshold
        if after is None:
            return None
        if len(self._used) > MOST_COUNTED:
            self._used.clear()
        used = self._used[key] = self._used.get(key, 0) + 1
        if used <= after:
            return None
        if len(self._names) >= MOST_PREPARED:
            say(self._pg, b"DEALLOCATE " + self._names.popitem(last=False)[1])
        self._made += 1
        name = b"xh%d" % self._made
        _sound(self._pg, self._pg.prepare(name, *key))
        self._names[key] = name
        return name


class Patient(Wire):
    """The wire of who has all the time: through psycopg's cursor."""

    __slots__ = ()

    def query(self, sql: bytes, values: Sequence[Any]) -> list[Any]:
        """As over any wire."""
        with RawCursor(self._raw) as cursor:
            return cursor.execute(sql, values).fetchall()

    def send(self, sql: bytes, values: Sequence[Any]) -> int:
        """As over any wire."""
        with RawCursor(self._raw) as cursor:
            return cursor.execute(sql, values).rowcount

    def commit(self) -> None:
        """As over any wire, but that an interruption is heard."""
        self._raw.commit()


def say(pg: Any, text: bytes) -> None:
    """A statement that has neither values nor rows, on libpq's connection."""
    _sound(pg, pg.exec_(text))


def back_to(conn: Connection, savepoint: str) -> None:
    """Take back what was done since a savepoint. Raises SQLAlchemy's errors."""
    text = f"ROLLBACK TO SAVEPOINT {savepoint}"  # SQLAlchemy counts them: sa_savepoint_1, ...
    raw: Any = conn.connection.dbapi_connection
    try:
        say(raw.pgconn, text.encode())
    except Error as error:
        raise known(conn, text, (), error) from error


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
    """The wire of a connection to PostgreSQL, which it has from its beginning."""
    found: Wire = conn.info[WIRE]
    return found


def forget(conn: Connection) -> None:
    """To be called after a DROP or ALTER on a connection that goes on asking through its wire."""
    if conn.dialect.name == "postgresql":
        wire_of(conn).forget()
