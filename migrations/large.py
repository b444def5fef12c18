"""Indexes on tables that may hold millions of rows.

A revision names them in its `LARGE_INDEXES`, and its `upgrade` calls `create()` of each:

    LARGE_INDEXES = (LargeIndex("ix_event_actor", "event", ("actor_id", "id")),)

    def upgrade() -> None:
        for index in LARGE_INDEXES:
            index.create()

On PostgreSQL `xiaohao db upgrade` has built them before that, with CREATE INDEX CONCURRENTLY,
which cannot run inside of a transaction; then `create()` finds them there. A new database and
SQLite, where nobody else writes meanwhile, get them from `create()` itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from alembic import op


@dataclass(frozen=True, slots=True)
class LargeIndex:
    """An index by its columns, and by its condition where it is a partial one."""

    name: str
    table: str
    columns: tuple[str, ...]
    where: str = ""

    def definition(self) -> str:
        """What stands after CREATE INDEX."""
        columns = ", ".join(f'"{column}"' for column in self.columns)
        condition = f" WHERE {self.where}" if self.where else ""
        return f'"{self.name}" ON "{self.table}" ({columns}){condition}'

    def create(self) -> None:
        """Make it, unless it is there."""
        where = sa.text(self.where) if self.where else None
        op.create_index(
            self.name, self.table, list(self.columns), if_not_exists=True,
            sqlite_where=where, postgresql_where=where,
        )  # fmt: skip

    def drop(self) -> None:
        """Take it away."""
        op.drop_index(self.name, self.table)
