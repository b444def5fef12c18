"""Units after they were added: corrected, deactivated, taken back by the system administrator."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update

from config.i18n import gettext as _
from config.roles import Role, UnitKind
from models import tables
from models.db import Session
from models.directory import PersonInfo, UnitInfo
from models.queries import people
from models.queries.running import DONE, is_open
from workflow import system_events
from workflow.administrators import require
from workflow.commands.base import clean
from workflow.context import context
from workflow.errors import GuardFailed, NotVisible, Reason
from workflow.organisation import find_unit, known

_T, _U = tables.task.c, tables.unit.c


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
        .where(_T.state.not_in(DONE), is_open(tables.issue.c), mine)
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
