"""Signs of life of the background jobs, and what they put off."""

from __future__ import annotations

from datetime import datetime, timedelta

from models import tables
from models.db import Database
from models.statements import upsert

RETRY_AFTER = timedelta(hours=1)
AHEAD = timedelta(minutes=5)
"""What a sign of life may lie ahead by: machines differ. Any farther, and a clock was wrong."""


def beat(db: Database, job: str, worker: str, now: datetime) -> None:
    """Leave a sign of life."""
    with db.write() as s:
        upsert(s, tables.heartbeat, {"job": job}, worker=worker, at=now)


def defer(db: Database, subject: str, now: datetime, error: Exception) -> None:
    """Put a subject that raised off for an hour; it is counted and shown until it succeeds."""
    table = tables.deferral
    values = {
        "error": f"{type(error).__name__}: {error}"[:500],
        "at": now,
        "retry_at": now + RETRY_AFTER,
    }
    with db.write() as s:
        upsert(s, table, {"subject": subject}, attempts=table.c.attempts + 1, **values)
