"""A glance: one statement that only reads, in one round trip."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from models.beginning import HEAD
from models.db import Database, Session
from models.engines import is_behind_pooler


@contextmanager
def glance(db: Database) -> Iterator[Session]:
    """For `Session.query` alone: nothing is begun or ended, each statement stands by itself.

    Behind a pooler it is a reading transaction like any other: that one sets its own limits.
    """
    with db.engine.connect() as conn:
        conn.info.pop(HEAD, None)  # an earlier transaction's
        pooled = is_behind_pooler(conn)
        if not pooled:
            with _by_itself(conn), Session(conn) as found:
                yield found
    if pooled:
        with db.read() as s:
            yield s


@contextmanager
def _by_itself(conn: Connection) -> Iterator[None]:
    """No BEGIN in front of a statement. On SQLite we say it ourselves, where it is wanted."""
    raw: Any = conn.connection.dbapi_connection
    if conn.dialect.name != "postgresql":
        yield
        return
    raw.autocommit = True
    try:
        yield
    finally:
        if not raw.closed:
            raw.autocommit = False
