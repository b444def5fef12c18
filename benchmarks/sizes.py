"""Rows and bytes of the tables of a database, indexes apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text

from models import tables
from models.db import Database, Session


@dataclass(slots=True)
class Size:
    """Rows and bytes of a table, and of its indexes."""

    rows: int = 0
    data: int = 0
    indexes: int = 0


def sizes_of(db: Database) -> dict[str, Size]:
    """Every table by name."""
    every = [table.name for table in tables.metadata.sorted_tables]
    if db.engine.dialect.name == "sqlite":
        return _sqlite_sizes(db, every)
    with db.read() as s:
        return {name: _postgresql_size(s, name) for name in every}


def _postgresql_size(s: Session, name: str) -> Size:
    asked = text("SELECT pg_table_size(:name), pg_indexes_size(:name)")
    row: Any = s.execute(asked, {"name": f'"{name}"'}).one()
    return Size(_rows(s, name), row[0], row[1])


def _sqlite_sizes(db: Database, every: list[str]) -> dict[str, Size]:
    with db.read() as s:
        kinds = {
            row.name: (row.type, row.tbl_name)
            for row in s.execute(text("SELECT name, type, tbl_name FROM sqlite_master"))
        }
        found = {name: Size(_rows(s, name)) for name in every}
        pages = text("SELECT name, SUM(pgsize) AS bytes FROM dbstat GROUP BY name")
        for row in s.execute(pages):
            kind, table = kinds.get(row.name, ("", ""))
            if table in found:
                size = found[table]
                size.data += row.bytes if kind == "table" else 0
                size.indexes += row.bytes if kind == "index" else 0
    return found


def _rows(s: Session, name: str) -> int:
    table = tables.metadata.tables[name]
    return int(s.execute(select(func.count()).select_from(table)).scalar_one())
