"""Who sends a call-back when: leases, their marks, and what a platform in trouble is spared.

The next news of an issue waits until the former is sent or failed, so a platform never sees an
issue go backwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from models import tables
from models.db import Session
from notifications.leasing import FIRST_WAIT, backoff, close_lease, lease_statement

_CALLBACK, _C, _S = tables.callback, tables.callback.c, tables.source_system.c
_LEASE = lease_statement(
    _CALLBACK, ("issue_id",), "id", "event_id", "source_id", "attempts", "body"
)
_SOURCE = select(_S.callback_url, _S.secret_name, _S.active).where(_S.id == bindparam("source"))


@dataclass(frozen=True, slots=True)
class Leased:
    """A call-back that a worker may send, and where the platform wants it now."""

    id: int
    event_id: str
    source_id: int
    attempts: int
    worker: str
    body: dict[str, Any]
    url: str
    secret_name: str
    active: bool


def lease(s: Session, worker: str, now: datetime, lease_seconds: float) -> Leased | None:
    """Take the call-back that has been due longest, or None; the attempt is counted here."""
    until = now + timedelta(seconds=lease_seconds)
    row = s.execute(_LEASE, {"worker": worker, "now": now, "until": until}).one_or_none()
    if row is None:
        return None
    source = s.execute(_SOURCE, {"source": row.source_id}).one()
    return Leased(
        row.id,
        row.event_id,
        row.source_id,
        row.attempts,
        worker,
        row.body,
        source.callback_url,
        source.secret_name,
        source.active,
    )


def mark_sent(s: Session, leased: Leased, now: datetime) -> bool:
    """The platform took it; False if the lease had passed to somebody else."""
    return close_lease(s, _CALLBACK, leased, state="sent", sent_at=now, last_error="")


def mark_failed(s: Session, leased: Leased, reason: str) -> bool:
    """It will never work; False if the lease had passed to somebody else."""
    return close_lease(s, _CALLBACK, leased, state="failed", last_error=reason[:500])


def mark_temporary(
    s: Session, leased: Leased, now: datetime, reason: str, most: int, wait: timedelta | None
) -> str:
    """It may work later: "retried", or "failed" after try number `most`, or "lost".

    `wait` is what the platform asked for (Retry-After); it is never undercut.
    """
    if leased.attempts >= most:
        return "failed" if mark_failed(s, leased, reason) else "lost"
    again = now + max(backoff(leased.id, leased.attempts), wait or timedelta(0))
    kept = close_lease(
        s, _CALLBACK, leased, state="pending", next_attempt_at=again, last_error=reason[:500]
    )
    return "retried" if kept else "lost"


def spare(s: Session, leased: Leased, now: datetime, wait: timedelta | None) -> None:
    """Let the other news for the platform wait, too: each would only run into the same trouble.

    They wait less than the one that ran into it, so that it is not always the first to try.
    """
    until = now + (wait or FIRST_WAIT / 2)
    others = (
        select(_C.id)
        .where(_C.source_id == leased.source_id, _C.state == "pending", _C.id != leased.id)
        .where(_C.next_attempt_at < until)
        .with_for_update(skip_locked=True)  # two workers at it must not wait for each other
    )
    s.execute(update(_CALLBACK).where(_C.id.in_(others)).values(next_attempt_at=until))
