"""Numbers inside the system, not of documents: DC-2026-001 (督查), PS-2026-001 (批示)."""

from __future__ import annotations

from sqlalchemy import text, update

from models import tables
from models.db import Session

_SERIES = tables.number_series
_FIRST = text(f"INSERT INTO {_SERIES.name} (name, last) VALUES (:name, 0) ON CONFLICT DO NOTHING")


def next_number(s: Session, word: str, year: int) -> str:
    """The next number of a word and a year; its series is locked until the transaction ends."""
    name = f"{word}:{year}"
    s.execute(_FIRST, {"name": name})
    moved = update(_SERIES).where(_SERIES.c.name == name).values(last=_SERIES.c.last + 1)
    n = int(s.execute(moved.returning(_SERIES.c.last)).scalar_one())
    return f"{word}-{year}-{n:03d}"
