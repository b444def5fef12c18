"""Rows written in bulk: many tables at once, in the order of their foreign keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import insert

from models import tables
from models.db import Session
from models.statements import Statement


@dataclass(slots=True)
class Rows:
    """Rows of a chunk by table, in the order of their foreign keys."""

    by_table: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, **values: Any) -> dict[str, Any]:
        """Add a row; what is not given has the default of its column."""
        row = _defaults(table) | values
        self.by_table.setdefault(table, []).append(row)
        return row

    def write(self, s: Session) -> None:
        """Write them all."""
        for table in _WRITTEN:
            if rows := self.by_table.get(table):
                _insertion(table).run(s, rows)


_WRITTEN = (
    "issue", "task", "co_unit", "deadline_version", "request", "evidence", "event",
    "prepared_action", "lookback", "notice",
)  # fmt: skip
NUMBERED = ("issue", "task")
"""Tables whose rows are given their ids."""


@lru_cache
def _insertion(table: str) -> Statement:
    return Statement(insert(tables.metadata.tables[table]).inline(), list(_defaults(table)))


@lru_cache
def _defaults(table: str) -> dict[str, Any]:
    columns = tables.metadata.tables[table].columns
    return {c.name: _default(c) for c in columns if c.name != "id" or table in NUMBERED}


def _default(column: Any) -> Any:
    if column.default is not None and not callable(column.default.arg):
        return column.default.arg
    return {} if column.name in ("data", "changes", "facts", "derivation") else None
