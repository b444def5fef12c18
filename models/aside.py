"""A database aside, in memory, with a few empty tables: to find out what would be written.

What is done here touches no file and nobody's rows. Whatever asks for a table that is not there, or
writes to one that was not named, is refused by the database itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import StaticPool, Table, create_engine

from models import tables
from models.converting import dumps
from models.db import Session

_WRITES = (sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE)
_BLANKS: dict[type, Any] = {int: 0, bool: 0, dict: "{}", list: "[]"}
Found = dict[str, list[dict[str, Any]]]


class Aside:
    """An empty database with `written` and `read` tables; only the first can be written to."""

    def __init__(self, written: Sequence[Table], read: Sequence[Table]) -> None:
        self._written = tuple(written)
        self._engine = create_engine("sqlite://", poolclass=StaticPool, json_serializer=dumps)
        made = [*written, *read]
        tables.metadata.create_all(self._engine, tables=made)
        self._conn = self._engine.connect()
        raw = self._raw()
        raw.isolation_level = None
        raw.set_authorizer(partial(_allowed, {table.name for table in written}))

    def start_at(self, table: Table, key: int) -> None:
        """Let the next row of a table have this id, and those behind it the following ones."""
        row = {c.name: None if c.nullable else _blank(c) for c in table.columns} | {"id": key - 1}
        marks = ", ".join("?" * len(row))
        self._raw().execute(
            f"INSERT INTO {table.name} ({', '.join(row)}) VALUES ({marks})", tuple(row.values())
        )

    @contextmanager
    def trial(self, memo: dict[str, Any]) -> Iterator[Session]:
        """A transaction that is taken back at its end."""
        raw = self._raw()
        raw.execute("BEGIN")
        try:
            yield Session(self._conn, memo)
        finally:
            raw.execute("ROLLBACK")

    def found(self, first: dict[str, int]) -> Found:
        """Raw rows of every written table in order, by column; from `first` ids on where given."""
        return {t.name: self._rows(t.name, first.get(t.name, 0)) for t in self._written}

    def _rows(self, name: str, first: int) -> list[dict[str, Any]]:
        cursor = self._raw().execute(f"SELECT * FROM {name} WHERE id >= ? ORDER BY id", (first,))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _raw(self) -> Any:
        return self._conn.connection.dbapi_connection

    def close(self) -> None:
        """Forget everything."""
        self._conn.close()
        self._engine.dispose()


def _blank(column: Any) -> Any:
    return _BLANKS.get(column.type.python_type, "")


def _allowed(written: set[str], action: int, table: str | None, *_more: Any) -> int:
    inner = table is None or table.startswith("sqlite_")
    denied = action in _WRITES and not inner and table not in written
    return sqlite3.SQLITE_DENY if denied else sqlite3.SQLITE_OK
