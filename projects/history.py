"""The history of the project side: every act is an event, hash-chained by subject.

A subject's stream is `project:ID`, `meeting:ID`, `inspection:ID` ... The audit walks these chains
as it walks those of issues; the database refuses to change or delete a row of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow import system_events


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a subject. `actor_id` None: the machine."""

    seq: int
    tag: str
    actor_id: int | None
    at: datetime
    data: dict[str, Any]


def note(
    s: Session,
    subject: str,
    tag: str,
    data: dict[str, Any],
    actor: PersonInfo | None,
    now: datetime,
) -> int:
    """Append what was done to a subject's chain; dates and decimals become texts."""
    return system_events.append(s, tag, plain(data), actor, now, stream=subject)


def changes(before: Any, after: dict[str, Any]) -> dict[str, list[Any]]:
    """`{column: [old, new]}` of the columns that differ from a row, for an event's data."""
    return {
        name: [plain(getattr(before, name)), plain(value)]
        for name, value in after.items()
        if getattr(before, name) != value
    }


def plain(value: Any) -> Any:
    """The value as JSON has it; a decimal keeps its digits as a text."""
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value


def read(s: Session, subject: str, *, limit: int = 200) -> list[Entry]:
    """The newest events of a subject, newest first."""
    event = tables.event.c
    rows = s.execute(
        select(event.seq, event.tag, event.actor_id, event.at, event.data)
        .where(event.stream == subject)
        .order_by(event.seq.desc())
        .limit(limit)
    )
    return [Entry(row.seq, row.tag, row.actor_id, row.at, row.data) for row in rows]
