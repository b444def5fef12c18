"""The project library (重点项目库): records are added and corrected, each change in its history.

The office keeps the records. Who answers for a project fills in what it reports: contact, place,
visible progress. Days on which it started and was completed come with its stage
(`projects.library.stages`), its board and people with its chain of responsibility
(`projects.library.duties`).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.projects import visible_projects
from projects import access, history
from projects.access import OFFICE, not_allowed, require
from projects.evaluations.making import follow_production
from projects.library import duties, fields, records
from projects.library.records import Saved, note, opened, refuse_future, save
from projects.lights.following import follow
from projects.twins import refusing_twins
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, Reason

_P = tables.project.c


def add(
    s: Session,
    *,
    actor: PersonInfo,
    values: Mapping[str, str],
    now: datetime,
    board: str = "",
    source: str = "",
) -> Saved:
    """Add a record; `board` is the town or street where it lies, by code or name.

    A record begins with the first stage, 意向. Raises `Malformed` with every fault of the fields,
    `GuardFailed` where a name or code is taken.
    """
    require(actor, OFFICE)
    given = fields.parse({"name": ""} | dict(values))
    columns = _columns(s, actor, given, None, now)
    unit = duties.board_of(s, board) if board.strip() else None
    row = {**columns, "board_id": unit, "region": context(s).directory.unit_name(unit),
           "source": source[:120], "version": 1, "light_facts": {}}  # fmt: skip
    with _taken_meanwhile(s, columns, None):
        made = s.execute(insert(tables.project).values(**row).returning(_P.id))
        key = int(made.scalar_one())
    note(s, key, "project.added", {"values": columns, "board": unit}, actor, now)
    if unit is not None:
        duties.begin(s, key, "board", records.today(s, now), unit_id=unit)
    follow(s, now, [key])
    return Saved(key, 1)


def edit(
    s: Session,
    *,
    actor: PersonInfo,
    project_id: int,
    values: Mapping[str, str],
    now: datetime,
    expected_version: int | None = None,
) -> Saved:
    """Correct fields of a record; those that are not given stay as they are.

    Who answers for the project may fill in `fields.REPORTED`, the office every field.
    """
    row = opened(s, actor, project_id, expected_version)
    _permit(s, actor, row, values)
    columns = _columns(s, actor, fields.parse(values), row, now)
    changed = history.changes(row, columns)
    if not changed:
        return Saved(row.id, row.version)
    note(s, row.id, "project.edited", {"changes": changed}, actor, now)
    written = {name: columns[name] for name in changed}
    with _taken_meanwhile(s, written, row):
        saved = save(s, row, written, now)
    if "in_production_on" in changed:
        follow_production(s, row.id, now)
    return saved


def attribute(
    s: Session,
    *,
    actor: PersonInfo,
    project_id: int,
    board: str,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Saved:
    """Count a project in another town's or street's figures than where it lies, with the reason
    (S0 annex 4, note 1); an empty `board` takes it back."""
    require(actor, OFFICE)
    row = opened(s, actor, project_id, expected_version)
    why = records.needed_reason(reason)
    unit = duties.board_of(s, board) if board.strip() else None
    if unit is not None and unit == row.board_id:
        message = _("The project lies there already.")
        raise GuardFailed(Reason("attribution_same", message, "board", _("Choose another one.")))
    values = {"attributed_board_id": unit, "attribution_reason": why if unit else ""}
    note(s, row.id, "project.attributed", {"board": unit, "reason": why}, actor, now)
    return save(s, row, values, now)


def _permit(s: Session, actor: PersonInfo, row: Any, values: Mapping[str, str]) -> None:
    access.require_reporter(s, actor, row)
    if actor.roles & OFFICE or set(values) <= fields.REPORTED:
        return
    raise not_allowed(_("This part of the record is kept by the office (督办室)."))


def _columns(
    s: Session, actor: PersonInfo, given: dict[str, Any], row: Any, now: datetime
) -> dict[str, Any]:
    """The columns to write, after a look at the other records."""
    for name in fields.PAST:
        if given.get(name) is not None:
            refuse_future(s, given[name], name, now)
    if "parent" in given:
        given["parent_id"] = _parent(s, actor, given.pop("parent"), row)
    _refuse_taken(s, given, row)
    _refuse_reversed(given, row)
    return given


def _parent(s: Session, actor: PersonInfo, name: str | None, row: Any) -> int | None:
    """The larger project by its name, which must not be a part of this one."""
    if not name:
        return None
    visible = visible_projects(actor, context(s).directory)
    standing = _P.merged_into_id.is_(None)
    found = s.execute(select(_P.id).where(_P.name == name, visible, standing)).scalar()
    if found is None:
        message = _("There is no project {name}.").format(name=name)
        raise Malformed(Reason("parent_unknown", message, "parent", _("Write its full name.")))
    above: int | None = found
    while row is not None and above is not None:
        if above == row.id:
            message = _("A project cannot be a part of itself or of one of its parts.")
            raise Malformed(Reason("parent_circle", message, "parent", _("Choose another one.")))
        above = s.execute(select(_P.parent_id).where(_P.id == above)).scalar()
    return int(found)


def _refuse_taken(s: Session, given: dict[str, Any], row: Any) -> None:
    """Names and codes are unique; the refusal leads to merging where two records are one."""
    wrong = []
    for column in ("name", "code"):
        value = given.get(column)
        if value is None:
            continue
        other = s.execute(select(_P.id, _P.name).where(_P.__getattr__(column) == value)).first()
        if other is not None and (row is None or other.id != row.id):
            message = _("The project {name} (no. {id}) has it already.").format(
                name=other.name, id=other.id
            )
            remedy = _("If both are the same project, merge the records.")
            wrong.append(Reason(f"{column}_taken", message, column, remedy))
    if wrong:
        raise GuardFailed(*wrong)


def _taken_meanwhile(s: Session, given: dict[str, Any], row: Any) -> AbstractContextManager[None]:
    """Write inside: a name or code that somebody took after the look is refused in its words."""
    if not {"name", "code"} & given.keys():
        return nullcontext()
    return refusing_twins(s, tables.project.name, lambda: _refuse_taken(s, given, row))


def _refuse_reversed(given: dict[str, Any], row: Any) -> None:
    """Dates that contradict each other, one of them given now and one before."""
    pairs = (("plan_start_on", "plan_finish_on"), ("actual_start_on", "in_production_on"))
    for first, last in pairs:
        early, late = _either(given, row, first), _either(given, row, last)
        if early is not None and late is not None and early > late:
            field = last if last in given else first
            message = _("{early} lies after {late}.").format(early=early, late=late)
            raise Malformed(Reason("dates_reversed", message, field, _("Check both dates.")))


def _either(given: dict[str, Any], row: Any, name: str) -> date | None:
    found: date | None = given[name] if name in given else getattr(row, name, None)
    return found
