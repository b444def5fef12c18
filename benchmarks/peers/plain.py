"""A connection of the bare driver to either database, with durable commits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

NOTES = (
    "CREATE TABLE history (id {key}, issue_id BIGINT, step TEXT, actor TEXT, at TEXT)",
    "CREATE TABLE notice (id {key}, issue_id BIGINT, recipient TEXT, text TEXT, at TEXT)",
)
_HISTORY = "INSERT INTO history (issue_id, step, actor, at) VALUES (?, ?, ?, ?)"
_NOTICE = "INSERT INTO notice (issue_id, recipient, text, at) VALUES (?, ?, ?, ?)"


class Plain:
    """A database with these tables and those of the history and the notices."""

    def __init__(self, database: dict[str, Any], *tables: str) -> None:
        self.sqlite = database["kind"] == "sqlite"
        self.conn: Any = _sqlite(database["path"]) if self.sqlite else _postgresql(database)
        identity = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
        key = "INTEGER PRIMARY KEY" if self.sqlite else identity
        with self.transaction():
            for table in (*tables, *NOTES):
                self.conn.execute(table.format(key=key))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Committed when the block ends; the lock of SQLite is taken at once."""
        if self.sqlite:
            self.conn.execute("BEGIN IMMEDIATE")
        yield
        self.conn.commit()

    def run(self, sql: str, *values: Any) -> Any:
        """A statement with `?`, as either driver takes it."""
        return self.conn.execute(sql if self.sqlite else sql.replace("?", "%s"), values)

    def note(self, issue: int, step: str, notice: dict[str, str]) -> None:
        """A row of the history and a notice."""
        at = datetime.now(UTC).isoformat()
        self.run(_HISTORY, issue, step, "liaison", at)
        self.run(_NOTICE, issue, notice["recipient"], notice["text"], at)


def _sqlite(path: str) -> Any:
    conn = sqlite3.connect(path, isolation_level=None, timeout=30)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        conn.execute(f"PRAGMA {pragma}")
    return conn


def _postgresql(database: dict[str, Any]) -> Any:
    import psycopg

    return psycopg.connect(host=database["host"], user=database["user"], dbname=database["name"])
