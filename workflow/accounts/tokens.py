"""API tokens: a program's key that acts as its person, within its scopes, until it ends.

A person makes tokens for themselves only: an administrator who could make one for somebody else
would act as them (三员分立). The command line makes one for anybody, because it trusts whoever can
open the database, as it does with `--as`.
"""

from __future__ import annotations

from collections.abc import Iterable
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
from workflow.accounts.access import require_to_look
from workflow.accounts.secret import digest, new_secret
from workflow.administrators import held, locked_directory
from workflow.commands.base import clean
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, NotAllowed, NotVisible, Reason
from workflow.organisation import find_person

PREFIX = "xh_"
SCOPES = ("read", "write", "intake")
"""Reading, acting, and filing what other platforms send. None administers anything."""
TOUCH_EVERY = timedelta(minutes=1)
_TOKEN = tables.api_token
_FIND = Statement(select(_TOKEN).where(_TOKEN.c.token_hash == bindparam("token")))
"""Prepared, because every call of the API begins with it."""


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """A token that counts. Rights are those of the person, cut down to the scopes."""

    id: int
    person: PersonInfo
    scopes: frozenset[str]
    name: str
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as it is shown once: `text` is stored nowhere."""

    id: int
    text: str
    expires_at: datetime


def create(
    s: Session,
    *,
    person: PersonInfo,
    actor: PersonInfo | None,
    name: str,
    scopes: Iterable[str],
    days: int,
    now: datetime,
) -> NewToken:
    """A token for `days` days. `actor` None: the command line, for anybody.

    Raises `NotAllowed` for somebody else's token, `GuardFailed` for an inactive person's,
    `Malformed`.
    """
    _refuse_others(person, actor)
    chosen = _clean_scopes(scopes)
    _refuse_days(days)
    name = clean("name", name, most=80, needed=True)
    text, expires_at = new_secret(PREFIX), now + timedelta(days=days)
    made = s.execute(
        insert(_TOKEN).values(
            token_hash=digest(text), person_id=person.id, name=name, scopes=" ".join(chosen),
            created_by_id=actor.id if actor else None, created_at=now, expires_at=expires_at,
        )
    ).inserted_primary_key  # fmt: skip
    token_id = int(made[0]) if made else 0
    facts = {"person": person.id, "token": token_id, "name": name, "scopes": chosen}
    system_events.append(s, "token.created", facts | {"days": days}, actor, now)
    return NewToken(token_id, text, expires_at)


def find_token(s: Session, text: str, now: datetime) -> TokenInfo | None:
    """The token while it counts: not revoked, not past its end, its person active."""
    row = next(iter(_FIND.rows(s, {"token": digest(text)})), None)
    if row is None or row.revoked_at is not None or now >= row.expires_at:
        return None
    person = context(s).directory.people[row.person_id]
    if not person.active:
        return None
    scopes = frozenset(row.scopes.split())
    return TokenInfo(row.id, person, scopes, row.name, row.expires_at, row.last_used_at)


def needs_touch(info: TokenInfo, now: datetime) -> bool:
    """Whether it was last used so long ago that a write is worth it."""
    return info.last_used_at is None or now - info.last_used_at >= TOUCH_EVERY


def touch(s: Session, info: TokenInfo, now: datetime) -> bool:
    """Note that the token is in use; returns whether it was written."""
    if needs_touch(info, now):
        s.execute(update(_TOKEN).where(_TOKEN.c.id == info.id).values(last_used_at=now))
        return True
    return False


def listed(s: Session, *, username: str, actor: PersonInfo | None) -> list[Any]:
    """Rows of somebody's tokens, for themselves or the security administrator; newest first."""
    if actor is None or actor.username != username:
        require_to_look(s, actor, Role.SECADMIN)
    person = find_person(s, username)
    columns = [column for column in _TOKEN.c if column.name != "token_hash"]
    chosen = select(*columns).where(_TOKEN.c.person_id == person.id)
    return list(s.execute(chosen.order_by(_TOKEN.c.id.desc())))


def revoke(s: Session, *, token_id: int, actor: PersonInfo, now: datetime) -> None:
    """End one's own token, or as security administrator anybody's. Raises `NotVisible`."""
    chosen = select(_TOKEN).where(_TOKEN.c.id == token_id).with_for_update()
    secadmin = Role.SECADMIN in held(locked_directory(s), actor)
    row = s.execute(chosen).one_or_none()
    if row is None or not (row.person_id == actor.id or secadmin):
        raise NotVisible(
            Reason("unknown_token", _("There is no such token."), "token", _("Look again."))
        )
    if row.revoked_at is not None:
        raise GuardFailed(Reason("token_revoked", _("The token was revoked before."), "token"))
    s.execute(update(_TOKEN).where(_TOKEN.c.id == token_id).values(revoked_at=now))
    facts = {"person": row.person_id, "token": token_id, "name": row.name}
    system_events.append(s, "token.revoked", facts, actor, now)


def _refuse_others(person: PersonInfo, actor: PersonInfo | None) -> None:
    if actor is not None and actor.id != person.id:
        raise NotAllowed(
            Reason(
                "token_of_another",
                _("A token acts as its person; nobody makes one for somebody else."),
                "person",
                _("Let the person make it."),
            )
        )
    if not person.active:
        message = _("{name} is not active.").format(name=person.username)
        raise GuardFailed(Reason("person_inactive", message, "person"))


def _clean_scopes(scopes: Iterable[str]) -> list[str]:
    given = set(scopes)
    if not given or not given <= set(SCOPES):
        raise Malformed(
            Reason(
                "scopes_unknown",
                _("These are no scopes: {names}.").format(names=", ".join(sorted(given)) or "-"),
                "scopes",
                _("Use one of: {names}.").format(names=", ".join(SCOPES)),
            )
        )
    return [scope for scope in SCOPES if scope in given]


def _refuse_days(days: int) -> None:
    most = settings().token_max_days
    if not 1 <= days <= most:
        raise Malformed(
            Reason(
                "days_malformed",
                _("A token lasts 1 to {n} days.").format(n=most),
                "days",
                _("Give another number of days."),
            )
        )
