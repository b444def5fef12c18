"""The files of the store that rows name by the hash of their content (evidence, photos, ...)."""

from __future__ import annotations

from sqlalchemy import Column, select, union

from models import tables
from models.db import Session

ENDING = "sha256"
KEPT_IN_ROWS = frozenset({"document_template"})
"""Tables with a hash whose content stands in the row itself."""


def columns() -> list[Column[str]]:
    """Every column that names a stored file. A new table's is found by the end of its name."""
    return [
        column
        for table in tables.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith(ENDING) and table.name not in KEPT_IN_ROWS
    ]


def named_files(s: Session) -> list[str]:
    """The hashes of every stored file that a row names, each once, in order."""
    chosen = union(*(select(column).where(column.is_not(None)) for column in columns()))
    return sorted(str(row[0]) for row in s.execute(chosen) if row[0])
