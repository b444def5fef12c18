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
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, Self
from weakref import WeakKeyDictionary

from sqlalchemy import BigInteger, Engine, Label, bindparam, func, literal_column, select, text

from models import tables
from models.db import Session
from models.queries.definitions import know_versions
from models.statements import Statement

RENEW_AFTER = 500
"""How many events are counted for each page before the base is moved on."""
_NOWHERE = 2**62

SYSTEM_EVENTS = "coalesce((SELECT chain_seq FROM chain_head WHERE stream = 'system'), 0)"
IN_FORCE = (
    "(SELECT policy_version_id || '.' || workflow_version_id || '.' || calendar_edition"
    " || '.' || organisation_edition FROM engine_head WHERE id = 1)"
)

_E = tables.event.c
SEEN: tuple[Label[Any], ...] = (
    literal_column("pg_current_snapshot()::text").label("snapshot"),
    literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint").label("oldest"),
    select(func.count(_E.id))
    .where(_E.id > bindparam("base", type_=BigInteger))
    .scalar_subquery()
    .label("events"),
    literal_column("ARRAY(SELECT id FROM policy_version ORDER BY id)").label("policies"),
    literal_column("ARRAY(SELECT id FROM workflow_version ORDER BY id)").label("workflows"),
    literal_column(SYSTEM_EVENTS).label("system"),
    literal_column(IN_FORCE).label("in_force"),
)
"""What is asked of a snapshot, for a statement with `base` among its values."""
_SEEN = Statement(select(*SEEN))
_NEWEST = text("SELECT coalesce(max(id), 0) FROM event")
_TRANSACTION = text("SELECT pg_current_xact_id()::text::bigint")
_BETWEEN = text("SELECT count(*) FROM event WHERE id > :base AND id <= :until")


class Seen(NamedTuple):
    """What a snapshot shows of the ledger, named as in `SEEN`."""

    snapshot: str
    oldest: int
    events: int
    policies: tuple[int, ...]
    workflows: tuple[int, ...]
    system: int
    in_force: str

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        """Out of a row of a statement."""
        row["policies"], row["workflows"] = tuple(row["policies"]), tuple(row["workflows"])
        return cls(*(row[name] for name in cls._fields))


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


def snapshot_token(s: Session, look: Callable[[int], Seen] | None = None) -> Hashable:
    """The name of the ledger that this reading transaction sees: equal names, equal ledgers.

    `look` is how it is looked at first, for who has more to ask on the same trip: with the number
    after which events are counted.
    """
    with _BASES_LOCK:
        bases = _BASES.setdefault(s.conn.engine, _Bases())
    base = bases.standing
    seen = (look or partial(_look, s))(base.event_id if base else _NOWHERE)
    know_versions(s, seen.policies, seen.workflows)
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


def _look(s: Session, base: int) -> Seen:
    return Seen.of(_SEEN.all(s, {"base": base})[0])


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
