"""Every row of every table, in the order of their keys: to be compared before and after."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Database, Session

Dump = dict[str, list[tuple[Any, ...]]]
"""Rows by table."""
_ALL = {
    table.name: select(table).order_by(*table.primary_key.columns)
    for table in tables.metadata.sorted_tables
}
_TEXTS: dict[str, dict[str, str]] = {}


def dump(db: Database) -> Dump:
    """Values as the program reads them."""
    with db.read() as s:
        return {name: [tuple(row) for row in s.execute(query)] for name, query in _ALL.items()}


def raw_dump(db: Database) -> Dump:
    """Values as the driver gives them, which is quicker and tells more apart."""
    with db.read() as s:
        texts = _TEXTS.get(s.dialect) or _TEXTS.setdefault(s.dialect, _written(s))
        return {name: [tuple(row) for row in s.query(sql, ())] for name, sql in texts.items()}


def _written(s: Session) -> dict[str, str]:
    return {name: str(query.compile(dialect=s.conn.dialect)) for name, query in _ALL.items()}
