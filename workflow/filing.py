"""What a report holds and how an issue is made of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.projects import visible_projects
from models.statements import Statement
from workflow.case import Record
from workflow.commands.base import clean
from workflow.context import Context
from workflow.errors import Malformed, Reason
from workflow.transition import Work
from workflow.typed import refuse_coming


@dataclass(frozen=True, slots=True)
class Report:
    """What a reporter fills in. `board` is a unit's code or name, `project` a project's name."""

    title: str
    description: str
    category: str
    project: str | None = None
    no_project_reason: str = ""
    board: str | None = None
    urgent: bool | None = None
    major: bool = False
    found_on: date | None = None
    source_system: str = ""
    source_id: str | None = None


def filed_facts(form: Report) -> dict[str, Any]:
    """What a report says, as it enters the history."""
    return {
        "title": clean("title", form.title, most=200),
        "description": clean("description", form.description),
        "category": form.category,
        "source_system": form.source_system,
        "source_id": form.source_id,
    }


def new_issue(s: Session, ctx: Context, actor: PersonInfo, form: Report, now: datetime) -> Record:
    """The issue that a report makes, not stored yet. Raises `Malformed` naming the field."""
    category = ctx.policy().categories.get(form.category)
    project_id, project_board = find_project(s, ctx, form.project, actor)
    values = _BLANK | {
        "number": uuid.uuid4().hex,
        "state": ctx.workflow().issue.initial,
        "title": clean("title", form.title, most=200, needed=True),
        "description": clean("description", form.description),
        "category": clean("category", form.category, most=60),
        "urgent": form.urgent if form.urgent is not None else bool(category and category.urgent),
        "major": form.major,
        "project_id": project_id,
        "no_project_reason": clean("no_project_reason", form.no_project_reason, most=300),
        "board_id": find_board(ctx, form.board, project_board, actor),
        "reporter_id": actor.id,
        "reporter_unit_id": actor.unit_id,
        "found_on": _found_on(form, ctx.calendar().local_date(now)),
        "source_system": clean("source_system", form.source_system, most=40),
        "source_id": clean("source_id", form.source_id, most=120) if form.source_id else None,
        "policy_version_id": ctx.policy_version_id,
        "workflow_version_id": ctx.workflow_version_id,
        "state_since": now,
    }
    return Record(tables.issue, values | {"id": None})


def _found_on(form: Report, today: date) -> date:
    if form.found_on is None:
        return today
    refuse_coming(form.found_on, today, "found_on")
    return form.found_on


def _default(column: Any) -> Any:
    return column.default.arg if column.default is not None else None


_BLANK = {c.name: _default(c) for c in tables.issue.columns if c.name != "id"}
_INSERT_ISSUE = Statement(
    insert(tables.issue).returning(tables.issue.c.id),
    [c.name for c in tables.issue.columns if c.name != "id"],
)


def store(w: Work) -> None:
    """Insert a new issue and give it its number, which names the year of the report."""
    values = {k: v for k, v in w.issue.values.items() if k != "id"}
    created = _INSERT_ISSUE.first(w.s, values)
    assert created is not None
    w.issue.values["id"] = created["id"]
    year = w.calendar().local_date(w.now).year
    w.issue.set(number=issue_number(year, created["id"]))


def issue_number(year: int, key: int) -> str:
    """The number of the issue with this id, reported in that year."""
    return f"WT-{year}-{key:06d}"


def find_project(
    s: Session, ctx: Context, name: str | None, actor: PersonInfo
) -> tuple[int | None, int | None]:
    """Id and board of a project by its exact name; `Malformed` when it is unknown.

    One that the reporter may not know of is unknown (see `models.queries.projects`), and so is a
    record that was merged into another one.
    """
    if not name or not name.strip():
        return None, None
    found = find_projects(s, ctx, [name], actor)
    if name.strip() not in found:
        raise Malformed(
            Reason(
                "project_unknown",
                _("Unknown project {name}.").format(name=name.strip()),
                "project",
                _("Use the project's name as it stands in the library, or say why there is none."),
            )
        )
    return found[name.strip()]


def find_projects(
    s: Session, ctx: Context, names: Iterable[str], actor: PersonInfo
) -> dict[str, tuple[int, int | None]]:
    """Ids and boards of projects by their exact names, as `find_project` gives them; unknown ones
    are left out."""
    project = tables.project.c
    rows = s.execute(
        select(project.name, project.id, project.board_id).where(
            project.name.in_([name.strip() for name in names]),
            visible_projects(actor, ctx.directory),
            project.merged_into_id.is_(None),
        )
    )
    return {name: (key, board) for name, key, board in map(tuple, rows)}


def find_board(
    ctx: Context, board: str | None, of_project: int | None, actor: PersonInfo
) -> int | None:
    """The region of an issue: as named, else the project's, else the reporter's own board."""
    people = ctx.directory
    if board and board.strip():
        unit = people.find_unit(board.strip())
        if unit is None or not (unit.is_board and unit.active):
            raise Malformed(
                Reason(
                    "board_unknown",
                    _("Unknown town or street {name}.").format(name=board.strip()),
                    "board",
                    _("Use the code or full name of a town or street."),
                )
            )
        return unit.id
    if of_project is not None:
        return of_project
    return actor.unit_id if people.units[actor.unit_id].is_board else None
