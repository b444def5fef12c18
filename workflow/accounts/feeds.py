"""Secret addresses of a person's deadlines as a calendar. A new one revokes the former."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow import system_events
from workflow.accounts.secret import digest, new_secret
from workflow.context import context

TOUCH_EVERY = timedelta(hours=1)
_FEED = tables.calendar_feed


def create(s: Session, *, actor: PersonInfo, now: datetime) -> str:
    """A new secret for one's own feed, shown once; the former stops working at once."""
    revoke(s, actor=actor, now=now)
    secret = new_secret()
    s.execute(insert(_FEED).values(person_id=actor.id, secret_hash=digest(secret), created_at=now))
    system_events.append(s, "feed.created", {"person": actor.id}, actor, now)
    return secret


def revoke(s: Session, *, actor: PersonInfo, now: datetime) -> bool:
    """Stop one's own feed; returns whether there was one."""
    # the person's row is locked, or two that make a feed at once would leave two of them
    person = tables.person
    s.execute(select(person.c.id).where(person.c.id == actor.id).with_for_update())
    chosen = update(_FEED).where(_FEED.c.person_id == actor.id, _FEED.c.revoked_at.is_(None))
    stopped = s.execute(chosen.values(revoked_at=now)).rowcount > 0
    if stopped:
        system_events.append(s, "feed.revoked", {"person": actor.id}, actor, now)
    return stopped


def current(s: Session, person: PersonInfo) -> Any | None:
    """When the person's feed was made and last fetched; None when there is none."""
    chosen = select(_FEED.c.id, _FEED.c.created_at, _FEED.c.last_used_at)
    return s.execute(
        chosen.where(_FEED.c.person_id == person.id, _FEED.c.revoked_at.is_(None))
    ).one_or_none()


def find(s: Session, secret: str) -> PersonInfo | None:
    """Whose feed it is, while it is not revoked and the person active."""
    chosen = select(_FEED.c.person_id).where(
        _FEED.c.secret_hash == digest(secret), _FEED.c.revoked_at.is_(None)
    )
    person_id = s.execute(chosen).scalar()
    person = context(s).directory.people[person_id] if person_id is not None else None
    return person if person is not None and person.active else None


def touch(s: Session, person: PersonInfo, now: datetime) -> bool:
    """Note that the feed was fetched, at most once an hour; returns whether it was written."""
    before = _FEED.c.last_used_at
    stale = before.is_(None) | (before <= now - TOUCH_EVERY)
    chosen = update(_FEED).where(
        _FEED.c.person_id == person.id, _FEED.c.revoked_at.is_(None), stale
    )
    return s.execute(chosen.values(last_used_at=now)).rowcount > 0
