"""The chain of responsibility (S3 3.5): who answers for a project in which part, dated.

Each role has one holder at a time. The board and the commissioner in force stand in the project's
own row, too, because the rights come from there; a name typed as text gives no rights.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update

from config.i18n import gettext as _
from config.projects import DUTIES, Duty
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo, UnitInfo
from projects.access import OFFICE, require
from projects.library.records import Saved, note, opened, refuse_future, save
from workflow.commands.base import clean
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, Reason
from workflow.naming import kept_active
from workflow.organisation import find_unit

_D = tables.project_duty.c
UNITS_ONLY = frozenset({Duty.BOARD, Duty.LEAD_UNIT})
"""Roles that a unit holds; a person may be named beside it."""


def assign(
    s: Session,
    *,
    actor: PersonInfo,
    project_id: int,
    role: str,
    since: date,
    now: datetime,
    unit: str = "",
    person: str = "",
    name: str = "",
    expected_version: int | None = None,
) -> Saved:
    """Give a part in the chain to a unit, a person (by username), or somebody outside (by name).

    Whoever held it before holds it until that day. Raises `Malformed`, `GuardFailed`,
    `NotAllowed`, `NotVisible`, `StaleVersion`.
    """
    require(actor, OFFICE)
    row = opened(s, actor, project_id, expected_version)
    _known(role)
    refuse_future(s, since, "since", now)
    holder = _holder(s, role, unit, person, name)
    standing = _standing(s, row.id, role)
    if standing is not None:
        _refuse_same(standing, holder, since)
        s.execute(update(tables.project_duty).where(_D.id == standing.id).values(until=since))
    key = begin(s, row.id, role, since, **holder)
    said = {"role": role, "since": since, **holder, "before": _told(standing)}
    note(s, row.id, "project.duty", said, actor, now)
    mirror(s, row, role, holder)
    return save(s, row, _mirrored(role, holder), now, key)


def end(
    s: Session,
    *,
    actor: PersonInfo,
    project_id: int,
    role: str,
    until: date,
    now: datetime,
    expected_version: int | None = None,
) -> Saved:
    """End a part in the chain without a successor."""
    require(actor, OFFICE)
    row = opened(s, actor, project_id, expected_version)
    _known(role)
    refuse_future(s, until, "until", now)
    standing = _standing(s, row.id, role)
    if standing is None:
        message = _("Nobody holds this part.")
        raise GuardFailed(Reason("duty_none", message, "role", _("Choose another part.")))
    if until < standing.since:
        raise GuardFailed(_too_early(standing.since, "until"))
    s.execute(update(tables.project_duty).where(_D.id == standing.id).values(until=until))
    said = {"role": role, "until": until, "before": _told(standing)}
    note(s, row.id, "project.duty_ended", said, actor, now)
    nobody = {"unit_id": None, "person_id": None, "name": ""}
    mirror(s, row, role, nobody)
    return save(s, row, _mirrored(role, nobody), now, standing.id)


def begin(
    s: Session,
    project_id: int,
    role: str,
    since: date,
    *,
    unit_id: int | None = None,
    person_id: int | None = None,
    name: str = "",
) -> int:
    """Add a row to the chain; the caller has looked whether it may."""
    made = s.execute(
        insert(tables.project_duty)
        .values(project_id=project_id, role=role, unit_id=unit_id, person_id=person_id, name=name,
                since=since)
        .returning(_D.id)
    )  # fmt: skip
    return int(made.scalar_one())


def chain(s: Session, projects: Iterable[int], *, all_of_them: bool = True) -> dict[int, list[Any]]:
    """The chain of each project: by role in the order of `DUTIES`, the one in force first."""
    wanted = list(projects)
    chosen = select(tables.project_duty).where(_D.project_id.in_(wanted))
    if not all_of_them:
        chosen = chosen.where(_D.until.is_(None))
    found: dict[int, list[Any]] = {key: [] for key in wanted}
    for row in s.execute(chosen):
        found[row.project_id].append(row)
    for rows in found.values():
        rows.sort(key=_place)
    return found


def _place(row: Any) -> tuple[int, bool, int, int]:
    return DUTIES.index(row.role), row.until is not None, -row.since.toordinal(), -row.id


def board_of(s: Session, text: str) -> int:
    """The town or street by its code or name. Raises `Malformed` for another unit."""
    unit = find_unit(s, text.strip())
    if not unit.is_board:
        message = _("{name} is no town or street.").format(name=unit.name)
        raise Malformed(Reason("board_unknown", message, "board", _("Choose a town or street.")))
    _refuse_inactive(s, unit, "board")
    return unit.id


def mirror(s: Session, row: Any, role: str, holder: dict[str, Any]) -> None:
    """Records merged into this one follow its board and commissioner: their issues do, too."""
    values = _mirrored(role, holder)
    if values:
        p = tables.project.c
        s.execute(update(tables.project).where(p.merged_into_id == row.id).values(**values))


def _mirrored(role: str, holder: dict[str, Any]) -> dict[str, Any]:
    if role == Duty.BOARD:
        return {"board_id": holder["unit_id"]}
    if role == Duty.COMMISSIONER:
        return {"commissioner_id": holder["person_id"]}
    return {}


def _known(role: str) -> None:
    if role not in DUTIES:
        message = _("Unknown value {value}.").format(value=role[:40])
        remedy = _("Use one of: {names}.").format(names=", ".join(DUTIES))
        raise Malformed(Reason("duty_unknown", message, "role", remedy))


def _holder(s: Session, role: str, unit: str, person: str, name: str) -> dict[str, Any]:
    """Unit, person and name as they are kept; each role asks for what gives it its meaning."""
    found = _person(s, person) if person.strip() else None
    typed = clean("name", name, most=60)
    unit_id = _unit(s, role, unit) if unit.strip() else None
    if role in UNITS_ONLY and unit_id is None:
        raise _missing("unit", _("This part is held by a unit."), _("Choose a unit."))
    if role == Duty.COMMISSIONER:
        _refuse_powerless(found)
    if unit_id is None and found is None and not typed:
        raise _missing("person", _("Nobody is named."), _("Choose a person or write a name."))
    if found is not None and typed:
        raise _missing("name", _("A person and a name were given."), _("Give one of the two."))
    return {"unit_id": unit_id, "person_id": found.id if found else None, "name": typed}


def _unit(s: Session, role: str, text: str) -> int:
    if role == Duty.BOARD:
        return board_of(s, text)
    unit = find_unit(s, text.strip())
    _refuse_inactive(s, unit, "unit")
    return unit.id


def _refuse_inactive(s: Session, unit: UnitInfo, field: str) -> None:
    if not unit.active or not kept_active(s, [unit.id]):
        message = _("The unit {name} is not active.").format(name=unit.name)
        raise GuardFailed(Reason("unit_inactive", message, field, _("Choose another unit.")))


def _person(s: Session, username: str) -> PersonInfo:
    found = context(s).directory.by_username.get(username.strip())
    if found is None or not found.active:
        message = _("There is no active person {name}.").format(name=username.strip()[:60])
        raise Malformed(Reason("person_unknown", message, "person", _("Choose another person.")))
    return found


def _refuse_powerless(person: PersonInfo | None) -> None:
    """A commissioner without the role could neither see nor report."""
    if person is None or Role.COMMISSIONER not in person.roles:
        raise GuardFailed(
            Reason("commissioner_role", _("The commissioner must hold the role of a commissioner."),
                   "person", _("Ask the security administrator to grant it."))
        )  # fmt: skip


def _standing(s: Session, project_id: int, role: str) -> Any:
    held = select(tables.project_duty).where(
        _D.project_id == project_id, _D.role == role, _D.until.is_(None)
    )
    return s.execute(held.order_by(_D.id.desc())).first()


def _refuse_same(standing: Any, holder: dict[str, Any], since: date) -> None:
    if all(getattr(standing, name) == value for name, value in holder.items()):
        message = _("That is recorded already.")
        raise GuardFailed(Reason("duty_same", message, "role", _("Choose somebody else.")))
    if since < standing.since:
        raise GuardFailed(_too_early(standing.since, "since"))


def _too_early(since: date, field: str) -> Reason:
    message = _("The present holder has it since {day} only.").format(day=since)
    return Reason("duty_order", message, field, _("Choose a later day."))


def _told(standing: Any) -> dict[str, Any] | None:
    if standing is None:
        return None
    return {n: getattr(standing, n) for n in ("unit_id", "person_id", "name", "since")}


def _missing(field: str, message: str, remedy: str) -> Malformed:
    return Malformed(Reason(f"{field}_missing", message, field, remedy))
