"""Whether the outbox moves, for the watchdog."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, literal_column, select

from models import tables
from models.db import Session

_N, _D = tables.notice.c, tables.delivery.c


@dataclass(frozen=True, slots=True)
class OutboxAge:
    """What waits. `oldest` is the longest wait of it all, or None if nothing waits.

    A notice waits from its `not_before`, a message from its creation, whatever it waits for; an
    expired lease (`expired`, also counted as a message) from the moment it ran out.
    """

    notices: int
    messages: int
    expired: int
    oldest: timedelta | None

    @property
    def count(self) -> int:
        """Notices and messages together."""
        return self.notices + self.messages


def outbox_age(s: Session, now: datetime) -> OutboxAge:
    """Count what should have left by `now`, and say how long the oldest has waited."""
    notices, first_notice = _least(
        s, _N.not_before, literal_column("state = 'pending'"), _N.not_before <= now
    )
    messages, first_message = _least(
        s, _D.created_at, literal_column("state IN ('pending', 'leased')")
    )
    expired, _since = _least(
        s,
        _D.leased_until,
        literal_column("state IN ('pending', 'leased')"),
        _D.state == "leased",
        _D.leased_until <= now,
    )
    since = [moment for moment in (first_notice, first_message) if moment is not None]
    oldest = now - min(since) if since else None
    return OutboxAge(notices, messages, expired, oldest)


def _least(s: Session, moment: Any, *conditions: Any) -> tuple[int, datetime | None]:
    row = s.execute(select(func.count(), func.min(moment)).where(*conditions)).one()
    count, least = tuple(row)
    return count, least
