"""What is in force (`engine_head`): the one small row that every transaction asks for.

On PostgreSQL a transaction begins with it, in the same round trip (`models.beginning`). It counts
once: who has changed something of it, or has waited for a lock, forgets it and asks again.
"""

from __future__ import annotations

from sqlalchemy import select

from models import tables
from models.beginning import HEAD
from models.db import Session
from models.statements import Statement

_HEAD = Statement(select(tables.engine_head))


def read_head(s: Session) -> dict[str, int] | None:
    """Numbers of the editions in force by name; None in a database that holds no policy yet."""
    begun = s.conn.info.pop(HEAD, None) if s.dialect == "postgresql" else None
    if begun is not None:
        return {column.name: int(begun[column.name]) for column in tables.engine_head.columns}
    return _HEAD.first(s, {})


def forget_head(s: Session) -> None:
    """Let the next look at what is in force ask the database."""
    s.conn.info.pop(HEAD, None)
    s.memo.pop("context", None)
