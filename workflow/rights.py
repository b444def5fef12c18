"""Giving and taking rights: the security administrator's, each change in the system's history."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert

from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow.errors import GuardFailed, Reason
from workflow.organisation import changed, find_person, known, refuse_mixed, require


def grant(s: Session, *, username: str, role: str, actor: PersonInfo | None, now: datetime) -> None:
    """Give a right. Refused where 三员分立 keeps it apart from those the person has."""
    require(actor, Role.SECADMIN)
    known("role", role, Role)
    person = find_person(s, username)
    if role in person.roles:
        raise GuardFailed(
            Reason(
                "role_held",
                _("{person} has the role {role} already.").format(person=person.name, role=role),
                "role",
            )
        )
    refuse_mixed(person.roles | {role})
    s.execute(insert(tables.role_grant).values(person_id=person.id, role=role))
    changed(s, "person.granted", person, {"role": role}, actor, now)


def revoke(
    s: Session, *, username: str, role: str, actor: PersonInfo | None, now: datetime
) -> None:
    """Take a right away."""
    require(actor, Role.SECADMIN)
    person = find_person(s, username)
    table = tables.role_grant.c
    gone = s.execute(
        delete(tables.role_grant).where(table.person_id == person.id, table.role == role)
    ).rowcount
    if not gone:
        raise GuardFailed(
            Reason(
                "role_not_held",
                _("{person} does not have the role {role}.").format(person=person.name, role=role),
                "role",
                _("The person has: {names}.").format(names=", ".join(sorted(person.roles)) or "-"),
            )
        )
    changed(s, "person.revoked", person, {"role": role}, actor, now)
