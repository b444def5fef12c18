"""The notices of a person as the portal shows them, and which of them have been read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, select, update

from models import tables
from models.db import Session
from notifications.channels import INAPP

_N = tables.notice.c


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A notice as its recipient sees it in the portal; render it with `render_notice`."""

    id: int
    kind: str
    language: str
    facts: dict[str, Any]
    urgent: bool
    issue_id: int | None
    task_id: int | None
    created_at: datetime
    read_at: datetime | None


def inbox(
    s: Session, person_id: int, limit: int = 50, before_id: int | None = None
) -> list[InboxItem]:
    """A person's notices, newest first; `before_id` is the last id of the page before."""
    query = (
        select(
            _N.id,
            _N.kind,
            _N.language,
            _N.facts,
            _N.urgent,
            _N.issue_id,
            _N.task_id,
            _N.created_at,
            _N.read_at,
        )
        .where(_N.recipient_id == person_id, _N.channel == INAPP)
        .order_by(_N.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(_N.id < before_id)
    return [InboxItem(*tuple(row)) for row in s.execute(query)]


def unread(s: Session, person_id: int, most: int | None = None) -> int:
    """How many notices the person has not read; with `most` no more than so many are counted."""
    # the channel stands in the text of the query, as it does in that of the index
    own = literal(INAPP, literal_execute=True)
    one = select(_N.id).where(_N.recipient_id == person_id, _N.channel == own, _N.read_at.is_(None))
    counted = one.limit(most).subquery()
    return int(s.execute(select(func.count()).select_from(counted)).scalar_one())


def mark_read(s: Session, person_id: int, notice_ids: Sequence[int], now: datetime) -> int:
    """Mark the person's own notices as read; returns how many were not so before."""
    change = (
        update(tables.notice)
        .where(_N.id.in_(notice_ids), _N.recipient_id == person_id)
        .where(_N.channel == INAPP, _N.read_at.is_(None))
        .values(read_at=now)
    )
    return s.execute(change).rowcount
