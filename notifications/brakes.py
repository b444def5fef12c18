"""When a channel may be used: its limits, and its circuit breaker, shared by every process.

Each try through a channel with limits is a row of `channel_use`, so that the limits hold in any
span of their length, over every process and through a crash: while a try is under way it counts
as made at the end of its lease, afterwards as made when it was over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, exists, insert, literal_column, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from models import tables
from models.aliases import shared_alias
from models.db import Session
from notifications.channels.base import Channel, Rate
from notifications.leasing import Leased, lease_of, put_back

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=30)
_S, _U = tables.channel_state.c, tables.channel_use.c
_STATE = select(tables.channel_state).where(_S.channel == bindparam("name"))
_LOCKED = _STATE.with_for_update()


def take(
    s: Session, worker: str, now: datetime, lease_seconds: float, channels: Mapping[str, Channel]
) -> Leased | None:
    """Lease the message that has been due longest and may go out now, or None.

    One that its channel's limits or its circuit keep back is put off without counting as tried;
    whatever else waits for the same channel waits with it, and other channels do not.
    """
    until = now + timedelta(seconds=lease_seconds)
    while (leased := lease_of(s, worker, now, until)) is not None:
        channel = channels.get(leased.channel)
        later = _hold(s, leased, channel.rates, now, until) if channel is not None else None
        if later is None:
            return leased
        put_back(s, leased, later)
    return None


def _hold(
    s: Session, leased: Leased, rates: tuple[Rate, ...], now: datetime, until: datetime
) -> datetime | None:
    """Until when the message has to wait, or None; then the use is written down."""
    shared = any(rate.per == "channel" for rate in rates)
    state = s.execute(_STATE, {"name": leased.channel}).one_or_none()
    if shared or (state is not None and state.opened_at is not None):
        _exist(s, leased.channel)
        state = s.execute(_LOCKED, {"name": leased.channel}).one()  # one at a time from here on
    if state is not None:
        moments: tuple[datetime | None, ...] = (state.paused_until, state.full_until)
        for moment in moments:
            if moment is not None and moment > now:
                return moment  # another worker came first
    later = _full(s, leased, rates, now)
    if later is None and state is not None and state.opened_at is not None:
        later = _after_fresh(s, leased, now)
    if later is None and state is not None and state.opened_at is not None:
        _set(s, leased.channel, paused_until=until)  # this is the probe: nobody else goes with it
    if later is None and rates:
        _note(s, leased, until)
    return later


_D, _EARLIER = tables.delivery.c, shared_alias(tables.delivery, "earlier")
_FRESH = select(_D.id).where(
    literal_column("delivery.state = 'pending'"),
    _D.channel == bindparam("name"),
    _D.next_attempt_at <= bindparam("now"),
    _D.last_error == "",
    ~exists().where(
        _EARLIER.c.recipient_id == _D.recipient_id,
        _EARLIER.c.channel == _D.channel,
        _EARLIER.c.id < _D.id,
        literal_column("earlier.state IN ('pending', 'leased')"),
    ),
)


def _after_fresh(s: Session, leased: Leased, now: datetime) -> datetime | None:
    """A probe is made with a message that was never tried, if there is one.

    What has failed before may be at fault itself, and must not keep the channel shut for others.
    """
    tried_before = select(_D.last_error).where(_D.id == leased.id)
    if s.execute(tried_before).scalar_one() == "":
        return None
    fresh = s.execute(_FRESH.limit(1), {"name": leased.channel, "now": now}).first()
    return now + LONGEST_PAUSE if fresh is not None else None


def _full(s: Session, leased: Leased, rates: tuple[Rate, ...], now: datetime) -> datetime | None:
    """When the last of the limits that are used up leaves room again, or None."""
    found: list[datetime] = []
    for rate in rates:
        own = [_U.recipient_id == leased.recipient_id] if rate.per == "recipient" else []
        span = timedelta(seconds=rate.seconds)
        # the use that must have left the span before another one may begin
        oldest = (
            select(_U.at)
            .where(_U.channel == leased.channel, *own, _U.at > now - span)
            .order_by(_U.at.desc())
            .offset(rate.most - 1)
            .limit(1)
        )
        at = s.execute(oldest).scalar_one_or_none()
        if at is not None:
            found.append(at + span)
            if rate.per == "channel":
                _set(s, leased.channel, full_until=at + span)
    return max(found, default=None)


def _note(s: Session, leased: Leased, until: datetime) -> None:
    s.execute(
        insert(tables.channel_use).values(
            channel=leased.channel,
            recipient_id=leased.recipient_id,
            delivery_id=leased.id,
            attempt=leased.attempts,
            at=until,
        )
    )


def used(s: Session, channel: Channel, recipient_id: int, now: datetime) -> None:
    """A message has gone past the outbox: it counts against the channel's limits, too."""
    if channel.rates:
        row = {"channel": channel.name, "recipient_id": recipient_id, "at": now}
        s.execute(insert(tables.channel_use).values(**row, delivery_id=0, attempt=0))


def tried(s: Session, leased: Leased, rates: tuple[Rate, ...], now: datetime) -> None:
    """The try is over: from now on it counts as made at `now`."""
    if rates:
        own = (_U.delivery_id == leased.id, _U.attempt == leased.attempts)
        recipient = (_U.channel == leased.channel, _U.recipient_id == leased.recipient_id)
        s.execute(update(tables.channel_use).where(*recipient, *own).values(at=now))


def forget(s: Session, channels: Iterable[Channel], now: datetime) -> int:
    """Drop uses that count against no limit any more; returns how many."""
    dropped = 0
    for channel in channels:
        if channel.rates:
            span = timedelta(seconds=max(rate.seconds for rate in channel.rates))
            old = (_U.channel == channel.name, _U.at <= now - span)
            dropped += s.execute(delete(tables.channel_use).where(*old)).rowcount
    return dropped


@dataclass(frozen=True, slots=True)
class Circuit:
    """A channel's circuit as it is: open since when, until when it pauses, and why."""

    channel: str
    failures: int
    opened_at: datetime | None
    paused_until: datetime | None
    full_until: datetime | None
    last_error: str


def circuits(s: Session) -> dict[str, Circuit]:
    """What is known of each channel; one without an entry never had a fault."""
    return {row.channel: _circuit(row) for row in s.execute(select(tables.channel_state))}


def is_open(s: Session, channel: str) -> bool:
    """Whether the channel's circuit is open."""
    state = s.execute(_STATE, {"name": channel}).one_or_none()
    return state is not None and state.opened_at is not None


def worked(s: Session, channel: str) -> None:
    """The channel's service has answered: its circuit closes."""
    clean = {"failures": 0, "pauses": 0, "opened_at": None, "paused_until": None}
    faulty = or_(_S.failures > 0, _S.opened_at.is_not(None))
    change = update(tables.channel_state).where(_S.channel == channel, faulty)
    s.execute(change.values(**clean))


def broke(
    s: Session,
    channel: str,
    now: datetime,
    error: str,
    most: int,
    wait: timedelta | None = None,
) -> tuple[Circuit, bool]:
    """A fault of the whole channel; returns its circuit and whether the office has to hear of it:
    it has opened just now, or is silent for longer than any pause by the service's wish.

    After `most` in a row it pauses: 1, 2, 4 ... 30 minutes, one probe between two pauses. A `wait`
    that the service asked for is kept in any case.
    """
    _exist(s, channel)
    state = s.execute(_LOCKED, {"name": channel}).one()
    failures, was_open = state.failures + 1, state.opened_at is not None
    values: dict[str, Any] = {"failures": failures, "last_error": error[:300]}
    if wait is not None:
        values["full_until"] = max(now + wait, state.full_until or now)
    if was_open or failures >= most:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(state.pauses, 10)))
        values |= {"pauses": state.pauses + 1, "paused_until": now + pause}
        values["opened_at"] = state.opened_at or now
    _set(s, channel, **values)
    after = s.execute(_STATE, {"name": channel}).one()
    silent = _long(after.full_until, now) and not _long(state.full_until, now)
    return _circuit(after), not was_open and (after.opened_at is not None or silent)


def _long(until: datetime | None, now: datetime) -> bool:
    return until is not None and until - now > LONGEST_PAUSE


def _exist(s: Session, channel: str) -> None:
    new = postgresql.insert if s.dialect == "postgresql" else sqlite.insert
    row = {"channel": channel, "failures": 0, "pauses": 0, "last_error": ""}
    s.execute(new(tables.channel_state).values(**row).on_conflict_do_nothing())


def _set(s: Session, channel: str, **values: Any) -> None:
    s.execute(update(tables.channel_state).where(_S.channel == channel).values(**values))


def _circuit(row: Any) -> Circuit:
    return Circuit(
        row.channel, row.failures, row.opened_at, row.paused_until, row.full_until, row.last_error
    )
