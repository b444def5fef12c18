"""People after they were added: corrected, moved, deactivated, taken back.

They are the system administrator's, but whoever watches (security administrators, auditors) is
deactivated by a security administrator, as with their accounts; nobody deactivates themselves.
Rights of who is deactivated sleep; whoever has any is taken back by the security administrator,
because that gives rights. So does a move to another unit: roles reach as far as the unit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update

from config.i18n import LANGUAGES
from config.i18n import gettext as _
from config.roles import Post, Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.running import DONE, is_open
from workflow.accounts import sessions
from workflow.administrators import require
from workflow.commands.base import clean
from workflow.errors import GuardFailed, Reason
from workflow.organisation import changed, find_person, find_unit, known, refuse_inactive

CONTACTS = frozenset({"email", "phone", "wecom_userid"})
WATCHING = frozenset({Role.SECADMIN, Role.AUDITOR})
_T, _P, _G = tables.task.c, tables.person.c, tables.role_grant.c


def edit_person(
    s: Session,
    *,
    username: str,
    name: str,
    post: str,
    email: str,
    phone: str,
    actor: PersonInfo | None,
    now: datetime,
    wecom_userid: str | None = None,
) -> None:
    """Correct a person; username and unit stay, and `wecom_userid` where it is None.

    Raises `NotVisible`, `Malformed`.
    """
    require(s, actor, Role.SYSADMIN)
    person = find_person(s, username)
    known("post", post, Post)
    wanted = {
        "name": clean("name", name, most=60, needed=True),
        "post": post,
        "email": clean("email", email, most=200) or None,
        "phone": clean("phone", phone, most=40) or None,
    }
    if wecom_userid is not None:
        wanted["wecom_userid"] = clean("wecom_userid", wecom_userid, most=64) or None
    _write_person(s, person, wanted, "person.changed", actor, now)


def move_person(
    s: Session, *, username: str, unit: str, actor: PersonInfo | None, now: datetime
) -> None:
    """Move a person to another active unit, which ends every session.

    Whoever holds a role, even one that sleeps, gets the new unit's scope with it: that is the
    security administrator's to give (三员分立). Raises `NotAllowed`, `NotVisible`, `Malformed`,
    `GuardFailed`.
    """
    require(s, actor, Role.SYSADMIN, Role.SECADMIN)
    person = find_person(s, username)
    require(s, actor, mover_of(granted(s, person)))
    to = find_unit(s, unit)
    if to.id == person.unit_id:
        return
    refuse_inactive(to)
    sessions.end_all(s, person, now, "moved")
    _write_person(s, person, {"unit_id": to.id}, "person.moved", actor, now)


def mover_of(held: frozenset[str]) -> Role:
    """Whose it is to move somebody with these rights."""
    return Role.SECADMIN if held else Role.SYSADMIN


def set_person_active(
    s: Session, *, username: str, active: bool, actor: PersonInfo | None, now: datetime
) -> None:
    """Deactivate a person, which ends every session, or take one back. Raises `NotAllowed`,
    `GuardFailed` for oneself."""
    require(s, actor, Role.SYSADMIN, Role.SECADMIN)
    person = find_person(s, username)
    held = granted(s, person)
    watched = bool(held) if active else bool(held & WATCHING)
    require(s, actor, Role.SECADMIN if watched else Role.SYSADMIN)
    if actor is not None and actor.id == person.id:
        message = _("Nobody deactivates themselves.")
        raise GuardFailed(Reason("own_account", message, remedy=_("Let another person do it.")))
    if not active:
        sessions.end_all(s, person, now, "deactivated")
    tag = "person.reactivated" if active else "person.deactivated"
    _write_person(s, person, {"active": active}, tag, actor, now)


def set_language(s: Session, *, language: str, actor: PersonInfo, now: datetime) -> None:
    """The language in which one's own notices are written."""
    known("language", language, LANGUAGES)
    _write_person(s, actor, {"language": language}, "person.changed", actor, now)


def granted(s: Session, person: PersonInfo) -> frozenset[str]:
    """A person's rights, also those that sleep while the person is not active."""
    return frozenset(s.execute(select(_G.role).where(_G.person_id == person.id)).scalars())


def tasks_of(s: Session, person: PersonInfo) -> int:
    """How many open tasks name the person as handler or leader."""
    mine = or_(_T.responsible_person_id == person.id, _T.responsible_leader_id == person.id)
    chosen = (
        select(func.count())
        .select_from(tables.task.join(tables.issue))
        .where(mine, _T.state.not_in(DONE), is_open(tables.issue.c))
    )
    return int(s.execute(chosen).scalar_one())


def _write_person(
    s: Session,
    person: PersonInfo,
    wanted: dict[str, Any],
    tag: str,
    actor: PersonInfo | None,
    now: datetime,
) -> None:
    old = {k: getattr(person, k) for k, value in wanted.items() if getattr(person, k) != value}
    if not old:
        return
    new = {key: wanted[key] for key in old}
    s.execute(update(tables.person).where(_P.id == person.id).values(**new))
    if CONTACTS & set(old):  # what identifies a person at home stays out of the history
        old, new = ({k: v for k, v in d.items() if k not in CONTACTS} for d in (old, new))
        new["contact"] = True
    changed(s, tag, person, {"old": old, "new": new}, actor, now)
