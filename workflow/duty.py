"""值班联系人: whom a unit names for what reaches nobody else there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete

from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries import people
from models.statements import upsert
from workflow import system_events
from workflow.administrators import require
from workflow.context import context
from workflow.errors import GuardFailed, Reason
from workflow.organisation import find_person
from workflow.unit_changes import unit_of


def set_duty(
    s: Session, *, unit: str, person: str | None, actor: PersonInfo | None, now: datetime
) -> None:
    """Name the duty contact of a unit (by its code), or none.

    Raises `NotVisible` for an unknown unit or person, `GuardFailed` for somebody of another unit
    or who is not active.
    """
    require(s, actor, Role.SYSADMIN)
    found = unit_of(s, unit)
    named = find_person(s, person) if person else None
    if named is not None and (named.unit_id != found.id or not named.active):
        raise GuardFailed(
            Reason(
                "not_in_unit",
                _("{person} is no active member of {unit}.").format(
                    person=named.name, unit=found.name
                ),
                "duty",
                _("Name somebody who works there."),
            )
        )
    before = context(s).directory.duty.get(found.id)
    if before == (named.id if named else None):
        return
    if named is None:
        s.execute(delete(tables.duty_contact).where(tables.duty_contact.c.unit_id == found.id))
    else:
        upsert(s, tables.duty_contact, {"unit_id": found.id}, person_id=named.id)
    people.bump_organisation(s)
    facts = {"unit": found.id, "code": found.code, "person": named.id if named else None}
    system_events.append(s, "unit.duty", facts, actor, now)
