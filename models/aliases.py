"""Aliases of tables that are shared by all threads of a process.

SQLAlchemy works out the columns of an alias when they are first asked for. Two threads that ask at
once may get two sets of them, and a statement that mixes the sets cannot be compiled.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table
from sqlalchemy.sql.selectable import NamedFromClause


def shared_alias(table: Table, name: str | None = None) -> NamedFromClause[Any]:
    """An alias whose columns are worked out already."""
    made = table.alias(name)
    assert len(made.c) == len(table.c)
    return made
