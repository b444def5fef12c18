"""What goes over a connection to PostgreSQL, as libpq itself tells it, whoever sent it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg import pq
from sqlalchemy import event

from models.db import Database

_ENDS = ("Query", "Sync")
"""Messages to the server which it answers: one round trip each."""


@contextmanager
def round_trips(db: Database, folder: Path) -> Iterator[list[str]]:
    """Watch every connection taken from the pool meanwhile; at the end, a message for each trip."""
    found: list[str] = []
    path = folder / "libpq.trace"
    with path.open("wb", buffering=0) as told:

        def begin(raw: Any, *_rest: Any) -> None:
            raw.pgconn.trace(told.fileno())
            raw.pgconn.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)

        def end(raw: Any, *_rest: Any) -> None:
            if raw is not None:
                raw.pgconn.untrace()

        event.listen(db.engine, "checkout", begin)
        event.listen(db.engine, "checkin", end)
        try:
            yield found
        finally:
            event.remove(db.engine, "checkout", begin)
            event.remove(db.engine, "checkin", end)
    found += _answered(path.read_text("utf-8", "replace"))


def _answered(trace: str) -> list[str]:
    lines = (line.split("\t") for line in trace.splitlines())
    sent = ("\t".join(parts[2:]) for parts in lines if parts[0] == "F" and len(parts) > 2)
    return [message for message in sent if message.startswith(_ENDS)]
