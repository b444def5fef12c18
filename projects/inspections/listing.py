"""Lists of inspections with their numbers, and what a project's page shows of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, case, func, select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.inspections.found import find, visible
from projects.inspections.report import findings_of

_I = tables.inspection
_S = tables.inspection_site
_F = tables.finding


def listed(
    s: Session, actor: PersonInfo, *, kind: str = "", state: str = "",
    before_id: int | None = None, limit: int = 50,
) -> list[Any]:  # fmt: skip
    """Inspections that the actor may know of, newest first, with counts of sites and findings.

    The counts are of the whole inspection and shown to who oversees the zone only.
    """
    conditions = [visible(s, actor)]
    conditions += [_I.c.kind == kind] if kind else []
    conditions += [_I.c.state == state] if state else []
    conditions += [_I.c.id < before_id] if before_id is not None else []
    chosen = (
        select(
            _I, _count(_S, _S.c.id).label("sites"),
            _count(_S, _S.c.visited_on).label("visited"),
            _count(_F, case((_F.c.state != "dropped", 1))).label("findings"),
            _count(_F, _F.c.issue_id).label("issues"),
        )
        .where(and_(*conditions))
        .order_by(_I.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return list(s.execute(chosen))


def _count(table: Any, column: Any) -> Any:
    counted = select(func.count(column)).where(table.c.inspection_id == _I.c.id)
    return counted.correlate(_I).scalar_subquery()


def of_project(s: Session, actor: PersonInfo, project: int, limit: int = 20) -> list[Any]:
    """The visits to a project, newest first, with what was found there."""
    here = and_(_F.c.inspection_id == _I.c.id, _F.c.project_id == project)
    found = select(func.count(case((_F.c.state != "dropped", 1)))).where(here)
    issues = select(func.count(_F.c.issue_id)).where(here)
    chosen = (
        select(
            _I.c.id, _I.c.number, _I.c.kind, _I.c.title, _I.c.state, _I.c.starts_on,
            _S.c.visited_on, _S.c.basis,
            found.correlate(_I).scalar_subquery().label("findings"),
            issues.correlate(_I).scalar_subquery().label("issues"),
        )
        .join(_S, _S.c.inspection_id == _I.c.id)
        .where(_S.c.project_id == project, visible(s, actor))
        .order_by(_I.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return list(s.execute(chosen))


def photo_of(s: Session, actor: PersonInfo, finding: int) -> Any:
    """Name and hash of a finding's photo, or None outside of the scope."""
    key = s.execute(select(_F.c.inspection_id).where(_F.c.id == finding)).scalar()
    if key is None:
        return None
    row = find(s, actor, key)
    own = (one for one in findings_of(s, actor, row) if one.id == finding)
    return next((one for one in own if one.photo_sha256), None)
