"""Demands follow their issues: a closure answers, a relapse takes up again, a merger moves on.

The loop knows nothing of demands. Whoever opens the desk or an enterprise's page lets them be
settled first, and so does the daily job; what was done is in the history once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from models import tables
from models.db import Database, Session
from models.queries.issues import CLOSED_STATES
from projects.demands.base import ANSWERED, DISPUTED, TAKEN_UP, D, change

_I = tables.issue.c
RUNS_NOT = (*CLOSED_STATES, "draft")
NOT_TOLD = {"result": ""}
"""What the desk told of a closure does not outlive it."""


def is_open(state: str) -> bool:
    """Whether an issue runs: reported, and not at an end."""
    return state not in RUNS_NOT


def outcome(demand: Any, issue: Any | None) -> str:
    """The state that a demand is in, as its issue stands now. Pure.

    A closure answers only what was linked before it: a repeat of a closed issue waits for the
    office. An answer that the office has written stands, whatever becomes of an issue.
    """
    if issue is None:
        return str(demand.state)
    if demand.state == TAKEN_UP and _closed_since(demand, issue):
        return ANSWERED
    reopened = demand.state == DISPUTED or (demand.state == ANSWERED and not demand.answer)
    return TAKEN_UP if reopened and is_open(issue.state) else str(demand.state)


def _closed_since(demand: Any, issue: Any) -> bool:
    return (
        issue.state == "closed"
        and issue.closed_at is not None
        and demand.linked_at is not None
        and issue.closed_at > demand.linked_at
    )


def unsettled() -> ColumnElement[bool]:
    """A condition on `demand` joined to `issue`: `outcome` is another state, or it moves on."""
    answers = and_(D.state == TAKEN_UP, _I.state == "closed", _I.closed_at > D.linked_at)
    moves_on = and_(D.state == TAKEN_UP, _I.state == "merged")
    closed_by = and_(D.state == ANSWERED, D.answer == "")
    reopened = and_(or_(D.state == DISPUTED, closed_by), _I.state.not_in(RUNS_NOT))
    return or_(answers, moves_on, reopened)


def pending(s: Session) -> bool:
    """Whether a demand waits to be settled."""
    return s.execute(_of_issues(select(D.id)).limit(1)).first() is not None


def _of_issues(chosen: Any) -> Any:
    return chosen.join(tables.issue, _I.id == D.issue_id).where(unsettled())


def settle(s: Session, now: datetime) -> int:
    """Settle every demand whose issue has moved; returns how many were.

    What has moved on to another issue is looked at again with that one.
    """
    done, chosen = 0, _of_issues(select(tables.demand)).order_by(D.id)
    while rows := s.execute(chosen.with_for_update(of=tables.demand)).all():
        done += sum(settle_one(s, row, now) for row in rows)
    return done


def settle_one(s: Session, row: Any, now: datetime) -> bool:
    """Write what a demand's issue has brought about; returns whether it has. The row is locked."""
    issue = issue_of(s, row)
    if issue is None:
        return False
    if row.state == TAKEN_UP and issue.state == "merged":
        return _move_on(s, row, issue, now)
    state = outcome(row, issue)
    if state == row.state:
        return False
    if state == ANSWERED:
        data: dict[str, Any] = {"issue": issue.number}
        values = {"answered_at": issue.closed_at, "answer": "", **NOT_TOLD}
        change(s, row, "demand.answered_by_closure", data, None, now, state=state, **values)
    else:
        data = {"issue": issue.number}
        change(
            s, row, "demand.reopened", data, None, now, state=state, answered_at=None, **NOT_TOLD
        )
    return True


def _move_on(s: Session, row: Any, issue: Any, now: datetime) -> bool:
    """To the issue that goes on, however often it was merged (each into an older one or newer)."""
    seen = {issue.id}
    while issue.state == "merged" and issue.merged_into_id not in seen:
        seen.add(issue.merged_into_id)
        issue = s.execute(select(tables.issue).where(_I.id == issue.merged_into_id)).one()
    data = {"issue": issue.number}
    change(s, row, "demand.moved_on", data, None, now, issue_id=issue.id, repeat=True)
    return True


def issue_of(s: Session, row: Any) -> Any | None:
    """The issue that a demand is linked to, if any."""
    if row.issue_id is None:
        return None
    return s.execute(select(tables.issue).where(_I.id == row.issue_id)).one()


def run(db: Database, now: datetime) -> int:
    """The daily job: settle what nobody has looked at."""
    with db.write() as s:
        return settle(s, now)
