"""Who sends a message when: leases, their marks, and the wait after a temporary error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol

from sqlalchemy import Table, bindparam, exists, literal_column, or_, select, update

from models import tables
from models.db import Session
from notifications.items import Item

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
_REASON_CHARS = 300
_N, _D = tables.notice.c, tables.delivery.c


@dataclass(frozen=True, slots=True)
class Leased:
    """A message that a worker may send until `leased_until`, with what is to be told in it."""

    id: int
    message_id: str
    recipient_id: int
    channel: str
    attempts: int
    worker: str
    created_at: datetime
    items: tuple[Item, ...]


def lease_statement(
    table: Table,
    alike: Sequence[str],
    *returned: str,
    unless: Callable[[Any], Any] | None = None,
) -> Any:
    """Take the row that has been due longest and waits for no earlier one.

    `alike`: columns that make two rows stand in one line; `unless`: what keeps a row back besides.
    Parameters: now, until, worker. The table has the columns of a delivery: state, attempts,
    next_attempt_at, leased_by and so on.
    """
    due, earlier = table.alias("due"), table.alias("earlier")
    # States are written out, not bound: only then do both databases use the partial index.
    waits_for_earlier = exists().where(
        *(earlier.c[name] == due.c[name] for name in alike),
        earlier.c.id < due.c.id,
        literal_column("earlier.state IN ('pending', 'leased')"),
    )
    chosen = (
        select(due.c.id)
        .where(literal_column("due.state IN ('pending', 'leased')"))
        .where(due.c.next_attempt_at <= bindparam("now"), ~waits_for_earlier)
        .where(*([] if unless is None else [~unless(due)]))
        .order_by(due.c.next_attempt_at, due.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    until = bindparam("until", type_=table.c.next_attempt_at.type)
    return (
        update(table)
        .where(table.c.id == chosen.scalar_subquery())
        # An expired lease is due again, so one index and one comparison serve both states.
        .values(
            state="leased",
            attempts=table.c.attempts + 1,
            leased_by=bindparam("worker"),
            leased_until=until,
            next_attempt_at=until,
        )
        .returning(*(table.c[name] for name in returned))
    )


def _paused(due: Any) -> Any:
    """The channel pauses, or its own limit is used up (see `brakes`)."""
    state = tables.channel_state.c
    waits = or_(state.paused_until > bindparam("now"), state.full_until > bindparam("now"))
    return exists().where(state.channel == due.c.channel, waits)


_LEASE = lease_statement(
    tables.delivery,
    ("recipient_id", "channel"),
    *("id", "message_id", "recipient_id", "channel", "attempts", "created_at"),
    unless=_paused,
)
_CONTENTS = (
    select(_N.kind, _N.facts, _N.urgent, _N.id)
    .where(_N.delivery_id == bindparam("delivery"), _N.state == "bundled")
    .order_by(_N.id)
)


def lease(s: Session, worker: str, now: datetime, lease_seconds: float) -> Leased | None:
    """Take the message that has been due longest, or None.

    Due is a pending one whose time has come, and one whose lease ran out. A message waits while
    an earlier one to the same person through the same channel is open, so the order is kept; a
    failed one holds nothing up. The attempt is counted here, before anything is sent.
    """
    return lease_of(s, worker, now, now + timedelta(seconds=lease_seconds))


def lease_of(s: Session, worker: str, now: datetime, until: datetime) -> Leased | None:
    """As `lease`, until a moment."""
    row = s.execute(_LEASE, {"worker": worker, "now": now, "until": until}).one_or_none()
    if row is None:
        return None
    items = tuple(Item(*tuple(item)) for item in s.execute(_CONTENTS, {"delivery": row.id}))
    return Leased(
        row.id,
        row.message_id,
        row.recipient_id,
        row.channel,
        row.attempts,
        worker,
        row.created_at,
        items,
    )


def mark_sent(
    s: Session, leased: Leased, now: datetime, broken: dict[int, str] | None = None
) -> bool:
    """The message was taken; False if the lease had passed to somebody else.

    `broken` are notices that could not be put into words, with the reasons: they fail alone.
    """
    if not _close(s, leased, state="sent", sent_at=now, last_error=""):
        return False
    for notice_id, reason in (broken or {}).items():
        _close_notices(s, _N.id == notice_id, state="failed", reason=reason[:_REASON_CHARS])
    _close_notices(s, _N.delivery_id == leased.id, state="sent", sent_at=now)
    return True


def mark_temporary(
    s: Session,
    leased: Leased,
    now: datetime,
    error: str,
    max_attempts: int,
    wait: timedelta | None = None,
    *,
    counts: bool = True,
) -> str:
    """It may work later: "retried", or "failed" after the last try, or "lost" (see `mark_sent`).

    Not before the `wait` that the service asked for, if any. With `counts` False the try is given
    back, because it said nothing about the message.
    """
    if counts and leased.attempts >= max_attempts:
        return "failed" if mark_failed(s, leased, error) else "lost"
    again = now + max(backoff(leased.id, leased.attempts), wait or timedelta())
    tries = leased.attempts - (not counts)
    kept = _close(
        s, leased, state="pending", attempts=tries, next_attempt_at=again, last_error=error[:500]
    )
    return "retried" if kept else "lost"


def put_back(s: Session, leased: Leased, later: datetime) -> None:
    """Undo the lease in its own transaction: it was never tried and waits until `later`."""
    tries = leased.attempts - 1
    _close(s, leased, state="pending", attempts=tries, next_attempt_at=later, leased_by="")


def mark_failed(s: Session, leased: Leased, reason: str) -> bool:
    """It will never work; False if the lease had passed to somebody else."""
    if not _close(s, leased, state="failed", last_error=reason[:500]):
        return False
    _close_notices(s, _N.delivery_id == leased.id, state="failed", reason=reason[:_REASON_CHARS])
    return True


def expire(s: Session, channel: str, before: datetime, reason: str) -> int:
    """Fail every message of a channel that was made before a moment and waits; returns how many."""
    waits: Any = literal_column("delivery.state = 'pending'")
    old = (_D.channel == channel, _D.created_at < before, waits)
    whole = _N.delivery_id.in_(select(_D.id).where(*old))
    _close_notices(s, whole, state="failed", reason=reason[:_REASON_CHARS])
    failed = update(tables.delivery).where(*old).values(state="failed", last_error=reason[:500])
    return s.execute(failed).rowcount


def recall(s: Session, now: datetime, lease_seconds: float) -> int:
    """After the clock was put back: what waits for longer than anything waits is due once a lease
    that may still be somebody's has run out. Returns how many."""
    soon = now + timedelta(seconds=lease_seconds)
    found = 0
    for table in (tables.delivery, tables.callback):
        waits: Any = literal_column(f"{table.name}.state IN ('pending', 'leased')")
        longer = table.c.next_attempt_at > soon + LONGEST_WAIT
        found += s.execute(update(table).where(waits, longer).values(next_attempt_at=soon)).rowcount
    return found


def backoff(delivery_id: int, attempts: int) -> timedelta:
    """How long to wait after try number `attempts`: 1, 2, 4 ... 60 minutes, less up to a fifth.

    The fifth spreads out what failed together. It is drawn from the id, so it can be foretold.
    """
    full = min(LONGEST_WAIT, FIRST_WAIT * (1 << min(attempts - 1, 10)))
    drawn = sha256(f"{delivery_id}:{attempts}".encode()).digest()[0] / 255
    return full * (1 - drawn / 5)


class Held(Protocol):
    """A lease of any table: which row, who holds it, which try it is."""

    @property
    def id(self) -> int:
        """The row."""

    @property
    def worker(self) -> str:
        """Who holds it."""

    @property
    def attempts(self) -> int:
        """Which try it is."""


def close_lease(s: Session, table: Table, held: Held, **values: Any) -> bool:
    """Change the row if the lease is still this one: same worker, same try."""
    change = (
        update(table)
        .where(table.c.id == held.id, table.c.state == "leased")
        .where(table.c.leased_by == held.worker, table.c.attempts == held.attempts)
        .values(leased_until=None, **values)
    )
    return s.execute(change).rowcount == 1


def _close(s: Session, leased: Leased, **values: Any) -> bool:
    return close_lease(s, tables.delivery, leased, **values)


def _close_notices(s: Session, which: Any, **values: Any) -> None:
    s.execute(update(tables.notice).where(which, _N.state == "bundled").values(**values))
