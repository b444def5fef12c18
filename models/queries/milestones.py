"""Milestones of every project as one list: what is overdue, what comes, within the scope.

A milestone is here while its project's record stands, it has a planned date, and it is neither
done nor dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.library import answering, standing

_M, _P = tables.milestone.c, tables.project.c
DUE = ("late", "soon", "later")
Place = tuple[date, int]
"""Where a page ends: planned date and id of its last row."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """`today`, and the last day that still counts as soon."""

    today: date
    until: date


@dataclass(frozen=True, slots=True)
class MilestoneFilter:
    """What narrows the list. `due` is one of `DUE`; `mine`: the actor's unit does it, or the actor
    or the unit answers for the project."""

    due: str = ""
    mine: bool = False
    board_id: int | None = None
    unit_id: int | None = None


def page(
    s: Session, actor: PersonInfo, seen: ColumnElement[bool], wanted: MilestoneFilter,
    horizon: Horizon, *, number: int = 1, size: int = 50,
) -> tuple[list[Any], int]:  # fmt: skip
    """A page of milestones, the oldest date first, with their projects; and how many there are.

    `seen` is the scope of projects (`models.queries.projects`).
    """
    where = _condition(actor, seen, wanted, horizon)
    total = s.execute(_of(func.count(_M.id)).where(where)).scalar_one()
    chosen = (
        _of(tables.milestone, _P.name.label("project"), _P.board_id)
        .where(where)
        .order_by(_M.plan_on, _M.id)
        .limit(size)
        .offset((number - 1) * size)
    )
    return list(s.execute(chosen)), int(total)


def following(
    s: Session, actor: PersonInfo, seen: ColumnElement[bool], wanted: MilestoneFilter,
    horizon: Horizon, after: Place | None = None, size: int | None = None,
) -> list[Any]:  # fmt: skip
    """The same list from a place on, for readers that go through all of it."""
    where = _condition(actor, seen, wanted, horizon)
    chosen = _of(tables.milestone, _P.name.label("project"), _P.board_id).where(where)
    if after is not None:
        day, key = after
        chosen = chosen.where(or_(_M.plan_on > day, and_(_M.plan_on == day, _M.id > key)))
    return list(s.execute(chosen.order_by(_M.plan_on, _M.id).limit(size)))


def due_of(plan_on: date, horizon: Horizon) -> str:
    """Which of `DUE` a planned date is."""
    if plan_on < horizon.today:
        return "late"
    return "soon" if plan_on <= horizon.until else "later"


def counts(
    s: Session, actor: PersonInfo, seen: ColumnElement[bool], horizon: Horizon,
    wanted: MilestoneFilter = MilestoneFilter(),
) -> dict[str, int]:  # fmt: skip
    """How many each of `DUE` has under the rest of the filter, in one statement."""
    rest = MilestoneFilter("", wanted.mine, wanted.board_id, wanted.unit_id)
    parts = [
        func.sum(case((condition, 1), else_=0)).label(name)
        for name, condition in _due(horizon).items()
    ]
    row = s.execute(_of(*parts).where(_condition(actor, seen, rest, horizon))).one()
    return {name: int(getattr(row, name) or 0) for name in DUE}


def _of(*columns: Any) -> Any:
    return select(*columns).join_from(tables.milestone, tables.project, _P.id == _M.project_id)


def _due(horizon: Horizon) -> dict[str, ColumnElement[bool]]:
    return {
        "late": _M.plan_on < horizon.today,
        "soon": _M.plan_on.between(horizon.today, horizon.until),
        "later": _M.plan_on > horizon.until,
    }


def _condition(
    actor: PersonInfo, seen: ColumnElement[bool], wanted: MilestoneFilter, horizon: Horizon
) -> ColumnElement[bool]:
    found = [
        seen, standing(), _M.plan_on.is_not(None), _M.actual_on.is_(None), _M.dropped_on.is_(None)
    ]  # fmt: skip
    if wanted.due:
        found.append(_due(horizon)[wanted.due])
    if wanted.mine:
        found.append(or_(_M.unit_id == actor.unit_id, answering(actor)))
    if wanted.board_id is not None:
        found.append(_P.board_id == wanted.board_id)
    if wanted.unit_id is not None:
        found.append(_M.unit_id == wanted.unit_id)
    return and_(*found)
