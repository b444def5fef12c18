"""Task forces (专班, S1 1.3): a leader, member units, the projects they look after.

Membership gives no rights: who sees a project or an issue is settled by roles and units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects import history
from projects.access import (
    OFFICE,
    find_project,
    refuse_merged,
    refuse_stale,
    require,
    sees_business,
)
from projects.library.records import Saved, refuse_future
from workflow.case import not_visible
from workflow.commands.base import clean
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, Reason
from workflow.organisation import find_unit

_F = tables.task_force.c
_MEMBERS = {"unit": tables.task_force_unit, "project": tables.task_force_project}


def found(
    s: Session,
    *,
    actor: PersonInfo,
    name: str,
    since: date,
    now: datetime,
    purpose: str = "",
    leader: str = "",
    leader_name: str = "",
    lead_unit: str = "",
    units: Sequence[str] = (),
) -> Saved:
    """Set a task force up. `leader` is a username, `leader_name` somebody outside."""
    require(actor, OFFICE)
    refuse_future(s, since, "since", now)
    values = _values(s, name, purpose, leader, leader_name, lead_unit)
    _refuse_taken(s, values["name"], None)
    made = s.execute(
        insert(tables.task_force).values(**values, since=since, version=1).returning(_F.id)
    )
    key = int(made.scalar_one())
    history.note(s, f"task_force:{key}", "force.founded", values | {"since": since}, actor, now)
    members = dict.fromkeys(find_unit(s, unit).id for unit in units)
    for unit_id in members:
        _join(s, "unit", key, unit_id, actor, now)
    return Saved(key, 1)


def edit(
    s: Session,
    *,
    actor: PersonInfo,
    force_id: int,
    name: str,
    now: datetime,
    purpose: str = "",
    leader: str = "",
    leader_name: str = "",
    lead_unit: str = "",
    expected_version: int | None = None,
) -> Saved:
    """Correct name, purpose, leader or lead unit."""
    row = _opened(s, actor, force_id, expected_version)
    values = _values(s, name, purpose, leader, leader_name, lead_unit)
    _refuse_taken(s, values["name"], row.id)
    changed = history.changes(row, values)
    if not changed:
        return Saved(row.id, row.version)
    history.note(s, f"task_force:{row.id}", "force.edited", {"changes": changed}, actor, now)
    return _save(s, row, values)


def amend(
    s: Session,
    *,
    actor: PersonInfo,
    force_id: int,
    changes: Mapping[str, str],
    now: datetime,
    expected_version: int | None = None,
) -> Saved:
    """As `edit`, for a part of it: what `changes` does not name stays as it is. A leader named in
    one of the two ways takes the place of one named in the other."""
    row = find(s, actor, force_id, lock=True)
    given = head(s, row) | dict(changes)
    if changes.get("leader_name") and not changes.get("leader"):
        given["leader"] = ""
    return edit(
        s, actor=actor, force_id=force_id, now=now, expected_version=expected_version, **given
    )


def head(s: Session, row: Any) -> dict[str, str]:
    """Name, purpose, leader and lead unit as `edit` takes them."""
    people = context(s).directory
    leader, unit = people.people.get(row.leader_id), people.units.get(row.lead_unit_id)
    return {
        "name": row.name,
        "purpose": row.purpose,
        "leader": leader.username if leader else "",
        "leader_name": "" if leader else row.leader,
        "lead_unit": unit.code if unit else "",
    }


def dissolve(
    s: Session,
    *,
    actor: PersonInfo,
    force_id: int,
    ended_on: date,
    now: datetime,
    expected_version: int | None = None,
) -> Saved:
    """End a task force; its page stays."""
    row = _opened(s, actor, force_id, expected_version)
    refuse_future(s, ended_on, "ended_on", now)
    if ended_on < row.since:
        message = _("The task force exists since {day} only.").format(day=row.since)
        raise GuardFailed(Reason("ended_early", message, "ended_on", _("Check the date.")))
    data = {"ended_on": ended_on}
    history.note(s, f"task_force:{row.id}", "force.ended", data, actor, now)
    return _save(s, row, data)


def join(
    s: Session,
    *,
    actor: PersonInfo,
    force_id: int,
    now: datetime,
    unit: str = "",
    project_id: int | None = None,
    expected_version: int | None = None,
) -> Saved:
    """Add a member unit, or a project to look after."""
    row = _opened(s, actor, force_id, expected_version)
    kind, key = _member(s, actor, unit, project_id)
    if key in _members(s, kind, row.id):
        message = _("It belongs to the task force already.")
        raise GuardFailed(Reason("member_same", message, kind, _("Choose another one.")))
    _join(s, kind, row.id, key, actor, now)
    return _save(s, row, {})


def leave(
    s: Session,
    *,
    actor: PersonInfo,
    force_id: int,
    now: datetime,
    unit: str = "",
    project_id: int | None = None,
    expected_version: int | None = None,
) -> Saved:
    """Take a unit or a project out of a task force."""
    row = _opened(s, actor, force_id, expected_version)
    kind, key = _member(s, actor, unit, project_id)
    if key not in _members(s, kind, row.id):
        message = _("It does not belong to the task force.")
        raise GuardFailed(Reason("member_none", message, kind, _("Load the page again.")))
    table = _MEMBERS[kind]
    column = table.c[f"{kind}_id"]
    s.execute(delete(table).where(table.c.task_force_id == row.id, column == key))
    data = {f"{kind}_id": key}
    history.note(s, f"task_force:{row.id}", f"force.{kind}_left", data, actor, now)
    return _save(s, row, {})


def find(s: Session, actor: PersonInfo, force_id: int, *, lock: bool = False) -> Any:
    """A task force's row. Everybody in business may see it; others get `NotVisible`."""
    chosen = select(tables.task_force).where(_F.id == force_id)
    row = s.execute(chosen.with_for_update() if lock else chosen).first()
    if row is None or not sees_business(actor):
        raise not_visible(str(force_id))
    return row


def _opened(s: Session, actor: PersonInfo, force_id: int, expected_version: int | None) -> Any:
    row = find(s, actor, force_id, lock=True)
    require(actor, OFFICE)
    refuse_stale(row, expected_version)
    if row.ended_on is not None:
        message = _("The task force has ended on {day}.").format(day=row.ended_on)
        raise GuardFailed(Reason("force_ended", message, "", _("Set up a new one.")))
    return row


def _save(s: Session, row: Any, values: dict[str, Any]) -> Saved:
    version = row.version + 1
    s.execute(update(tables.task_force).where(_F.id == row.id).values(**values, version=version))
    return Saved(row.id, version)


def _values(
    s: Session, name: str, purpose: str, leader: str, leader_name: str, lead_unit: str
) -> dict[str, Any]:
    person = _person(s, leader) if leader.strip() else None
    return {
        "name": clean("name", name, most=100, needed=True),
        "purpose": clean("purpose", purpose, most=500),
        "leader_id": person.id if person else None,
        "leader": person.name if person else clean("leader_name", leader_name, most=60),
        "lead_unit_id": find_unit(s, lead_unit).id if lead_unit.strip() else None,
    }


def _person(s: Session, username: str) -> PersonInfo:
    person = context(s).directory.by_username.get(username.strip())
    if person is None or not person.active:
        message = _("There is no active person {name}.").format(name=username.strip()[:60])
        raise Malformed(Reason("person_unknown", message, "leader", _("Choose another person.")))
    return person


def _refuse_taken(s: Session, name: str, own: int | None) -> None:
    other = s.execute(select(_F.id).where(_F.name == name)).scalar()
    if other is not None and other != own:
        message = _("There is a task force of this name already.")
        raise GuardFailed(Reason("name_taken", message, "name", _("Choose another name.")))


def _member(s: Session, actor: PersonInfo, unit: str, project_id: int | None) -> tuple[str, int]:
    if project_id is not None:
        row = find_project(s, actor, project_id, lock=True)
        refuse_merged(row)
        return "project", int(row.id)
    return "unit", find_unit(s, unit).id


def _members(s: Session, kind: str, force_id: int) -> set[int]:
    table = _MEMBERS[kind]
    chosen = select(table.c[f"{kind}_id"]).where(table.c.task_force_id == force_id)
    return set(s.execute(chosen).scalars())


def _join(s: Session, kind: str, force_id: int, key: int, actor: PersonInfo, now: datetime) -> None:
    row = {"task_force_id": force_id, f"{kind}_id": key}
    s.execute(insert(_MEMBERS[kind]).values(**row))
    data = {f"{kind}_id": key}
    history.note(s, f"task_force:{force_id}", f"force.{kind}_joined", data, actor, now)
