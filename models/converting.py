"""How values go to a driver and come back, where a statement is sent without SQLAlchemy's help.

The same as the column types do, so that both roads store and return the same; moments, which
every row has several of, in one step instead of four.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect
from sqlmodel import UTCDateTime

Convert = Callable[[Any], Any]

dumps = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
"""One spelling for structured values, as the engine writes them on either road."""


def binder(type_: Any, dialect: Dialect) -> Convert | None:
    """How a column's value is given to the driver; None: as it is."""
    if isinstance(type_, UTCDateTime):
        return as_text if dialect.name == "sqlite" else as_utc
    found: Convert | None = type_.dialect_impl(dialect).bind_processor(dialect)
    return found


def reader(type_: Any, dialect: Dialect) -> Convert | None:
    """How a driver's value, if there is one, is turned back into the column's."""
    if isinstance(type_, UTCDateTime):
        return from_text if dialect.name == "sqlite" else as_utc
    found: Convert | None = type_.dialect_impl(dialect).result_processor(dialect, None)
    return found


def as_utc(moment: datetime | None) -> datetime | None:
    """A moment in UTC. Raises ValueError for one without a zone."""
    if moment is None:
        return None
    if moment.utcoffset() is None:
        raise ValueError(f"{moment} has no timezone")
    return moment.astimezone(UTC)


@lru_cache(maxsize=1024)
def as_text(moment: datetime | None) -> str | None:
    """A moment as SQLite keeps it: in UTC, without saying so."""
    if moment is None:
        return None
    if moment.utcoffset() is None:
        raise ValueError(f"{moment} has no timezone")
    return moment.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def from_text(text: str) -> datetime:
    """A moment that SQLite has kept."""
    return datetime.fromisoformat(f"{text}+00:00")
