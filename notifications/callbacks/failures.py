"""What no platform took: listed, and given all its tries again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from models import tables
from models.db import Session

_C, _S, _I = tables.callback.c, tables.source_system.c, tables.issue.c


@dataclass(frozen=True, slots=True)
class Failure:
    """A call-back that nobody took, and why."""

    id: int
    event_id: str
    source: str
    issue: str
    attempts: int
    reason: str
    created_at: datetime


def failed(s: Session, limit: int = 200) -> list[Failure]:
    """The newest `limit` that failed for good, oldest first."""
    chosen = (
        select(
            _C.id,
            _C.event_id,
            _S.code,
            _I.number,
            _C.attempts,
            _C.last_error,
            _C.created_at,
        )
        .join(tables.source_system, _S.id == _C.source_id)
        .join(tables.issue, _I.id == _C.issue_id)
        .where(_C.state == "failed")
        .order_by(_C.id.desc())
        .limit(limit)
    )
    return [Failure(*tuple(row)) for row in s.execute(chosen)][::-1]


def retry(s: Session, ids: Sequence[int], now: datetime) -> int:
    """Give failed call-backs all their tries again; returns how many. Others are left alone."""
    change = (
        update(tables.callback)
        .where(_C.id.in_(list(ids)), _C.state == "failed")
        .values(state="pending", attempts=0, next_attempt_at=now, last_error="")
    )
    return int(s.execute(change).rowcount)
