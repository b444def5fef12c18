"""A decision becomes a task of the loop, once: planned and handed over with the fixed date.

The decision's row is locked while it is done, in one transaction with the task: of two clicks the
second finds the task, and a crash leaves neither.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects import history
from projects.access import CHIEF, refuse_stale, require
from projects.meetings import decisions, store
from projects.meetings.decisions import Decided
from workflow import deadlines
from workflow.commands import assignment, breakdown
from workflow.commands.base import Outcome, clean
from workflow.commands.breakdown import Plan
from workflow.context import context
from workflow.errors import GuardFailed, IllegalTransition, Reason


def decide(
    s: Session, *, actor: PersonInfo, meeting: int, form: Decided, now: datetime,
    expected_version: int | None = None,
) -> int:  # fmt: skip
    """Record a decision, and where it is of the kind `task`, make the task at once."""
    key = decisions.record(
        s, actor=actor, meeting=meeting, form=form, now=now, expected_version=expected_version
    )
    if form.kind == "task":
        make_task(s, actor=actor, decision=key, now=now)
    return key


def make_task(
    s: Session, *, actor: PersonInfo, decision: int, now: datetime, standard: str = "",
    expected_version: int | None = None,
) -> Outcome:  # fmt: skip
    """Hand the decision over as a task of its lead unit, with its date as the fixed deadline.

    For the chief. Raises `GuardFailed` where it has a task already, and whatever the loop refuses.
    """
    row = store.find_decision(s, actor, decision, lock=True)
    require(actor, CHIEF, _("The office chief hands tasks over."))
    refuse_stale(row, expected_version)
    _refuse_unfit(s, row)
    item = store.find_item(s, actor, row.item_id)
    _refuse_not_taken_up(s, item)
    ctx = context(s)
    plan = Plan(
        measures=row.answer or row.text,
        standard=clean("standard", standard),
        lead=ctx.directory.units[row.lead_unit_id].code,
        due=deadlines.day_end(row.due_on, ctx.policy(), ctx.calendar()),
    )
    planned = breakdown.plan_task(s, actor=actor, issue=item.issue_number, form=plan, now=now)
    assignment.dispatch(s, actor=actor, issue=item.issue_number, now=now)
    _link(s, row, str(planned.task_number), actor, now)
    return planned


def _refuse_unfit(s: Session, row: Any) -> None:
    if row.task_id is not None:
        number = s.execute(
            select(tables.task.c.number).where(tables.task.c.id == row.task_id)
        ).scalar_one()
        message = _("The decision is task {number} already.").format(number=number)
        raise GuardFailed(Reason("task_made", message, "decision"))
    if row.item_id is None or row.due_on is None or row.state not in ("open", "answered"):
        message = _("The decision has no item, or no date yet.")
        remedy = _("A unit that was asked must answer with a date first.")
        raise IllegalTransition(Reason("no_task_yet", message, "decision", remedy))


def _refuse_not_taken_up(s: Session, item: Any) -> None:
    state = s.execute(
        select(tables.issue.c.state).where(tables.issue.c.id == item.issue_id)
    ).scalar_one()
    if state == "reported":
        message = _("Issue {number} has not been taken up yet.").format(number=item.issue_number)
        remedy = _("The triage officer takes it up on this page first.")
        raise IllegalTransition(Reason("not_taken_up", message, "decision", remedy))


def _link(s: Session, row: Any, number: str, actor: PersonInfo, now: datetime) -> None:
    task_id = s.execute(select(tables.task.c.id).where(tables.task.c.number == number)).scalar_one()
    decisions.change(s, row, {"task_id": task_id, "state": "open", "kind": "task"})
    told = {"decision": row.id, "task": number, "due_on": row.due_on}
    history.note(s, f"meeting:{row.meeting_id}", "meeting.task", told, actor, now)
