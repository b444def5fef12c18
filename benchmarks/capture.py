"""Record the writes of a piece of work, and repeat them with the bare driver.

What is repeated are the very INSERT and UPDATE statements that the engine sent, transaction by
transaction, with keys replaced: the same rows in the same number of durable commits, and nothing
else (no reads, no rules, no rendering). That is the "bare SQL" every ratio here is taken against.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, event

from models import writes
from models.db import Session
from models.wire import Wire

_WRITES = re.compile(r"\s*(INSERT|UPDATE)", re.IGNORECASE)
_INSERT = re.compile(r"INSERT INTO (\w+) \(([^)]*)\)", re.IGNORECASE)
_UPDATE = re.compile(r"UPDATE (\w+) SET (.*)", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"\$\d+")
_PAIR = re.compile(r"(\w+)\s*=\s*(?:\?|%s|%\((\w+)\)s)")


@dataclass(slots=True)
class Write:
    """One statement as it went to the driver, with its rows and the name of each value.

    `at_once`: the statement takes all its rows together.
    """

    sql: str
    table: str
    names: list[str]
    rows: list[Any]
    returns_id: bool
    at_once: bool = False


@dataclass(slots=True)
class Recording:
    """Transactions in order, each a list of writes."""

    transactions: list[list[Write]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows are written in all."""
        return sum(len(w.rows) for t in self.transactions for w in t)


@contextmanager
def recording(engine: Engine) -> Iterator[Recording]:
    """Record every writing statement that the engine sends while the block runs."""
    found, current = Recording(), []

    def wrote(sql: str, rows: list[Any]) -> None:
        if _WRITES.match(sql):
            current.append(_write(sql, rows))

    def sent(_c: Any, _cur: Any, sql: str, parameters: Any, _ctx: Any, many: bool) -> None:
        wrote(sql, list(parameters) if many else [parameters])

    def committed(_conn: Any) -> None:
        if current:
            found.transactions.append(list(current))
            current.clear()

    def over_wire(plain: Callable[..., Any]) -> Callable[..., Any]:
        def told(wire: Wire, sql: bytes, values: Any) -> Any:
            wrote(_marked(sql), [values])
            return plain(wire, sql, values)

        return told

    plain = Session.cursor
    event.listen(engine, "before_cursor_execute", sent)
    event.listen(engine, "commit", committed)
    try:
        with (
            patch.object(writes, "FEW", 0),  # one by one, as a plain program would send them
            patch.object(Session, "cursor", lambda s: _Cursor(plain(s), wrote)),
            patch.object(Wire, "query", over_wire(Wire.query)),
            patch.object(Wire, "send", over_wire(Wire.send)),
        ):
            yield found
    finally:
        event.remove(engine, "before_cursor_execute", sent)
        event.remove(engine, "commit", committed)


class _Cursor:
    """A driver's cursor that tells what is sent through it."""

    def __init__(self, cursor: Any, wrote: Callable[[str, list[Any]], None]) -> None:
        self._cursor, self._wrote = cursor, wrote

    def execute(self, sql: str | bytes, values: Any) -> Any:
        self._wrote(_marked(sql), [values])
        return self._cursor.execute(sql, values)

    def executemany(self, sql: str | bytes, rows: list[Any]) -> Any:
        self._wrote(_marked(sql), rows)
        return self._cursor.executemany(sql, rows)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def _marked(sql: str | bytes) -> str:
    """A text as an ordinary cursor takes it: see `models.db.numbered`."""
    return sql if isinstance(sql, str) else _NUMBER.sub("%s", sql.decode())


def _write(sql: str, rows: list[Any]) -> Write:
    insert = _INSERT.match(sql.strip())
    if insert:
        names = [name.strip() for name in insert.group(2).split(",")]
        at_once = len(rows) == 1 and not isinstance(rows[0], dict) and len(rows[0]) > len(names)
        if at_once:
            rows = [rows[0][n : n + len(names)] for n in range(0, len(rows[0]), len(names))]
        return Write(sql, insert.group(1), names, rows, "RETURNING" in sql.upper(), at_once)
    update = _UPDATE.match(sql.strip())
    assert update is not None, sql
    names = [match.group(2) or match.group(1) for match in _PAIR.finditer(update.group(2))]
    return Write(sql, update.group(1), names, rows, False)


Change = Callable[[str, str, Any], Any]


def repeat(cursor: Any, write: Write, change: Change) -> int | None:
    """Send one write again, each value passed through `change(table, name, value)`.

    Returns the new row's id where the statement gives one.
    """
    rows = [changed(write, row, change) for row in write.rows]
    if write.at_once:
        rows = [tuple(value for row in rows for value in row)]
    if len(rows) > 1:
        cursor.executemany(write.sql, rows)
        return None
    cursor.execute(write.sql, rows[0])
    if write.returns_id:
        return int(cursor.fetchone()[0])
    return getattr(cursor, "lastrowid", None)


def changed(write: Write, row: Any, change: Change) -> Any:
    """A row's values with their replacements."""
    if isinstance(row, dict):
        return {key: change(write.table, _plain(key), value) for key, value in row.items()}
    return tuple(
        change(write.table, name, value) for name, value in zip(write.names, row, strict=False)
    )


def _plain(key: str) -> str:
    return re.sub(r"__\d+$", "", key)
