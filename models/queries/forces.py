"""Task forces with their numbers, within what the reader may know of."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import func, select

from models import tables
from models.db import Session
from models.directory import Directory, PersonInfo
from models.queries.library import standing
from models.queries.projects import visible_projects

_F, _M = tables.task_force.c, tables.task_force_unit.c
_J, _P = tables.task_force_project.c, tables.project.c


def forces(s: Session) -> list[Any]:
    """Every task force, those at work first, then by name."""
    return list(s.execute(select(tables.task_force).order_by(_F.ended_on.is_not(None), _F.name)))


def page(s: Session, *, at_work: bool | None, after: int, limit: int) -> list[Any]:
    """Task forces by id, beyond `after`; `at_work`: only those still at work, or the others."""
    chosen = select(tables.task_force).where(_F.id > after).order_by(_F.id).limit(limit)
    if at_work is not None:
        chosen = chosen.where(_F.ended_on.is_(None) if at_work else _F.ended_on.is_not(None))
    return list(s.execute(chosen))


def sizes(s: Session, actor: PersonInfo, people: Directory) -> tuple[Counter[int], Counter[int]]:
    """Member units and projects that the actor may know of, by task force."""
    units: Any = s.execute(select(_M.task_force_id, func.count()).group_by(_M.task_force_id))
    seen = [visible_projects(actor, people), standing()]
    held: Any = s.execute(
        select(_J.task_force_id, func.count())
        .join(tables.project, _P.id == _J.project_id)
        .where(*seen)
        .group_by(_J.task_force_id)
    )
    return Counter(dict(map(tuple, units))), Counter(dict(map(tuple, held)))


def members(s: Session, force_id: int) -> list[Any]:
    """The member units of a task force."""
    chosen = select(tables.task_force_unit).where(_M.task_force_id == force_id)
    return list(s.execute(chosen.order_by(_M.unit_id)))


def project_ids(s: Session, force_id: int) -> tuple[int, ...]:
    """The projects that it looks after."""
    chosen = select(_J.project_id).where(_J.task_force_id == force_id).order_by(_J.project_id)
    return tuple(s.execute(chosen).scalars())
