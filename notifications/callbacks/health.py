"""Whether the news to the platforms moves, for the watchdog and the metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, literal_column, select

from models import tables
from models.db import Session

_C = tables.callback.c


@dataclass(frozen=True, slots=True)
class CallbackAge:
    """How many wait, and how long the oldest has waited since it was written (None: none)."""

    count: int
    oldest: timedelta | None


def callback_age(s: Session, now: datetime) -> CallbackAge:
    """Count what is not sent yet, whatever it waits for."""
    chosen = select(func.count().label("n"), func.min(_C.created_at).label("since")).where(
        literal_column("state IN ('pending', 'leased')")
    )
    row = s.execute(chosen).one()
    return CallbackAge(row.n, now - row.since if row.since is not None else None)
