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


@dataclass(frozen=True, slots=True)
class Trouble:
    """What needs a person: messages held, messages that failed, and channels that pause."""

    held: int
    failed: int
    paused: dict[str, bool]
    bad_addresses: int


def trouble(s: Session) -> Trouble:
    """As it stands; every channel that ever had a fault is named."""
    state, bounce = tables.channel_state.c, tables.bounce.c
    rows = s.execute(select(state.channel, state.opened_at).order_by(state.channel))
    bad = select(func.count()).select_from(tables.bounce).where(bounce.cleared_at.is_(None))
    failed = select(func.count(_N.delivery_id.distinct())).where(
        literal_column("state = 'failed'"), _N.delivery_id.is_not(None)
    )
    held = select(func.count(_D.id)).where(literal_column("state = 'held'"))
    return Trouble(
        int(s.execute(held).scalar_one()),
        int(s.execute(failed).scalar_one()),
        {row.channel: row.opened_at is not None for row in rows},
        int(s.execute(bad).scalar_one()),
    )


def _least(s: Session, moment: Any, *conditions: Any) -> tuple[int, datetime | None]:
    row = s.execute(select(func.count(), func.min(moment)).where(*conditions)).one()
    count, least = tuple(row)
    return count, least
