"""Planning a meeting: number, day, place, chair, units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo, UnitInfo
from projects import history
from projects.access import LEADERS, OFFICE, refuse_stale, require
from projects.meetings import dates, store
from workflow.commands.base import clean, clean_moment
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, Reason

NAME = "重点项目攻坚调度会"
_FIRST = (
    f"INSERT INTO {tables.number_series.name} (name, last) VALUES ('{{}}', 0) "
    "ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What is planned. `starts_at` is aware; `chair` a username; `units` codes or names."""

    starts_at: datetime | None
    place: str
    chair: str
    units: Sequence[str] = ()


def suggested(s: Session, now: datetime) -> datetime:
    """When the next meeting should be: the next day of the policy that none is planned for."""
    ctx = context(s)
    held = select(func.max(store.M.starts_at)).where(store.M.state != "called_off")
    last = s.execute(held).scalar()
    return dates.suggestion(last, now, ctx.policy(), ctx.calendar())


def plan(s: Session, *, actor: PersonInfo, form: Invitation, now: datetime) -> Any:
    """Plan a meeting; it takes the next number of its year. Returns its row.

    For the office. Raises `NotAllowed`, `Malformed` naming the field.
    """
    require(actor, OFFICE, _("Only the office plans meetings."))
    values = checked(s, form, now)
    year = context(s).calendar().local_date(values["starts_at"]).year
    n = _take(s, year)  # of two that plan at once the second waits here, and sees the first below
    refuse_repeat(s, values["starts_at"])
    before = store.last_before(s, values["starts_at"])
    values |= {
        "number": f"HY-{year}-{n:02d}", "year": year, "n": n, "version": 1, "state": "planned",
        "name": NAME, "planned_by_id": actor.id, "planned_at": now,
        "previous_id": before.id if before is not None else None,
    }  # fmt: skip
    units = values.pop("units")
    key = s.execute(
        insert(tables.meeting).values(values).returning(tables.meeting.c.id)
    ).scalar_one()
    invite(s, key, units)
    told = _told(values) | {"units": [unit.code for unit in units]}
    history.note(s, f"meeting:{key}", "meeting.planned", told, actor, now)
    return store.find_meeting(s, actor, key)


def refuse_repeat(s: Session, starts_at: datetime, own_id: int | None = None) -> None:
    """Two meetings do not begin at the same time; a form that is sent twice plans one."""
    same = select(store.M.number).where(
        store.M.starts_at == starts_at, store.M.state != "called_off",
        store.M.id != (own_id or 0),
    )  # fmt: skip
    number = s.execute(same.limit(1)).scalar()
    if number is not None:
        message = _("{number} begins at that time already.").format(number=number)
        raise GuardFailed(Reason("planned_already", message, "starts_at", _("See that meeting.")))


def locked(s: Session, actor: PersonInfo, meeting: int, expected_version: int | None = None) -> Any:
    """A meeting under lock for an act of the office."""
    row = store.find_meeting(s, actor, meeting, lock=True)
    require(actor, OFFICE, _("Only the office prepares meetings."))
    refuse_stale(row, expected_version)
    return row


def write(s: Session, row: Any, **values: Any) -> None:
    """Change a meeting's columns under its next version."""
    table = tables.meeting
    s.execute(update(table).where(table.c.id == row.id).values(version=row.version + 1, **values))


def _take(s: Session, year: int) -> int:
    """The next number of a year; what fails or is killed gives it back (the row is locked)."""
    name, table = f"meeting:{year}", tables.number_series
    s.conn.exec_driver_sql(_FIRST.format(name))
    moved = update(table).where(table.c.name == name).values(last=table.c.last + 1)
    return int(s.execute(moved.returning(table.c.last)).scalar_one())


def checked(s: Session, form: Invitation, now: datetime) -> dict[str, Any]:
    """The columns that an invitation fills, and its `units`. Raises `Malformed` with all faults."""
    faults: list[Reason] = []
    starts_at = clean_moment("starts_at", form.starts_at)
    if starts_at is None or starts_at <= now:
        message = _("The meeting lies in the past.") if starts_at else _("No time is given.")
        faults.append(Reason("starts_at_wrong", message, "starts_at", _("Choose a later time.")))
    chair = context(s).directory.by_username.get(form.chair.strip())
    if chair is None or not chair.active or not chair.roles & LEADERS:
        faults.append(
            Reason(
                "chair_wrong",
                _("The chair is the deputy director or the principal."),
                "chair",
                _("Choose one of them."),
            )
        )
    place = clean("place", form.place, most=200)
    if not place:
        faults.append(Reason("place_missing", _("No place is given."), "place", _("Name it.")))
    units = _units(s, form.units, faults)
    if faults:
        raise Malformed(*faults)
    assert chair is not None
    return {"starts_at": starts_at, "place": place, "chair_id": chair.id, "units": units}


def _units(s: Session, names: Sequence[str], faults: list[Reason]) -> list[UnitInfo]:
    people, found = context(s).directory, []
    for name in dict.fromkeys(text.strip() for text in names if text.strip()):
        unit = people.find_unit(name)
        if unit is None or not unit.active:
            message = _("Unknown unit {name}.").format(name=name)
            remedy = _("Use the code or full name of a unit.")
            faults.append(Reason("unit_unknown", message, "units", remedy))
        else:
            found.append(unit)
    if not found and not faults:
        message = _("No unit is invited.")
        faults.append(Reason("units_missing", message, "units", _("Choose the units.")))
    return list({unit.id: unit for unit in found}.values())


def invite(s: Session, key: int, units: Sequence[UnitInfo]) -> None:
    """Write the list of the units that attend, in its order."""
    table = tables.meeting_unit
    s.execute(delete(table).where(table.c.meeting_id == key))
    rows = [{"meeting_id": key, "unit_id": unit.id, "person_id": None} for unit in units]
    s.execute(insert(table), rows)


def _told(values: dict[str, Any]) -> dict[str, Any]:
    names = ("number", "starts_at", "place", "chair_id", "previous_id")
    return {name: values[name] for name in names}
