"""Units and people after they were added: corrected, deactivated, taken back.

A unit is the system administrator's. So are people, but whoever watches (security administrators,
auditors) is deactivated by a security administrator, as with their accounts; nobody deactivates
themselves. Rights of who is deactivated sleep; whoever has any is taken back by the security
administrator, because that gives rights. So does a move to another unit: roles reach as far as the
unit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update

from config.i18n import LANGUAGES
from config.i18n import gettext as _
from config.roles import Post, Role, UnitKind
from models import tables
from models.db import Session
from models.directory import PersonInfo, UnitInfo
from models.queries import people
from models.queries.running import is_open
from workflow import system_events
from workflow.accounts import sessions
from workflow.administrators import require
from workflow.commands.base import clean
from workflow.context import context
from workflow.errors import GuardFailed, NotVisible, Reason
from workflow.organisation import changed, find_person, find_unit, known

CONTACTS = frozenset({"email", "phone", "wecom_userid"})
WATCHING = frozenset({Role.SECADMIN, Role.AUDITOR})
_T, _U, _P, _G = tables.task.c, tables.unit.c, tables.person.c, tables.role_grant.c
ENDED = ("verified", "withdrawn")


def edit_unit(
    s: Session,
    *,
    code: str,
    name: str,
    name_en: str,
    kind: str,
    parent: str | None,
    is_board: bool,
    actor: PersonInfo | None,
    now: datetime,
) -> None:
    """Correct a unit; its code stays. Raises `GuardFailed` for a name that is taken or a unit
    above itself, `Malformed`, `NotVisible` for an unknown code."""
    require(s, actor, Role.SYSADMIN)
    unit = unit_of(s, code)
    known("kind", kind, UnitKind)
    above = find_unit(s, parent).id if parent else None
    wanted: dict[str, Any] = {
        "name": clean("name", name, most=120, needed=True),
        "name_en": clean("name_en", name_en, most=160),
        "kind": kind,
        "parent_id": above,
        "is_board": is_board,
    }
    _refuse_taken(s, unit, wanted["name"])
    _refuse_circle(s, unit, above)
    _write_unit(s, unit, wanted, "unit.changed", actor, now)


def set_unit_active(
    s: Session, *, code: str, active: bool, actor: PersonInfo | None, now: datetime
) -> None:
    """Deactivate a unit, or take it back.

    Raises `GuardFailed` with every reason while anything still counts on it: running work, active
    people, units below it, categories of the policy in force.
    """
    require(s, actor, Role.SYSADMIN)
    unit = unit_of(s, code)
    # whoever names the unit in a task meanwhile has ended, or finds it inactive (`workflow.naming`)
    s.execute(select(_U.id).where(_U.id == unit.id).with_for_update())
    found = [] if active else ties(s, unit)
    if found:
        raise GuardFailed(*found)
    tag = "unit.reactivated" if active else "unit.deactivated"
    _write_unit(s, unit, {"active": active}, tag, actor, now)


def ties(s: Session, unit: UnitInfo) -> list[Reason]:
    """What keeps a unit from being deactivated."""
    everybody = context(s).directory
    staff = sum(p.active and p.unit_id == unit.id for p in everybody.people.values())
    below = [u.name for u in everybody.units.values() if u.parent_id == unit.id and u.active]
    named = _categories(s, unit)
    found = [_open_work(s, unit)]
    if staff:
        found.append(
            Reason(
                "unit_has_people",
                _("{n} active people belong to it.").format(n=staff),
                remedy=_("Move or deactivate them first."),
            )
        )
    if below:
        found.append(
            Reason(
                "unit_has_units",
                _("Units stand below it: {names}.").format(names="、".join(below)),
                remedy=_("Move or deactivate them first."),
            )
        )
    if named:
        found.append(
            Reason(
                "unit_in_policy",
                _("The policy in force names it: {names}.").format(names="、".join(named)),
                remedy=_("Activate a policy that names another unit."),
            )
        )
    return [reason for reason in found if reason is not None]


def _open_work(s: Session, unit: UnitInfo) -> Reason | None:
    """Open tasks need an active unit to lead, verify and support them."""
    support = select(tables.co_unit.c.task_id).where(
        tables.co_unit.c.unit_id == unit.id, tables.co_unit.c.state == "awaited"
    )
    mine = or_(_T.lead_unit_id == unit.id, _T.verifier_unit_id == unit.id, _T.id.in_(support))
    chosen = (
        select(func.count())
        .select_from(tables.task.join(tables.issue))
        .where(_T.state.not_in(ENDED), is_open(tables.issue.c), mine)
    )
    count = int(s.execute(chosen).scalar_one())
    if not count:
        return None
    return Reason(
        "unit_has_work",
        _("It leads, verifies or supports {n} open tasks.").format(n=count),
        remedy=_("Let the office reassign them first."),
    )


def _categories(s: Session, unit: UnitInfo) -> list[str]:
    policy, names = context(s).policy(), (unit.code, unit.name)
    found = [k for k, c in policy.categories.items() if c.lead in names or c.verifier in names]
    return found + (["closure.fallback_verifier"] * (policy.closure.fallback_verifier in names))


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
    if not to.active:
        message = _("{name} is not active.").format(name=to.name)
        raise GuardFailed(Reason("unit_inactive", message, "unit", _("Choose another one.")))
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
        .where(mine, _T.state.not_in(ENDED), is_open(tables.issue.c))
    )
    return int(s.execute(chosen).scalar_one())


def unit_of(s: Session, code: str) -> UnitInfo:
    """The unit with exactly that code; `NotVisible` otherwise."""
    unit = context(s).directory.by_code.get(code)
    if unit is None:
        message = _("Unknown unit {name}.").format(name=code[:40])
        raise NotVisible(Reason("unit_unknown", message, "code", _("Look at the list of units.")))
    return unit


def _refuse_taken(s: Session, unit: UnitInfo, name: str) -> None:
    other = context(s).directory.find_unit(name)
    if other is not None and other.id != unit.id:
        message = _("There is a unit {name} already.").format(name=name)
        raise GuardFailed(Reason("unit_exists", message, "name", _("Choose another name.")))


def _refuse_circle(s: Session, unit: UnitInfo, above: int | None) -> None:
    units, seen = context(s).directory.units, above
    while seen is not None:
        if seen == unit.id:
            message = _("A unit cannot stand below itself.")
            raise GuardFailed(Reason("unit_circle", message, "parent", _("Choose another one.")))
        seen = units[seen].parent_id


def _write_unit(
    s: Session,
    unit: UnitInfo,
    wanted: dict[str, Any],
    tag: str,
    actor: PersonInfo | None,
    now: datetime,
) -> None:
    old = {key: getattr(unit, key) for key, value in wanted.items() if getattr(unit, key) != value}
    if not old:
        return
    new = {key: wanted[key] for key in old}
    s.execute(update(tables.unit).where(_U.id == unit.id).values(**new))
    people.bump_organisation(s)
    facts = {"unit": unit.id, "code": unit.code, "old": old, "new": new}
    system_events.append(s, tag, facts, actor, now)


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
