"""The ladder in action: what climbs, what waits for a person, what the clock did last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, String, cast, func, or_, select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.running import is_overdue, is_running
from models.queries.scope import visible_ids, visible_issues

_T, _I, _P, _F = tables.task.c, tables.issue.c, tables.prepared_action.c, tables.rung_firing.c
_NAMES = (_I.number.label("issue_number"), _I.title.label("issue_title"))
PAGE = 100
"""Prepared steps on a page."""
MOST_OF_LEVEL = 50


@dataclass(frozen=True, slots=True)
class Climbers:
    """The tasks of a level: those that are longest over first, and how many there are in all."""

    level: int
    total: int
    rows: list[Row[Any]]


def climbing(
    s: Session, actor: PersonInfo, now: datetime, most: int = MOST_OF_LEVEL
) -> list[Climbers]:
    """Running tasks that have risen on the ladder or are overdue, highest level first."""
    risen = is_running(_T) & (_T.level > 0)
    longest_first = (_T.due_at, _T.id)
    ranked = (
        select(
            _T.id,
            func.row_number().over(partition_by=_T.level, order_by=longest_first).label("place"),
            func.count().over(partition_by=_T.level).label("total"),
        )
        .join(tables.issue, _I.id == _T.issue_id)
        .where(or_(risen, is_overdue(_T, now)), visible_issues(actor))
        .subquery()
    )
    chosen = (
        select(tables.task, ranked.c.total, *_NAMES)
        .join(ranked, ranked.c.id == _T.id)
        .join(tables.issue, _I.id == _T.issue_id)
        .where(ranked.c.place <= most)
        .order_by(_T.level.desc(), *longest_first)
    )
    levels = groupby(s.execute(chosen), key=lambda row: int(row.level))
    found = [(level, list(rows)) for level, rows in levels]
    return [Climbers(level, rows[0].total, rows) for level, rows in found]


def prepared(s: Session, actor: PersonInfo, page: int = 1) -> list[Row[Any]]:
    """Prepared steps that wait for a person, within scope, highest level first: one page."""
    chosen = _prepared(actor).order_by(_P.level.desc(), _P.id)
    return list(s.execute(chosen.limit(PAGE).offset((page - 1) * PAGE)))


def prepared_total(s: Session, actor: PersonInfo) -> int:
    """How many there are on all pages."""
    return int(
        s.execute(select(func.count()).select_from(_prepared(actor).subquery())).scalar_one()
    )


def prepared_step(s: Session, actor: PersonInfo, prepared_id: int) -> Row[Any] | None:
    """A prepared step that waits for a person, within scope."""
    return s.execute(_prepared(actor).where(_P.id == prepared_id)).one_or_none()


def _prepared(actor: PersonInfo) -> Select[Any]:
    of_task = (
        _T.number.label("task_number"),
        _T.lead_unit_id,
        _T.due_at,
        _T.version.label("task_version"),
        _T.policy_version_id,
        _T.paused_at,
    )
    return (
        select(tables.prepared_action, *of_task, *_NAMES)
        .join(tables.task, _T.id == _P.task_id)
        .join(tables.issue, _I.id == _T.issue_id)
        .where(_P.state == "prepared", visible_issues(actor))
    )


def settled(s: Session, actor: PersonInfo, prepared_id: int) -> Row[Any] | None:
    """A prepared step within scope that waits for nobody any more: its state, who and when."""
    chosen = (
        select(_P.id, _P.state, _P.kind, _P.document_id, _P.decided_by_id, _P.decided_at)
        .join(tables.task, _T.id == _P.task_id)
        .join(tables.issue, _I.id == _T.issue_id)
        .where(_P.id == prepared_id, _P.state != "prepared", visible_issues(actor))
    )
    return s.execute(chosen).one_or_none()


def fired(s: Session, actor: PersonInfo, limit: int = 30) -> list[tuple[Row[Any], Row[Any]]]:
    """Rungs that fired or were passed over, newest first, each with its task, within scope."""
    newest = select(tables.rung_firing).where(_F.level.is_not(None))
    ids = visible_ids(actor)
    if ids is None:
        newest = newest.where(_F.subject.startswith("task:")).order_by(_F.id.desc())
    else:  # from the tasks of a small unit on: `+ 0` keeps the walk along all that ever fired out
        own = select("task:" + cast(_T.id, String)).where(_T.issue_id.in_(ids))
        newest = newest.where(_F.subject.in_(own)).order_by((_F.id + 0).desc())
    rows = list(s.execute(newest.limit(limit)))
    known = _tasks(s, actor, {_task_id(row) for row in rows})
    return [(row, known[_task_id(row)]) for row in rows if _task_id(row) in known]


def _task_id(row: Row[Any]) -> int:
    return int(row.subject.removeprefix("task:"))


def _tasks(s: Session, actor: PersonInfo, keys: set[int]) -> dict[int, Row[Any]]:
    chosen = (
        select(_T.id, _T.number, _T.lead_unit_id, *_NAMES)
        .join(tables.issue, _I.id == _T.issue_id)
        .where(_T.id.in_(keys), visible_issues(actor))
    )
    return {row.id: row for row in s.execute(chosen)}
