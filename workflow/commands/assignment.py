"""交办: handing tasks over, receipts, and re-assigning them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update

from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow import deadlines
from workflow.case import Record
from workflow.commands.base import Outcome, begin, end, facts_of, permit, tell
from workflow.context import context, find_actor
from workflow.errors import WorkflowError
from workflow.naming import kept_active
from workflow.notice_facts import local
from workflow.telling import addressees
from workflow.transition import Work


def dispatch(
    s: Session, *, actor: PersonInfo, issue: str, now: datetime, expected_version: int | None = None
) -> Outcome:
    """Hand over every planned task of an issue; the clock starts, 交办单 go out.

    S0 0.2: refused unless each task has problem, measures, responsible unit and deadline.
    """
    w, record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    first = record.state == "triaging"
    planned = [t for t in w.tasks if t.dispatched_at is None and t.state != "withdrawn"]
    if not kept_active(s, {t.lead_unit_id for t in planned}):
        w.ctx = context(s)  # for the guard to see it
    facts = facts_of(w)
    facts.policy = w.ctx.policy()  # what is handed over runs under the policy in force
    noted = permit(
        w, "dispatch" if first or record.dispatched_at is None else "dispatch_more", facts
    )
    if first:
        w.fire("dispatch", by=actor, data=noted, dispatched_at=now)
    else:
        w.touch("issue.dispatch_more", by=actor, data=noted)
    for task in planned:
        hand_over(w, task, by=actor, cause="dispatch")
    return end(w)


def hand_over(
    w: Work,
    task: Record,
    *,
    by: PersonInfo,
    cause: str,
    remaining: deadlines.Deadline | None = None,
) -> None:
    """Start a task's clock under the policy in force and tell lead and supporting units."""
    task.set(
        dispatched_at=w.now,
        policy_version_id=w.ctx.policy_version_id,
        workflow_version_id=w.ctx.workflow_version_id,
        # re-assigned while its issue is parked: this clock stands still like the others
        paused_at=w.now if w.issue.state == "parked" else None,
    )
    policy, calendar = w.policy(task), w.calendar(task)
    deadline = remaining or deadlines.compute(
        policy.limits[task.limit_class],
        task.limit_class,
        w.now,
        calendar,
        policy,
        cause=cause,
        n=task.limit_n,
        fixed=task.fixed_due_at,
    )
    w.set_deadline(task, deadline)
    if task.co_unit_count:
        _start_co_units(w, task)
    people = w.ctx.directory
    w.touch(
        "task.dispatched",
        task,
        by=by,
        data={
            "problem": task.problem,
            "measures": task.measures,
            "lead_unit": people.unit_name(task.lead_unit_id),
            "lead_unit_id": task.lead_unit_id,
            "due": deadline.due_at.isoformat() if deadline.due_at else None,
            "cause": cause,
            "policy_version": task.policy_version_id,
        },
    )
    tell(
        w,
        "dispatch",
        addressees(w, ("liaison", "unit_head"), task),
        task=task,
        level=0,
        limit_at=local(
            deadlines.side_limit(w.now, policy.ack.limit_wd, calendar, policy), calendar
        ),
        copies=addressees(w, ("co_units",), task),
        occasion=f"event:{w.issue.chain_seq}",
    )


def _start_co_units(w: Work, task: Record) -> None:
    policy, calendar = w.policy(task), w.calendar(task)
    due = deadlines.side_limit(w.now, policy.co_unit.limit_wd, calendar, policy)
    table = tables.co_unit
    w.s.execute(
        update(table)
        .where(table.c.task_id == task.id, table.c.state == "awaited")
        .values(due_at=due)
    )
    w.co_units = None


def acknowledge(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    responsible_leader: str,
    responsible_person: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """签收: name the responsible leader and the handler by username.

    The deadline goes on running from the dispatch, not from the receipt.
    """
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    leader, person = _person(s, responsible_leader), _person(s, responsible_person)
    noted = permit(
        w,
        "acknowledge",
        facts_of(w, record, args={"responsible_leader": leader, "responsible_person": person}),
    )
    w.fire(
        "acknowledge",
        record,
        by=actor,
        acknowledged_at=now,
        responsible_leader_id=leader.id if leader else None,
        responsible_person_id=person.id if person else None,
        data=noted
        | {
            "responsible_leader": responsible_leader,
            "responsible_person": responsible_person,
        },
    )
    return end(w, record)


def _person(s: Session, username: str) -> PersonInfo | None:
    try:
        return find_actor(s, username)
    except WorkflowError:
        return None


def unit_spells(w: Work) -> list[dict[str, Any]]:
    """How long each unit had each task: the clock split per responsible unit.

    One entry per task handed over: unit, from, to (None while it runs) and the open working time
    used, in minutes, with parked time left out. Reassigned tasks name their predecessor.
    """
    spells = []
    for task in w.tasks:
        if task.dispatched_at is None:
            continue
        finish = task.submitted_at or task.verified_at
        if task.state == "withdrawn":
            finish = task.state_since
        pauses = [(task.paused_at, None)] if task.paused_at else []
        spent = w.calendar(task).working_time_between(
            task.dispatched_at,
            finish or w.now,
            [(a, b or w.now) for a, b in pauses + past_pauses(w, task)],
        )
        spells.append(
            {
                "task": task.number,
                "predecessor_id": task.predecessor_id,
                "unit_id": task.lead_unit_id,
                "unit": w.ctx.directory.unit_name(task.lead_unit_id),
                "from": task.dispatched_at,
                "to": finish,
                "working_minutes": int(spent.total_seconds() // 60),
            }
        )
    return spells


def past_pauses(w: Work, task: Record) -> list[tuple[datetime, datetime | None]]:
    """Ended pauses of a task, from the derivations of its deadlines."""
    table = tables.deadline_version
    rows = w.s.execute(
        table.select().where(table.c.task_id == task.id, table.c.cause == "park_resume")
    )
    return [
        (
            datetime.fromisoformat(row.derivation["pause"]["from"]),
            datetime.fromisoformat(row.derivation["pause"]["to"]),
        )
        for row in rows
    ]
