"""How a transaction begins: SQLAlchemy asks the dialect, and here is what it is told.

The usual way, a listener for a connection's `begin`, costs more than all the rest of an empty
transaction: whoever listens to connections makes SQLAlchemy look for listeners at every step.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event

from models.turns import turns_of

READ, WRITE, HURRY = "read", "write", "hurry"
_MODE = "xiaohao_mode"
_HELD = "xiaohao_turn"


def meant(conn: Connection, mode: str) -> None:
    """Say what the next transaction on this connection is for: `READ`, or `HURRY` for a writing
    one that waits for nobody. What nothing is said of may write."""
    conn.info[_MODE] = mode


def meaning(held: Any) -> str:
    """What the transaction that begins is for; asked once."""
    return str(held.info.pop(_MODE, WRITE))


def begin_sqlite(engine: Engine, database: str | None, busy_ms: int) -> None:
    """Let writing transactions take the file's lock at once (`BEGIN IMMEDIATE`), and queue up for
    it (`models.turns`) for as long as SQLite itself would wait."""
    turns = turns_of(database) if database and database != ":memory:" else None

    def begin(held: Any) -> None:
        mode = meaning(held)
        patience = 0.0 if mode == HURRY else busy_ms / 1000
        if turns is not None and mode != READ and turns.take(patience):
            held.info[_HELD] = True
        raw = held.dbapi_connection
        if mode == HURRY:
            _begin_at_once(raw, busy_ms)
        else:
            raw.execute("BEGIN" if mode == READ else "BEGIN IMMEDIATE")

    def end(_raw: Any, record: Any) -> None:
        if turns is not None and record.info.pop(_HELD, False):
            turns.give()

    engine.dialect.do_begin = begin  # type: ignore[assignment]
    event.listen(engine, "checkin", end)


def _begin_at_once(raw: Any, busy_ms: int) -> None:
    """Take the lock now or not at all; whoever has the connection next waits as usual."""
    raw.execute("PRAGMA busy_timeout=0")
    try:
        raw.execute("BEGIN IMMEDIATE")
    finally:
        raw.execute(f"PRAGMA busy_timeout={busy_ms}")


def begin_with(engine: Engine, statement: str, only_where: str) -> None:
    """Let transactions begin with a statement on connections that are marked with `only_where`."""

    def begin(held: Any) -> None:
        if held.info.get(only_where):
            held.dbapi_connection.execute(statement)

    engine.dialect.do_begin = begin  # type: ignore[assignment]
