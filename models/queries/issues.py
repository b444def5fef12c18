"""Issues and tasks as lists, always within the scope of whoever asks (invariant 10)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    and_,
    bindparam,
    func,
    or_,
    select,
    union_all,
)

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.scope import View, view_of, viewer, visible_issues
from models.statements import PerDialect, Statement, among

_I, _T = tables.issue.c, tables.task.c
_TASKS_OF = PerDialect(
    lambda dialect: select(tables.task).where(among(_T.issue_id, dialect)).order_by(_T.id)
)
CLOSED_STATES = ("closed", "rejected", "merged")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; empty fields narrow nothing. `unit_id` is the lead unit."""

    states: tuple[str, ...] = ()
    light: str = ""
    category: str = ""
    unit_id: int | None = None
    board_id: int | None = None
    text: str = ""
    open_only: bool = False
    listed: bool = False


def find_issue(s: Session, actor: PersonInfo, number: str) -> SimpleNamespace | None:
    """An issue by its own number or by one of its tasks'; None outside the actor's scope.

    Parts of a page ask for the same issue; one reading transaction looks it up once.
    """
    key = f"issue:{actor.id}:{number}"
    if s.reading and key in s.memo:
        known: SimpleNamespace | None = s.memo[key]
        return known
    values = {"number": number, **viewer(actor)}
    found = s.memo[key] = next(iter(_finding(view_of(actor)).rows(s, values)), None)
    return found


def remember(
    s: Session, actor: PersonInfo, number: str, issue: Any, tasks: list[SimpleNamespace]
) -> None:
    """Note an issue and its tasks as `find_issue` and `tasks_of` would have found them."""
    s.memo[f"issue:{actor.id}:{number}"] = issue
    if issue is not None:
        s.memo[f"issue:{actor.id}:{issue.number}"] = issue  # it was perhaps a task's number
        s.memo[_noted((issue.id,))] = {issue.id: tasks} if tasks else {}


@cache
def _finding(view: View) -> Statement:
    """Made once: writing it takes longer than running it."""
    return Statement(select(tables.issue).where(*named(view)))


def named(view: View) -> tuple[ColumnElement[bool], ...]:
    """Conditions on `issue`: it or a task of it has the number that is bound; it is seen."""
    number: Any = bindparam("number")
    itself = tables.issue.alias()
    # not `or`: PostgreSQL would read the whole ledger for it
    ids: CompoundSelect[Any] = union_all(
        select(itself.c.id).where(itself.c.number == number),
        select(_T.issue_id).where(_T.number == number),
    )
    return _I.id.in_(ids), visible_issues(view)


def list_issues(
    s: Session, actor: PersonInfo, wanted: Filter, *, limit: int = 50, offset: int = 0
) -> tuple[list[Row[Any]], int]:
    """A page of issues, newest first, and how many there are in all."""
    condition = and_(visible_issues(actor), *_conditions(wanted))
    total = s.execute(select(func.count()).select_from(tables.issue).where(condition)).scalar_one()
    page = select(tables.issue).where(condition).order_by(_I.id.desc()).limit(limit).offset(offset)
    return list(s.execute(page)), int(total)


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(_I.state.in_(wanted.states))
    if wanted.open_only:
        found.append(_I.state.not_in(CLOSED_STATES))
    if wanted.listed:
        found.append(_I.listed.is_(True))
    for column, value in ((_I.light, wanted.light), (_I.category, wanted.category)):
        if value:
            found.append(column == value)
    if wanted.board_id is not None:
        found.append(_I.board_id == wanted.board_id)
    if wanted.unit_id is not None:
        leads = select(_T.id).where(
            _T.issue_id == _I.id, _T.lead_unit_id == wanted.unit_id, _T.state != "withdrawn"
        )
        found.append(leads.exists())
    if wanted.text:
        found.append(
            or_(
                _I.title.contains(wanted.text, autoescape=True),
                _I.description.contains(wanted.text, autoescape=True),
            )
        )
    return found


def tasks_of(s: Session, issue_ids: Iterable[int]) -> dict[int, list[SimpleNamespace]]:
    """Tasks by issue, in order of creation. The issues must be within scope already.

    As with the issue, one reading transaction looks them up once.
    """
    issue_ids = tuple(issue_ids)
    key = _noted(issue_ids)
    if s.reading and key in s.memo:
        known: dict[int, list[SimpleNamespace]] = s.memo[key]
        return known
    found = s.memo[key] = _tasks_of(s, issue_ids)
    return found


def forget_tasks(s: Session, issue_ids: Iterable[int]) -> None:
    """Let go of what `tasks_of` has noted: for lists that are too long to be kept."""
    s.memo.pop(_noted(tuple(issue_ids)), None)


def _noted(issue_ids: tuple[int, ...]) -> str:
    return f"tasks:{issue_ids}"


def _tasks_of(s: Session, issue_ids: tuple[int, ...]) -> dict[int, list[SimpleNamespace]]:
    found: dict[int, list[SimpleNamespace]] = {}
    for row in _TASKS_OF.of(s).rows(s, {"keys": json.dumps(issue_ids)}):
        found.setdefault(row.issue_id, []).append(row)
    return found


def my_tasks(s: Session, actor: PersonInfo) -> list[Row[Any]]:
    """Running tasks that wait for the actor's unit: to lead, support or verify; earliest first."""
    unit, co = actor.unit_id, tables.co_unit.c
    supports = select(co.id).where(co.task_id == _T.id, co.unit_id == unit, co.state == "awaited")
    mine = or_(
        and_(_T.lead_unit_id == unit, _T.state.in_(("pending_ack", "in_progress"))),
        and_(_T.verifier_unit_id == unit, _T.state == "submitted"),
        and_(_T.state.in_(("pending_ack", "in_progress")), supports.exists()),
    )
    visible = select(_I.id).where(visible_issues(actor)).cte()  # stands alone: no correlation
    chosen = (
        select(tables.task, _I.number.label("issue_number"), _I.title.label("issue_title"))
        .join(tables.issue, _I.id == _T.issue_id)
        .where(_T.dispatched_at.is_not(None), mine, _T.issue_id.in_(select(visible.c.id)))
        .order_by(_T.due_at.is_(None), _T.due_at, _T.id)
    )
    return list(s.execute(chosen))
