"""Instructions that somebody may know of.

Who oversees the zone sees all of them; a unit those addressed to it; who answers for a project
those about it (its commissioner and board). Administrators and auditors see none.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select, true

from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import sees_business
from workflow.case import not_visible

_N = tables.instruction


def visible(actor: PersonInfo) -> ColumnElement[bool]:
    """A condition on `instruction`."""
    if actor.sees_all:
        return true()
    if not sees_business(actor):
        return false()
    project = tables.project.c
    own = or_(project.board_id == actor.unit_id, project.commissioner_id == actor.id)
    return or_(_N.c.unit_id == actor.unit_id, _N.c.project_id.in_(select(project.id).where(own)))


def find(s: Session, actor: PersonInfo, instruction: int, *, lock: bool = False) -> Any:
    """The row. Raises `NotVisible` for what the actor may not know of."""
    statement = select(_N).where(_N.c.id == instruction, visible(actor))
    row = s.execute(statement.with_for_update(of=_N) if lock else statement).first()
    if row is None:
        raise not_visible(str(instruction))
    return row


def listed(
    s: Session, actor: PersonInfo, *, state: str = "", late_before: Any = None,
    unit_id: int | None = None, project_id: int | None = None,
    inspection_id: int | None = None, before_id: int | None = None, limit: int = 50,
) -> list[Any]:  # fmt: skip
    """Those that the actor may know of, newest first, with their project, inspection, issues."""
    project, inspection = tables.project.c, tables.inspection.c
    issue, raised = tables.issue.c, tables.issue.alias()
    chosen = (
        select(
            _N, project.name.label("project"), inspection.number.label("inspection_number"),
            issue.number.label("issue_number"), raised.c.number.label("raised_number"),
            raised.c.light.label("raised_light"),
        )
        .join(tables.project, project.id == _N.c.project_id, isouter=True)
        .join(tables.inspection, inspection.id == _N.c.inspection_id, isouter=True)
        .join(tables.issue, issue.id == _N.c.issue_id, isouter=True)
        .join(raised, raised.c.id == _N.c.raised_issue_id, isouter=True)
        .where(visible(actor), *_wanted(state, unit_id, late_before))
        .order_by(_N.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    for column, value in (
        (_N.c.project_id, project_id), (_N.c.inspection_id, inspection_id),
    ):  # fmt: skip
        if value is not None:
            chosen = chosen.where(column == value)
    if before_id is not None:
        chosen = chosen.where(_N.c.id < before_id)
    return list(s.execute(chosen))


def count(
    s: Session, actor: PersonInfo, *, state: str = "", late_before: Any = None,
    unit_id: int | None = None,
) -> int:  # fmt: skip
    """How many `listed` would give without end."""
    wanted = _wanted(state, unit_id, late_before)
    chosen = select(func.count(_N.c.id)).where(visible(actor), *wanted)
    return int(s.execute(chosen).scalar_one())


def _wanted(state: str, unit_id: int | None, late_before: Any) -> list[ColumnElement[bool]]:
    found = [_N.c.state == state] if state else []
    if unit_id is not None:
        found.append(_N.c.unit_id == unit_id)
    if late_before is not None:
        found += [_N.c.state == "open", _N.c.limit_at < late_before]
    return found
