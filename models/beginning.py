"""How a transaction begins: SQLAlchemy asks the dialect, and here is what it is told.

The usual way, a listener for a connection's `begin`, costs more than all the rest of an empty
transaction: whoever listens to connections makes SQLAlchemy look for listeners at every step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, RootTransaction, event

from models.turns import turns_of

READ, WRITE, HURRY, LOOK = "read", "write", "hurry", "look"
HEAD = "xiaohao_head"
"""Where the row that a transaction on PostgreSQL began with is left (`Connection.info`)."""
WIRE = "xiaohao_wire"
"""Where a connection's short way is kept (`models.wire`)."""
_HOW = {
    READ: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    WRITE: "BEGIN",
    HURRY: "BEGIN",
}
_THEN = {HURRY: "SET LOCAL lock_timeout = '1ms'"}
_ASKED = b"SELECT * FROM engine_head"
_MODE = "xiaohao_mode"
_HELD = "xiaohao_turn"


def meant(conn: Connection, mode: str) -> None:
    """Say what the next transaction on this connection is for: `READ`; `LOOK`, of which nothing
    is kept; `WRITE`, or `HURRY` for a writing one that waits for nobody. What nothing is said of
    may write, too."""
    conn.info[_MODE] = mode


def of(conn: Connection, mode: str) -> RootTransaction:
    """A transaction that begins at once, for what it is said to be."""
    meant(conn, mode)
    return conn.begin()


def intended(held: Any) -> str | None:
    """What the transaction that begins is for, where it was said."""
    found: str | None = held.info.get(_MODE)
    return found


def teach(engine: Engine, **ways: Callable[..., None]) -> None:
    """Let an engine's dialect do these things in its own way."""
    for name, way in ways.items():
        setattr(engine.dialect, name, way)


def begin_sqlite(engine: Engine, database: str | None, busy_ms: int) -> None:
    """Let writing transactions take the file's lock at once (`BEGIN IMMEDIATE`), and queue up for
    it (`models.turns`) for as long as SQLite itself would wait."""
    turns = turns_of(database) if database and database != ":memory:" else None

    def begin(held: Any) -> None:
        mode = held.info.pop(_MODE, WRITE)
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

    teach(engine, do_begin=begin)
    event.listen(engine, "checkin", end)


def _begin_at_once(raw: Any, busy_ms: int) -> None:
    """Take the lock now or not at all; whoever has the connection next waits as usual."""
    raw.execute("PRAGMA busy_timeout=0")
    try:
        raw.execute("BEGIN IMMEDIATE")
    finally:
        raw.execute(f"PRAGMA busy_timeout={busy_ms}")


def begin_postgresql(engine: Engine, locally: str, only_where: str) -> None:
    """Let transactions that say what they are for begin in one round trip: with BEGIN, with the
    statement `locally` on connections marked with `only_where`, and with what is in force (see
    `models.heads`). Others are left to psycopg, which begins with their first statement."""
    from models.wire import back_to  # with psycopg, which who works on SQLite need not load

    def begin(held: Any) -> None:
        own = locally if held.info.get(only_where) else ""
        mode = held.info.pop(_MODE, None)
        held.info.pop(HEAD, None)
        if held.dbapi_connection.autocommit:  # objects are dropped that way: see `models.wire`
            held.info[WIRE].drop_prepared()
        elif mode in _HOW:
            how = "; ".join(part for part in (_HOW[mode], own, _THEN.get(mode)) if part)
            held.info[HEAD] = held.info[WIRE].begin(how.encode(), _ASKED)
        elif own:
            held.dbapi_connection.execute(own)

    def commit(held: Any) -> None:
        held.info[WIRE].commit()

    def rollback(held: Any) -> None:
        try:
            held.info[WIRE].rollback()
        except NotImplementedError:  # SQLAlchemy's first look at a server keeps no notes
            held.dbapi_connection.rollback()

    teach(
        engine, do_begin=begin, do_commit=commit, do_rollback=rollback,
        do_rollback_to_savepoint=back_to,
    )  # fmt: skip
