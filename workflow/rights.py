"""Giving and taking rights: the security administrator's, each change in the system's history."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select

from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow.administrators import require, require_to_grant
from workflow.errors import GuardFailed, Reason
from workflow.organisation import changed, find_person, known, refuse_mixed
from workflow.wording import role_name, role_names


def grant(s: Session, *, username: str, role: str, actor: PersonInfo | None, now: datetime) -> None:
    """Give a right. Refused where 三员分立 keeps it apart from those the person has.

    Who may is asked first, which locks the rights: two grants at once cannot mix what is apart.
    """
    require_to_grant(s, actor, frozenset({role}))
    known("role", role, Role)
    person = find_person(s, username)
    held = _held(s, person.id)
    if role in held:
        raise GuardFailed(
            Reason(
                "role_held",
                _("{person} has the role {role} already.").format(
                    person=person.name, role=role_name(role)
                ),
                "role",
            )
        )
    refuse_mixed(held | {role})
    s.execute(insert(tables.role_grant).values(person_id=person.id, role=role))
    changed(s, "person.granted", person, {"role": role}, actor, now)


def revoke(
    s: Session, *, username: str, role: str, actor: PersonInfo | None, now: datetime
) -> None:
    """Take a right away."""
    require(s, actor, Role.SECADMIN)
    person = find_person(s, username)
    table = tables.role_grant.c
    gone = s.execute(
        delete(tables.role_grant).where(table.person_id == person.id, table.role == role)
    ).rowcount
    if not gone:
        raise GuardFailed(
            Reason(
                "role_not_held",
                _("{person} does not have the role {role}.").format(
                    person=person.name, role=role_name(role)
                ),
                "role",
                _("The person has: {names}.").format(names=role_names(_held(s, person.id)) or "-"),
            )
        )
    changed(s, "person.revoked", person, {"role": role}, actor, now)


def _held(s: Session, person_id: int) -> frozenset[str]:
    """A person's rights as they stand in the database, also of one who is not active."""
    table = tables.role_grant.c
    return frozenset(s.execute(select(table.role).where(table.person_id == person_id)).scalars())
