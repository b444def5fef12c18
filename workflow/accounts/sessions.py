"""Server-side sessions: found by the cookie's secret, ended by time, by their owner or for them.

A session carries no rights. Who it belongs to is looked up at each request, so that rights that
were taken, or a person who was deactivated, count at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from config.i18n import gettext as _
from config.roles import Role
from config.settings import settings
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.statements import Statement
from workflow import system_events
from workflow.accounts import store
from workflow.accounts.access import require_to_look
from workflow.accounts.secret import digest, new_secret, printable
from workflow.administrators import held, locked_directory, require
from workflow.context import context
from workflow.errors import NotVisible, Reason
from workflow.organisation import find_person

TOUCH_EVERY = timedelta(minutes=1)
MAX_AGENT = 200
_SESSION = tables.login_session
_ACCOUNT = tables.account
_LIVE = (
    select(_SESSION, _ACCOUNT.c.must_change, _ACCOUNT.c.changed_at)
    .join(_ACCOUNT, _ACCOUNT.c.person_id == _SESSION.c.person_id)
    .where(
        _SESSION.c.ended_at.is_(None),
        _SESSION.c.expires_at > bindparam("now"),
        _SESSION.c.seen_at > bindparam("idle_since"),
    )
)
_FIND = Statement(_LIVE.where(_SESSION.c.token_hash == bindparam("token")))
"""Prepared, because every page begins with it."""
_OWN = Statement(
    _LIVE.where(_SESSION.c.person_id == bindparam("person")).order_by(_SESSION.c.id.desc())
)


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """One signed-in browser. With `must_change` only the password may be changed."""

    id: int
    person: PersonInfo
    must_change: bool
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    agent: str


def begin(
    s: Session, person: PersonInfo, *, address: str, agent: str, now: datetime
) -> tuple[str, int, datetime]:
    """A new session with a new secret: secret, id, and when it ends whatever is done in it."""
    secret = new_secret()
    expires_at = now + timedelta(hours=settings().session_hours)
    made = s.execute(
        insert(_SESSION).values(
            token_hash=digest(secret),
            person_id=person.id,
            created_at=now,
            seen_at=now,
            expires_at=expires_at,
            end_reason="",
            address=address,
            agent=printable(agent, MAX_AGENT),
        )
    ).inserted_primary_key
    return secret, int(made[0]) if made else 0, expires_at


def find(s: Session, secret: str, now: datetime) -> SessionInfo | None:
    """The session of a cookie while it lives: not ended, not idle too long, its person active."""
    values = {"token": digest(secret), **_bounds(now)}
    row = next(iter(_FIND.rows(s, values)), None)
    info = _info(s, row, now) if row is not None else None
    return info if info is not None and info.person.active else None


def needs_touch(info: SessionInfo, now: datetime) -> bool:
    """Whether it was last seen so long ago that a write is worth it."""
    return now - info.seen_at >= TOUCH_EVERY


def touch(s: Session, info: SessionInfo, now: datetime) -> bool:
    """Note that the session is in use; returns whether it was written. Time never goes back."""
    if not needs_touch(info, now):
        return False
    later = _SESSION.c.seen_at < now
    chosen = update(_SESSION).where(_SESSION.c.id == info.id, _SESSION.c.ended_at.is_(None), later)
    return s.execute(chosen.values(seen_at=now)).rowcount > 0


def end(s: Session, info: SessionInfo, now: datetime, reason: str) -> None:
    """End one session; harmless when it has ended."""
    _end(s, now, reason, _SESSION.c.id == info.id)


def end_all(
    s: Session, person: PersonInfo, now: datetime, reason: str, *, keep: int | None = None
) -> int:
    """End a person's sessions but for one; returns how many."""
    others = (_SESSION.c.id != keep,) if keep is not None else ()
    return _end(s, now, reason, _SESSION.c.person_id == person.id, *others)


def own(s: Session, person: PersonInfo, now: datetime) -> list[SessionInfo]:
    """A person's living sessions, the latest first."""
    values = {"person": person.id, **_bounds(now)}
    return [_info(s, row, now) for row in _OWN.rows(s, values)]


def of_person(
    s: Session, *, username: str, actor: PersonInfo | None, now: datetime
) -> list[SessionInfo]:
    """Somebody's living sessions, for themselves or the security administrator."""
    if actor is None or actor.username != username:
        require_to_look(s, actor, Role.SECADMIN)
    return own(s, find_person(s, username), now)


def end_one(s: Session, *, session_id: int, actor: PersonInfo, now: datetime) -> None:
    """End one's own session, or as security administrator anybody's. Raises `NotVisible`."""
    owner = s.execute(select(_SESSION.c.person_id).where(_SESSION.c.id == session_id)).scalar()
    mine = owner == actor.id
    if owner is None or not (mine or Role.SECADMIN in held(locked_directory(s), actor)):
        raise NotVisible(
            Reason("unknown_session", _("There is no such session."), "session", _("Look again."))
        )
    if _end(s, now, "owner" if mine else "secadmin", _SESSION.c.id == session_id):
        facts = {"person": owner, "sessions": [session_id]}
        system_events.append(s, "account.sessions_ended", facts, actor, now)


def end_every(s: Session, *, username: str, actor: PersonInfo | None, now: datetime) -> int:
    """End somebody's every session, as themselves or as security administrator."""
    mine = actor is not None and actor.username == username
    if not mine:
        require(s, actor, Role.SECADMIN)
    person = find_person(s, username)
    ended = [info.id for info in own(s, person, now)]
    end_all(s, person, now, "owner" if mine else "secadmin")
    facts = {"person": person.id, "sessions": ended}
    system_events.append(s, "account.sessions_ended", facts, actor, now)
    return len(ended)


def _bounds(now: datetime) -> dict[str, datetime]:
    return {"now": now, "idle_since": now - timedelta(minutes=settings().session_idle_minutes)}


def _info(s: Session, row: Any, now: datetime) -> SessionInfo:
    return SessionInfo(
        id=row.id,
        person=context(s).directory.people[row.person_id],
        must_change=store.must_change(row, now),
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
        address=row.address,
        agent=row.agent,
    )


def _end(s: Session, now: datetime, reason: str, *conditions: Any) -> int:
    chosen = update(_SESSION).where(_SESSION.c.ended_at.is_(None), *conditions)
    return int(s.execute(chosen.values(ended_at=now, end_reason=reason)).rowcount)
