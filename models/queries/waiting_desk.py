"""What waits at the desks: reports to take up, tasks to hand over, re-checks, drafts."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, false, or_, select

from models import tables
from models.queries.running import is_open, literally
from models.queries.waiting_base import Asking

_I, _T, _L = tables.issue.c, tables.task.c, tables.lookback.c


def triage(ask: Asking) -> ColumnElement[bool]:
    """Reports to take up, and issues in breakdown that have no task yet."""
    untouched = _task_of_issue(tables.task.c.state != "withdrawn")
    return or_(
        and_(_I.state == "reported", ask.rules.may("issue", "start_triage", ask.actor, _I)),
        and_(_I.state == "triaging", ~untouched, ask.rules.may("issue", "plan_task", ask.actor, _I))
        if ask.rules.anywhere("issue", "start_triage", ask.actor)
        else false(),
    )


def _task_of_issue(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    chosen = select(_T.id).where(_T.issue_id == _I.id, *conditions)
    return chosen.correlate(tables.issue).exists()


def dispatch(ask: Asking) -> ColumnElement[bool]:
    """Issues with planned tasks to hand over, at first or later."""
    planned = _task_of_issue(_T.state != "withdrawn", _T.dispatched_at.is_(None))
    may = or_(*(ask.rules.may("issue", n, ask.actor, _I) for n in ("dispatch", "dispatch_more")))
    return and_(may, is_open(_I), planned)


def lookback(ask: Asking) -> ColumnElement[bool]:
    """Closed issues whose re-check is due."""
    issue = tables.issue.alias()
    due = (
        select(_L.issue_id)
        .join(issue, and_(issue.c.id == _L.issue_id, issue.c.cycle == _L.cycle))
        .where(literally(_L.state, ("planned",)), _L.due_at <= ask.now)
    )
    may = ask.rules.may("issue", "record_lookback", ask.actor, _I)
    return and_(_I.id.in_(due), may)


def correct(ask: Asking) -> ColumnElement[bool]:
    """Drafts of the actor's unit: sent back for correction, or not reported yet."""
    mine = _I.reporter_unit_id == ask.actor.unit_id
    return and_(
        is_open(_I), _I.state == "draft", mine, ask.rules.may("issue", "report", ask.actor, _I)
    )
