"""Addresses that a channel's service called bad: not used again until changed or cleared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update

from models import tables
from models.db import Session
from models.queries.people import bump_organisation
from models.statements import Statement, upsert

_B = tables.bounce.c
_BAD = Statement(
    select(_B.since).where(
        _B.channel == bindparam("name"), _B.address == bindparam("at"), _B.cleared_at.is_(None)
    )
)


@dataclass(frozen=True, slots=True)
class Bounced:
    """A bad address: whose, since when, and what the service said."""

    channel: str
    address: str
    person_id: int
    since: datetime
    reason: str


def is_bad(s: Session, channel: str, address: str) -> bool:
    """Whether the address has bounced and nobody has cleared it."""
    return _BAD.first(s, {"name": channel, "at": address}) is not None


def mark(
    s: Session, channel: str, address: str, person_id: int, now: datetime, reason: str
) -> None:
    """Remember a bad address. The directory of every process learns of it."""
    upsert(
        s,
        tables.bounce,
        {"channel": channel, "address": address},
        person_id=person_id,
        since=now,
        reason=reason[:300],
        cleared_at=None,
        cleared_by_id=None,
    )
    bump_organisation(s)


def clear(s: Session, channel: str, address: str, by: int, now: datetime) -> bool:
    """Take an address into use again; False if it was not marked."""
    own = (_B.channel == channel, _B.address == address, _B.cleared_at.is_(None))
    change = update(tables.bounce).where(*own).values(cleared_at=now, cleared_by_id=by)
    if not s.execute(change).rowcount:
        return False
    bump_organisation(s)
    return True


def bounced(s: Session) -> list[Bounced]:
    """Every bad address, the newest first."""
    query = (
        select(_B.channel, _B.address, _B.person_id, _B.since, _B.reason)
        .where(_B.cleared_at.is_(None))
        .order_by(_B.since.desc(), _B.channel, _B.address)
    )
    return [Bounced(*tuple(row)) for row in s.execute(query)]
