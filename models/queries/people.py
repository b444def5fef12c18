"""Units, people and rights. Every change raises the edition that caches watch."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select, update

from config.i18n import gettext as _
from config.roles import SEPARATED
from models import tables
from models.db import Session
from models.directory import Directory, PersonInfo, UnitInfo
from models.heads import forget_head


def load_directory(s: Session) -> Directory:
    """Read every unit, person and right. Called when the organisation's edition has changed."""
    directory = Directory()
    for row in s.execute(select(tables.unit)):
        unit = UnitInfo(
            row.id,
            row.code,
            row.name,
            row.name_en,
            row.kind,
            row.parent_id,
            row.is_board,
            row.active,
        )
        directory.units[unit.id] = unit
        directory.by_code[unit.code] = unit
    for row in s.execute(select(tables.duty_contact)):
        directory.duty[row.unit_id] = row.person_id
    _load_people(s, directory)
    return directory


def _load_people(s: Session, directory: Directory) -> None:
    roles: dict[int, set[str]] = {}
    for grant in s.execute(select(tables.role_grant)):
        roles.setdefault(grant.person_id, set()).add(grant.role)
    chosen: dict[tuple[int, bool], list[str]] = {}
    for choice in s.execute(select(tables.channel_choice)):
        chosen.setdefault((choice.person_id, choice.wanted), []).append(choice.channel)
    b = tables.bounce.c
    bounces = list(
        s.execute(select(b.channel, b.address, b.person_id).where(b.cleared_at.is_(None)))
    )
    for row in s.execute(select(tables.person).order_by(tables.person.c.id)):
        person = PersonInfo(
            row.id,
            row.username,
            row.name,
            row.unit_id,
            row.post,
            row.email,
            row.phone,
            row.language,
            row.active,
            row.deputy_id,
            row.away_from,
            row.away_until,
            frozenset(roles.get(row.id, ())) if row.active else frozenset(),
            row.wecom_userid,
            frozenset(chosen.get((row.id, True), ())),
            frozenset(chosen.get((row.id, False), ())),
            _bounced(bounces, row),
        )
        directory.people[person.id] = person
        directory.by_username[person.username] = person
        if person.active:
            directory.by_post.setdefault((person.unit_id, person.post), []).append(person)
            for role in person.roles:
                directory.by_role.setdefault(role, []).append(person)


def _bounced(bounces: list[Any], person: Any) -> frozenset[tuple[str, str]]:
    """Addresses that bounced for the person, or for somebody who has the same one."""
    own = {person.email, person.phone, person.wecom_userid, person.username}
    return frozenset(
        (b.channel, b.address) for b in bounces if b.person_id == person.id or b.address in own
    )


def bump_organisation(s: Session) -> None:
    """Tell every process that people or rights have changed; must follow each change of them."""
    head = tables.engine_head
    s.execute(update(head).values(organisation_edition=head.c.organisation_edition + 1))
    forget_head(s)
    s.memo["organisation_dirty"] = True


def add_unit(s: Session, **values: Any) -> int:
    """Add a unit and return its id. `code` and `name` must be new."""
    created = s.execute(insert(tables.unit).values(**values)).inserted_primary_key
    bump_organisation(s)
    return int(created[0]) if created else 0


def add_person(s: Session, *, roles: tuple[str, ...] = (), **values: Any) -> int:
    """Add a person with rights and return the id. Refuses rights that must be kept apart."""
    refuse_mixed_roles(frozenset(roles))
    created = s.execute(insert(tables.person).values(**values)).inserted_primary_key
    person_id = int(created[0]) if created else 0
    if roles:
        s.execute(
            insert(tables.role_grant), [{"person_id": person_id, "role": role} for role in roles]
        )
    bump_organisation(s)
    return person_id


def refuse_mixed_roles(roles: frozenset[str]) -> None:
    """三员分立: auditor, system and security administrators hold nothing else."""
    if roles & SEPARATED and len(roles) > 1:
        raise ValueError(
            _("roles that must be kept apart: {roles}").format(roles=", ".join(sorted(roles)))
        )
