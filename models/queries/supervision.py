"""The ladder in action: what climbs, what waits for a person, what the clock did last."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.running import is_overdue, is_running
from models.queries.scope import visible_issues

_T, _I, _P, _F = tables.task.c, tables.issue.c, tables.prepared_action.c, tables.rung_firing.c
_NAMES = (_I.number.label("issue_number"), _I.title.label("issue_title"))
RECENT = 300
"""How many of the clock's newest deeds are looked through for those in the person's scope."""


def climbing(s: Session, actor: PersonInfo, now: datetime, limit: int = 200) -> list[Row[Any]]:
    """Running tasks that have risen on the ladder or are overdue, highest and longest first."""
    risen = is_running(_T) & (_T.level > 0)
    chosen = (
        select(tables.task, *_NAMES)
        .join(tables.issue, _I.id == _T.issue_id)
        .where(or_(risen, is_overdue(_T, now)), visible_issues(actor))
        .order_by(_T.level.desc(), _T.due_at, _T.id)
    )
    return list(s.execute(chosen.limit(limit)))


def prepared(s: Session, actor: PersonInfo) -> list[Row[Any]]:
    """Prepared steps that wait for a person, within scope, highest level first."""
    of_task = (
        _T.number.label("task_number"),
        _T.lead_unit_id,
        _T.due_at,
        _T.version.label("task_version"),
        _T.policy_version_id,
        _T.paused_at,
    )
    chosen = (
        select(tables.prepared_action, *of_task, *_NAMES)
        .join(tables.task, _T.id == _P.task_id)
        .join(tables.issue, _I.id == _T.issue_id)
        .where(_P.state == "prepared", visible_issues(actor))
        .order_by(_P.level.desc(), _P.id)
    )
    return list(s.execute(chosen))


def settled(s: Session, actor: PersonInfo, prepared_id: int) -> Row[Any] | None:
    """A prepared step within scope that waits for nobody any more: its state, who and when."""
    chosen = (
        select(_P.id, _P.state, _P.decided_by_id, _P.decided_at)
        .join(tables.task, _T.id == _P.task_id)
        .join(tables.issue, _I.id == _T.issue_id)
        .where(_P.id == prepared_id, _P.state != "prepared", visible_issues(actor))
    )
    return s.execute(chosen).one_or_none()


def fired(s: Session, actor: PersonInfo, limit: int = 30) -> list[tuple[Row[Any], Row[Any]]]:
    """Rungs that fired or were passed over, newest first, each with its task, within scope."""
    newest = select(tables.rung_firing).where(_F.level.is_not(None), _F.subject.startswith("task:"))
    rows = list(s.execute(newest.order_by(_F.id.desc()).limit(RECENT)))
    known = _tasks(s, actor, {_task_id(row) for row in rows})
    found = [(row, known[_task_id(row)]) for row in rows if _task_id(row) in known]
    return found[:limit]


def _task_id(row: Row[Any]) -> int:
    return int(row.subject.removeprefix("task:"))


def _tasks(s: Session, actor: PersonInfo, keys: set[int]) -> dict[int, Row[Any]]:
    chosen = (
        select(_T.id, _T.number, _T.lead_unit_id, *_NAMES)
        .join(tables.issue, _I.id == _T.issue_id)
        .where(_T.id.in_(keys), visible_issues(actor))
    )
    return {row.id: row for row in s.execute(chosen)}
