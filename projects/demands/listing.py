"""The desk's lists: demands within scope, narrowed, and how many of each there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.demands.base import RECEIVED, TAKEN_UP, WAITING, D, scope
from workflow.context import context

PAGE = 50
NONE = "none"
VIEWS = ("waiting", "late", "running", "answered", "disputed", "ended", "repeats", "relapses")
_I = tables.issue.c


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; empty fields narrow nothing. `month` is "2026-09", by the
    day of receipt, `since` the first month of several. `state` is one of `base.STATES`, `view` one
    of `VIEWS`; `category` may be `NONE`, `board_id` 0: where none is named."""

    view: str = ""
    state: str = ""
    board_id: int | None = None
    category: str = ""
    month: str = ""
    since: str = ""
    text: str = ""
    issue: str = ""


def conditions(s: Session, wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    """What a list's rows fulfil, apart from the scope."""
    found = [_views(now)[wanted.view]] if wanted.view in VIEWS else []
    if wanted.state:
        found.append(D.state == wanted.state)
    if wanted.category:
        found.append(D.category == ("" if wanted.category == NONE else wanted.category))
    if wanted.board_id is not None:
        found.append(
            D.board_id.is_(None) if wanted.board_id == 0 else D.board_id == wanted.board_id
        )
    if wanted.month:
        first, end = span(s, wanted.month)
        found += [D.received_at >= first, D.received_at < end]
    if wanted.since:
        found.append(D.received_at >= span(s, wanted.since)[0])
    if wanted.issue:
        found.append(D.issue_id.in_(select(_I.id).where(_I.number == wanted.issue)))
    if wanted.text:
        columns = (D.number, D.enterprise, D.body, D.project_text)
        found.append(or_(*(column.contains(wanted.text, autoescape=True) for column in columns)))
    return found


def _views(now: datetime) -> dict[str, ColumnElement[bool]]:
    return {
        # a repeat of what was closed, and one whose issue was not accepted, wait for a word, too
        "waiting": or_(D.state.in_(WAITING), and_(D.state == TAKEN_UP, _stuck())),
        "late": and_(D.state == RECEIVED, D.take_up_due_at < now),
        "running": D.state == TAKEN_UP,
        "answered": D.state == "answered",
        "disputed": D.state == "disputed",
        "ended": D.state.in_(("confirmed", "declined")),
        "repeats": D.repeat.is_(True),
        "relapses": D.relapse_candidate.is_(True),
    }


def _stuck() -> ColumnElement[bool]:
    """The issue gives no answer by itself: not accepted, or closed before the demand came."""
    ended = or_(
        _I.state.in_(("rejected", "draft")),
        and_(_I.state == "closed", _I.closed_at <= D.linked_at),
    )
    return D.issue_id.in_(select(_I.id).where(_I.id == D.issue_id, ended).correlate(tables.demand))


def listed(
    s: Session, actor: PersonInfo, wanted: Wanted, now: datetime, *, page: int = 1, size: int = PAGE
) -> tuple[list[Any], int]:
    """A page of demands and how many there are in all; what waits for the office comes first."""
    where = and_(scope(s, actor), *conditions(s, wanted, now))
    total = s.execute(select(func.count(D.id)).where(where)).scalar_one()
    first = case((D.state == RECEIVED, 0), (D.state == "disputed", 1), else_=2)
    chosen = (
        select(tables.demand, _I.number.label("issue_number"), _I.state.label("issue_state"))
        .outerjoin(tables.issue, _I.id == D.issue_id)
        .where(where)
        .order_by(first, case((first == 0, D.take_up_due_at)), D.id.desc())
        .limit(size)
        .offset((page - 1) * size)
    )
    return list(s.execute(chosen)), int(total)


def counts(s: Session, actor: PersonInfo, now: datetime) -> dict[str, int]:
    """How many demands each of `VIEWS` has, in one statement."""
    parts = [
        func.sum(case((condition, 1), else_=0)).label(view)
        for view, condition in _views(now).items()
    ]
    row = s.execute(select(*parts).select_from(tables.demand).where(scope(s, actor))).one()
    return {view: int(getattr(row, view) or 0) for view in VIEWS}


def linked_to(s: Session, actor: PersonInfo, issue_id: int) -> list[Any]:
    """The demands that an issue answers, oldest first; the issue must be within scope."""
    chosen = select(tables.demand).where(D.issue_id == issue_id, scope(s, actor))
    return list(s.execute(chosen.order_by(D.id)))


def span(s: Session, month: str) -> tuple[datetime, datetime]:
    """A month's beginning and the next one's, in the zone's time."""
    year, number = map(int, month.split("-"))
    zone = context(s).calendar().tz
    after = date(year + number // 12, number % 12 + 1, 1)
    begin, end = (datetime.combine(d, time(), zone) for d in (date(year, number, 1), after))
    return begin, end
