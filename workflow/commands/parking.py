"""挂账: stopping and restarting every clock of an issue, by approval, with a review date."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import update

from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow import deadlines
from workflow.case import Record
from workflow.commands.base import Outcome, begin, clean, end, facts_of, permit, tell
from workflow.telling import addressees
from workflow.transition import Work

RUNNING = ("pending_ack", "in_progress", "submitted")


def park(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    reason: str,
    review_on: date,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Park an issue that cannot be solved now (policy, litigation, higher approval)."""
    w, _record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    reason = clean("reason", reason)
    permit(w, "park", facts_of(w, args={"reason": reason, "review_on": review_on}))
    pause_all(w, by=actor, reason=reason, review_on=review_on)
    tell_units(w, "parked", reason)
    return end(w)


def pause_all(w: Work, *, by: PersonInfo, reason: str, review_on: date) -> None:
    """Stop the clocks of every running task."""
    w.fire(
        "park",
        by=by,
        park_review_on=review_on,
        data={"reason": reason, "review_on": review_on.isoformat()},
    )
    for task in w.tasks:
        if task.state in RUNNING and task.dispatched_at is not None:
            task.set(paused_at=w.now)


def resume(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Restart the clocks. Each deadline moves by the working time that stood still."""
    w, _record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    reason = clean("reason", reason)
    noted = permit(w, "resume", facts_of(w, args={"reason": reason}))
    w.fire("resume", by=actor, data=noted | {"reason": reason}, park_review_on=None)
    for task in [t for t in w.tasks if t.paused_at is not None]:
        if task.state in RUNNING:
            _restart(w, task)
        else:
            task.set(paused_at=None)  # verified or withdrawn meanwhile: no clock to restart
    tell_units(w, "resumed", reason)
    return end(w)


def _restart(w: Work, task: Record) -> None:
    paused, calendar = task.paused_at, w.calendar(task)
    # the reporting period starts anew: nobody reports on a clock that stands still
    task.set(paused_at=None, last_progress_at=w.now, resumed_at=w.now)
    _restart_limits(w, task, paused)
    if task.due_at is None:
        return
    limit = w.policy(task).limits.get(task.limit_class)
    w.set_deadline(
        task,
        deadlines.after_pause(
            task.due_at,
            limit.unit if limit else "working_day",
            paused,
            w.now,
            task.dispatched_at,
            calendar,
            task.limit_class,
        ),
        reset=False,
    )
    w.event(
        "task.resumed",
        task,
        data={
            "paused_at": paused.isoformat(),
            "due": task.due_at.isoformat(),
            "deadline_version": task.deadline_version,
        },
    )


def _restart_limits(w: Work, task: Record, paused: datetime) -> None:
    """Rulings and inputs that were not yet due when the clock stopped get their time anew."""
    policy, calendar = w.policy(task), w.calendar(task)
    wanted = {
        "return": policy.return_.ruling_wd,
        "extension": policy.extension.ruling_wd,
        "park": policy.park.ruling_wd,
        "adjust": policy.adjust.ruling_wd,
    }
    table = tables.request
    for request in [r for r in w.open_requests() if r.task_id == task.id]:
        if request.ruling_due_at is not None and request.ruling_due_at > paused:
            due = deadlines.side_limit(w.now, wanted[request.kind], calendar, policy)
            w.s.execute(update(table).where(table.c.id == request.id).values(ruling_due_at=due))
    inputs = tables.co_unit
    due = deadlines.side_limit(w.now, policy.co_unit.limit_wd, calendar, policy)
    if task.co_unit_count:
        w.s.execute(
            update(inputs)
            .where(
                inputs.c.task_id == task.id, inputs.c.state == "awaited", inputs.c.due_at > paused
            )
            .values(due_at=due)
        )
    w.requests = w.co_units = None


def review_park(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    reason: str,
    review_on: date,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Keep an issue parked after its review, until the next one."""
    w, record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    reason = clean("reason", reason)
    noted = permit(w, "review_park", facts_of(w, args={"reason": reason, "review_on": review_on}))
    old = record.park_review_on
    w.touch(
        "issue.review_park",
        by=actor,
        park_review_on=review_on,
        data=noted
        | {
            "reason": reason,
            "old": old.isoformat() if old else None,
            "review_on": review_on.isoformat(),
        },
    )
    return end(w)


def tell_units(w: Work, outcome: str, reason: str, but: Record | None = None) -> None:
    """Tell the unit of each running task (one may have been told otherwise)."""
    review = w.issue.park_review_on
    for task in w.tasks:
        if task.state in RUNNING and task.dispatched_at is not None and task is not but:
            tell(
                w,
                "parked",
                addressees(w, ("liaison", "unit_leader"), task),
                task=task,
                outcome=outcome,
                reason=reason,
                occasion=f"event:{w.issue.chain_seq}",
                limit_at=review.isoformat() if review else "",
            )
