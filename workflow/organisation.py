"""Units and people as changed by the administrators, each change in the system's history.

Who may is decided in `workflow.administrators`; without an actor only the first set-up is done.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import update

from config.i18n import gettext as _
from config.roles import Post, Role, UnitKind
from models import tables
from models.db import Session
from models.directory import PersonInfo, UnitInfo
from models.queries import people
from workflow import system_events
from workflow.administrators import require, require_to_add
from workflow.commands.base import clean
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, NotVisible, Reason
from workflow.wording import role_names

_LASTING = re.compile(r"\w(?:[\w.@+ -]*[\w.@+-])?")


def lasting(field: str, text: str, *, most: int) -> str:
    """A unit's code or a person's username: it stands in addresses and never changes.

    `-` alone is the ledger's word for no board, and what has a slash has no page.
    """
    found = clean(field, text, most=most, needed=True)
    if _LASTING.fullmatch(found) is None:
        raise Malformed(
            Reason(
                f"{field}_malformed",
                _("{text} cannot stand in an address.").format(text=found),
                field,
                _("Use letters and digits, with spaces or . _ - @ + between them."),
            )
        )
    return found


def add_unit(
    s: Session,
    *,
    code: str,
    name: str,
    kind: str,
    actor: PersonInfo | None,
    now: datetime,
    name_en: str = "",
    parent: str | None = None,
    is_board: bool | None = None,
) -> int:
    """Add a unit. Towns and streets are boards (板块) unless said otherwise."""
    require(s, actor, Role.SYSADMIN)
    directory = context(s).directory
    known("kind", kind, UnitKind)
    code = lasting("code", code, most=40)
    name = clean("name", name, most=120, needed=True)
    for text in (code, name):
        if directory.find_unit(text) is not None:
            raise GuardFailed(
                Reason(
                    "unit_exists",
                    _("There is a unit {name} already.").format(name=text),
                    "code",
                    _("Choose another code and name."),
                )
            )
    board = kind in (UnitKind.TOWN, UnitKind.STREET) if is_board is None else is_board
    above = find_unit(s, parent).id if parent else None
    unit_id = people.add_unit(
        s,
        code=code,
        name=name,
        name_en=clean("name_en", name_en, most=160),
        kind=kind,
        parent_id=above,
        is_board=board,
    )
    system_events.append(
        s, "unit.added", {"unit": unit_id, "code": code, "name": name, "kind": kind}, actor, now
    )
    return unit_id


def add_person(
    s: Session,
    *,
    username: str,
    name: str,
    unit: str,
    actor: PersonInfo | None,
    now: datetime,
    post: str = Post.STAFF,
    roles: tuple[str, ...] = (),
    email: str = "",
    phone: str = "",
    language: str = "zh_CN",
    wecom_userid: str = "",
) -> int:
    """Add a person; with rights only in the first set-up, later `rights.grant` gives them."""
    require_to_add(s, actor, frozenset(roles))
    username = lasting("username", username, most=60)
    known("post", post, Post)
    for role in roles:
        known("role", role, Role)
    refuse_mixed(frozenset(roles))
    if username in context(s).directory.by_username:
        raise GuardFailed(
            Reason(
                "person_exists",
                _("There is a person {name} already.").format(name=username),
                "username",
                _("Choose another username."),
            )
        )
    own = find_unit(s, unit)
    refuse_inactive(own)
    person_id = people.add_person(
        s,
        roles=tuple(dict.fromkeys(roles)),
        username=username,
        name=clean("name", name, most=60, needed=True),
        unit_id=own.id,
        post=post,
        email=clean("email", email, most=200) or None,
        phone=clean("phone", phone, most=40) or None,
        language=language,
        wecom_userid=clean("wecom_userid", wecom_userid, most=64) or None,
    )
    system_events.append(
        s,
        "person.added",
        {"person": person_id, "username": username, "roles": list(roles)},
        actor,
        now,
    )
    return person_id


def away(
    s: Session,
    *,
    username: str,
    deputy: str | None,
    since: datetime | None,
    until: datetime | None,
    actor: PersonInfo | None,
    now: datetime,
) -> None:
    """Record an absence and who stands in; without `since` the person is back.

    People record their own absence; for others it is the system administrator's.
    """
    person = find_person(s, username)
    if actor is None or actor.id != person.id:
        require(s, actor, Role.SYSADMIN)
    if since is not None and until is not None and until <= since:
        raise Malformed(
            Reason(
                "until_before_since",
                _("The absence ends before it begins."),
                "until",
                _("Give a later end."),
            )
        )
    stand_in = find_person(s, deputy) if deputy else None
    if stand_in is not None and stand_in.id == person.id:
        raise Malformed(
            Reason(
                "own_deputy",
                _("Nobody stands in for themselves."),
                "deputy",
                _("Name another person."),
            )
        )
    s.execute(
        update(tables.person)
        .where(tables.person.c.id == person.id)
        .values(
            away_from=since,
            away_until=until if since is not None else None,
            deputy_id=stand_in.id if stand_in else person.deputy_id,
        )
    )
    changed(
        s,
        "person.away",
        person,
        {
            "since": since.isoformat() if since else None,
            "until": until.isoformat() if until else None,
            "deputy": deputy,
        },
        actor,
        now,
    )


def find_person(s: Session, username: str) -> PersonInfo:
    """A person by username; `NotVisible` otherwise."""
    person = context(s).directory.by_username.get(username)
    if person is None:
        raise NotVisible(
            Reason(
                "unknown_person",
                _("There is no person {name}.").format(name=username),
                "username",
                _("Check the username."),
            )
        )
    return person


def find_unit(s: Session, text: str, field: str = "unit") -> UnitInfo:
    """A unit by code or full name; `Malformed` naming the field otherwise."""
    unit = context(s).directory.find_unit(text.strip())
    if unit is None:
        raise Malformed(
            Reason(
                "unit_unknown",
                _("Unknown unit {name}.").format(name=text),
                field,
                _("Use the unit's code or full name."),
            )
        )
    return unit


def changed(
    s: Session,
    tag: str,
    person: PersonInfo,
    data: dict[str, Any],
    actor: PersonInfo | None,
    now: datetime,
) -> None:
    """Raise the organisation's edition and write the change down."""
    people.bump_organisation(s)
    facts = {"person": person.id, "username": person.username}
    system_events.append(s, tag, facts | data, actor, now)


def known(field: str, value: str, names_of: Any) -> None:
    """Refuse a value that is none of an enumeration's."""
    names = [str(name) for name in names_of]
    if value not in names:
        raise Malformed(
            Reason(
                f"{field}_unknown",
                _("Unknown {field} {name}.").format(field=field, name=value),
                field,
                _("Use one of: {names}.").format(names=", ".join(names)),
            )
        )


def refuse_mixed(roles: frozenset[str]) -> None:
    """Refuse rights that one person must not hold together."""
    try:
        people.refuse_mixed_roles(roles)
    except ValueError:
        raise GuardFailed(
            Reason(
                "roles_apart",
                _("roles that must be kept apart: {roles}").format(roles=role_names(roles)),
                "role",
                _("Let different persons hold these roles."),
            )
        ) from None


def refuse_inactive(unit: UnitInfo) -> None:
    """Nobody comes into a unit that is no more. Raises `GuardFailed`."""
    if not unit.active:
        message = _("{name} is not active.").format(name=unit.name)
        raise GuardFailed(Reason("unit_inactive", message, "unit", _("Choose another one.")))
