"""The storm guard: what one sweep would send beyond a set number waits for a person.

Held messages are deliveries in the state `held`, so nothing is lost: they are released, or
dropped with a reason and then stand among the failed ones, where they may be retried.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, literal_column, select, update

from models import tables
from models.db import Session
from notifications.faults import KIND

_N, _D, _H = tables.notice.c, tables.delivery.c, tables.storm_hold.c
_HELD: Any = literal_column("delivery.state = 'held'")


@dataclass(slots=True)
class Guard:
    """Watches one round of bundling. `most` messages may fall due in it; 0: any number.

    Once it holds, it holds everything else of the round, too; `opened` is the hold's id.
    """

    most: int
    opened: int | None = None

    def watch(self, s: Session, now: datetime, groups: int, *, more: bool) -> None:
        """Look at a batch: `groups` messages of it, and `more` behind it."""
        if self.opened is not None or not self.most or (groups <= self.most and not more):
            return
        if groups > self.most or _due(s, now) > self.most:
            self.opened = _open(s, now, self.most)


def _due(s: Session, now: datetime) -> int:
    """How many messages the notices that are due would make."""
    waiting = (
        select(_N.recipient_id, _N.channel, _N.urgent)
        .where(literal_column("state = 'pending'"), _N.not_before <= now, _N.kind != KIND)
        .distinct()
        .subquery()
    )
    return int(s.execute(select(func.count()).select_from(waiting)).scalar_one())


def _open(s: Session, now: datetime, most: int) -> int:
    row = {"at": now, "most": most, "state": "held", "reason": ""}
    made = s.execute(insert(tables.storm_hold).values(**row)).inserted_primary_key
    return int(made[0]) if made else 0


@dataclass(frozen=True, slots=True)
class Hold:
    """What is held since `at`: numbers of messages by channel and of notices by kind."""

    id: int
    at: datetime
    most: int
    recipients: int
    channels: dict[str, int]
    kinds: dict[str, int]

    @property
    def messages(self) -> int:
        """All of them."""
        return sum(self.channels.values())


def held(s: Session) -> list[Hold]:
    """Every hold that waits for a decision, oldest first."""
    waiting = select(tables.storm_hold).where(_H.state == "held").order_by(_H.id)
    return [_hold(s, row) for row in s.execute(waiting)]


def _hold(s: Session, row: Any) -> Hold:
    own = (_HELD, _D.hold_id == row.id)
    channels = select(_D.channel, func.count()).where(*own)
    kinds = select(_N.kind, func.count()).where(_N.delivery_id == _D.id, *own)
    people = select(func.count(_D.recipient_id.distinct())).where(*own)
    by_channel = s.execute(channels.group_by(_D.channel).order_by(_D.channel))
    by_kind = s.execute(kinds.group_by(_N.kind).order_by(func.count().desc(), _N.kind))
    return Hold(
        row.id,
        row.at,
        row.most,
        int(s.execute(people).scalar_one()),
        {str(name): int(n) for name, n in map(tuple, by_channel)},
        {str(kind): int(n) for kind, n in map(tuple, by_kind)},
    )


def release(s: Session, hold_id: int, by: int, now: datetime, reason: str) -> int | None:
    """Let everything go; returns how many messages, or None if it was decided before."""
    if not _decide(s, hold_id, "released", by, now, reason):
        return None
    change = update(tables.delivery).where(_HELD, _D.hold_id == hold_id)
    return s.execute(change.values(state="pending", next_attempt_at=now)).rowcount


def drop(s: Session, hold_id: int, by: int, now: datetime, reason: str) -> int | None:
    """Fail everything with the reason; returns how many messages, or None if decided before."""
    if not _decide(s, hold_id, "dropped", by, now, reason):
        return None
    said = f"dropped: {reason}"[:300]
    own = select(_D.id).where(_HELD, _D.hold_id == hold_id)
    notices = update(tables.notice).where(_N.delivery_id.in_(own), _N.state == "bundled")
    s.execute(notices.values(state="failed", reason=said))
    change = update(tables.delivery).where(_HELD, _D.hold_id == hold_id)
    return s.execute(change.values(state="failed", last_error=said)).rowcount


def _decide(s: Session, hold_id: int, state: str, by: int, now: datetime, reason: str) -> bool:
    change = (
        update(tables.storm_hold)
        .where(_H.id == hold_id, _H.state == "held")
        .values(state=state, decided_by_id=by, decided_at=now, reason=reason[:300])
    )
    return s.execute(change).rowcount == 1
