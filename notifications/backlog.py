"""What has not left yet and why: notices before their window, messages that are tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal_column, select

from models import tables
from models.db import Session
from notifications.channels import INAPP

_N, _D = tables.notice.c, tables.delivery.c
_RETRY = (
    _D.id, _D.recipient_id, _D.channel, _D.attempts, _D.next_attempt_at, _D.last_error,
    _D.created_at,
)  # fmt: skip
"""The fields of `Retry`."""
_PENDING: ColumnElement[bool] = literal_column("state = 'pending'")


@dataclass(frozen=True, slots=True)
class Backlog:
    """Notices that wait, how many of them are due, the others by when they may leave."""

    waiting: int
    due: int
    windows: tuple[tuple[datetime, int], ...]
    last_sent: datetime | None
    """When a message was last taken by a channel; None if none ever was."""


def backlog(s: Session, now: datetime) -> Backlog:
    """What waits at `now`, and when something was sent last."""
    query = select(_N.not_before, func.count()).where(_PENDING)
    rows = [tuple(r) for r in s.execute(query.group_by(_N.not_before).order_by(_N.not_before))]
    due = sum(n for moment, n in rows if moment <= now)
    ahead = tuple((moment, n) for moment, n in rows if moment > now)
    last = s.execute(select(func.max(_D.sent_at))).scalar_one()
    return Backlog(due + sum(n for _moment, n in ahead), due, ahead, last)


@dataclass(frozen=True, slots=True)
class Retry:
    """A message whose last try failed and that is tried again at `next_at`."""

    id: int
    recipient_id: int
    channel: str
    attempts: int
    next_at: datetime
    reason: str
    created_at: datetime


def retrying(s: Session, limit: int = 200) -> list[Retry]:
    """The messages that failed at least once and have not been given up, soonest first."""
    query = (
        select(*_RETRY)
        .where(literal_column("state IN ('pending', 'leased')"), _D.last_error != "")
        .order_by(_D.next_attempt_at, _D.id)
        .limit(limit)
    )
    return [Retry(*tuple(row)) for row in s.execute(query)]


def faults_since_success(s: Session) -> dict[str, str]:
    """By channel the reason of its newest message under retry, unless a later one was taken."""
    sent = select(_D.channel, func.max(_D.sent_at)).group_by(_D.channel)
    last: dict[str, datetime | None] = dict(map(tuple, s.execute(sent)))
    found: dict[str, str] = {}
    for one in sorted(retrying(s), key=lambda r: r.created_at, reverse=True):
        success = last.get(one.channel)
        if success is None or success < one.created_at:
            found.setdefault(one.channel, one.reason)
    return found


def leaves_at(s: Session, issue_id: int, kind: str) -> datetime | None:
    """When the newest notice of a kind about an issue may leave the portal; None if it does not."""
    query = (
        select(_N.not_before)
        .where(_N.issue_id == issue_id, _N.kind == kind, _N.channel != INAPP)
        .order_by(_N.id.desc())
        .limit(1)
    )
    return s.execute(query).scalar_one_or_none()
