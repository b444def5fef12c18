"""Projects of which nothing is reported any more, for their lights.

A month is silent when its figures were asked for, should be in by now, and no amount stands there.
It is about money: a project is looked at from its start on, or once it has reported an amount.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, or_, select, true

from config.projects import Stage
from models import tables
from models.db import Session
from projects import months
from projects.figures.dates import last_due
from projects.figures.reminders import amount_stands, is_expected, is_reported, not_begun_later
from workflow.context import context

LOOKED_AT = 12
"""So many months are looked back, at least."""
_P, _M = tables.project.c, tables.project_month.c


def silent_months(
    s: Session, today: date, ids: Collection[int] | None = None, *, least: int | None = None
) -> dict[int, tuple[str, ...]]:
    """By project its silent months in a row, oldest first, up to the newest that is due.

    Projects with fewer than `least` of them, by default the policy's threshold, are left out.
    """
    last = last_due(s, today)
    least = least or context(s).policy().project_lights.figures_missing_months
    names = [months.moved(last, -n) for n in range(max(LOOKED_AT, least))]
    chosen = true() if ids is None else _P.id.in_(sorted(ids))
    wanted = select(_P.id).where(chosen, _spends(), *(_silent(name) for name in names[:least]))
    keys = list(s.execute(wanted).scalars())
    return _lengths(s, keys, names) if keys else {}


def _lengths(s: Session, keys: list[int], names: list[str]) -> dict[int, tuple[str, ...]]:
    silent = [_silent(month).label(f"m{n}") for n, month in enumerate(names)]
    found = {}
    for key, *marks in (tuple(r) for r in s.execute(select(_P.id, *silent).where(_P.id.in_(keys)))):
        length = next((n for n, mark in enumerate(marks) if not mark), len(names))
        found[key] = tuple(reversed(names[:length]))
    return found


def _silent(month: str) -> ColumnElement[bool]:
    return and_(is_expected(month), ~is_reported(month), not_begun_later(month))


def _spends() -> ColumnElement[bool]:
    """It has begun, or has reported money before."""
    ever = exists(select(_M.id).where(_M.project_id == _P.id, amount_stands()))
    return or_(_P.stage == Stage.STARTED, _P.actual_start_on.is_not(None), ever)
