"""What names the state of the ledger on PostgreSQL, where ids are not committed in their order.

Events are only ever added, so what two snapshots see of them is the same exactly if they see as
many. Counting them all would cost too much: those up to a base are counted once. That is exact
when nobody can add below the base any more. Every writer has its transaction's id before it takes
an event's number (`workflow.flushing`, `workflow.system_events`: a row is written or locked
first), so whoever took a number below a number seen at some moment has an older transaction's id
than one that is taken after that moment. When all older transactions have ended, the base stands.
Until then the whole snapshot is the name, which every write anywhere changes.

The system's own facts are taken off the count again: the head of their stream says how many of
them the snapshot holds.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, text

from models.db import Session

RENEW_AFTER = 500
"""How many events are counted for each page before the base is moved on."""
_NOWHERE = 2**62

SYSTEM_EVENTS = "coalesce((SELECT chain_seq FROM chain_head WHERE stream = 'system'), 0)"
IN_FORCE = (
    "(SELECT policy_version_id || '.' || workflow_version_id || '.' || calendar_edition"
    " || '.' || organisation_edition FROM engine_head WHERE id = 1)"
)

_SEEN = (
    "SELECT pg_current_snapshot()::text AS snapshot,"
    " pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest,"
    " (SELECT count(*) FROM event WHERE id > %s) AS events,"
    " (SELECT count(*) FROM policy_version) AS policies,"
    " (SELECT count(*) FROM workflow_version) AS workflows,"
    f" {SYSTEM_EVENTS} AS system, {IN_FORCE} AS in_force"
)
_NEWEST = text("SELECT coalesce(max(id), 0) FROM event")
_TRANSACTION = text("SELECT pg_current_xact_id()::text::bigint")
_BETWEEN = text("SELECT count(*) FROM event WHERE id > :base AND id <= :until")


class _Seen(NamedTuple):
    """What a snapshot shows of the ledger."""

    snapshot: str
    oldest: int
    events: int
    policies: int
    workflows: int
    system: int
    in_force: str


@dataclass(frozen=True, slots=True)
class _Base:
    """Events up to this id, and how many there were since the first base of this process.

    It stands for transactions in whose snapshot none older than `horizon` is under way.
    """

    event_id: int
    horizon: int
    total: int = 0


@dataclass(slots=True)
class _Bases:
    standing: _Base | None = None
    coming: _Base | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


_BASES: WeakKeyDictionary[Engine, _Bases] = WeakKeyDictionary()
_BASES_LOCK = threading.Lock()


def snapshot_token(s: Session) -> Hashable:
    """The name of the ledger that this reading transaction sees: equal names, equal ledgers."""
    with _BASES_LOCK:
        bases = _BASES.setdefault(s.conn.engine, _Bases())
    base = bases.standing
    seen = _look(s, base.event_id if base else _NOWHERE)
    if base is None or seen.oldest < base.horizon:
        _move_on(s, bases, seen.oldest)
        base = bases.standing
        if base is None or seen.oldest < base.horizon:
            return (seen.snapshot,)
        seen = _look(s, base.event_id)
    if seen.events > RENEW_AFTER:
        _move_on(s, bases, seen.oldest)
    ledger = base.total + seen.events - seen.system
    return (ledger, seen.policies, seen.workflows, seen.in_force)


def _look(s: Session, base: int) -> _Seen:
    return _Seen(*s.query(_SEEN, (base,))[0])


def _move_on(s: Session, bases: _Bases, oldest: int) -> None:
    """Choose the next base, or let the one chosen stand once nothing older is under way."""
    if not bases.lock.acquire(blocking=False):
        return  # somebody else is about it
    try:
        if bases.coming is None:
            newest = s.execute(_NEWEST).scalar_one()  # before the transaction's id is taken
            bases.coming = _Base(newest, s.execute(_TRANSACTION).scalar_one())
        elif oldest >= bases.coming.horizon:
            bases.standing, bases.coming = _counted(s, bases.standing, bases.coming), None
    finally:
        bases.lock.release()


def _counted(s: Session, old: _Base | None, new: _Base) -> _Base:
    if old is None:
        return new
    more = s.execute(_BETWEEN, {"base": old.event_id, "until": new.event_id}).scalar_one()
    return _Base(new.event_id, new.horizon, old.total + more)
