"""An issue with everything on it, as plain data: what `issue show` and the portal print.

Reads only, and only within the scope of whoever asks. Moments bear the policy's zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.issues import find_issue, tasks_of
from workflow import ladder
from workflow.calendar import WorkCalendar
from workflow.case import not_visible
from workflow.context import Context, context
from workflow.timeline import timeline
from workflow.wording import moment_name, state_name, word

Data = dict[str, Any]


@dataclass(slots=True)
class _Reader:
    """One reading of one issue: rows by task, fetched once each."""

    s: Session
    ctx: Context
    now: datetime
    issue: Any
    tasks: Sequence[Any]

    def rows(self, table: Any, task_id: int, order: str = "id") -> list[Any]:
        chosen = select(table).where(table.c.task_id == task_id).order_by(table.c[order])
        return list(self.s.execute(chosen))

    def calendar(self, task: Any = None) -> WorkCalendar:
        row = self.issue if task is None else task
        return self.ctx.calendar(None if task is None else task.lead_unit_id, row.policy_version_id)

    def local(self, moment: datetime | date | None) -> str | None:
        if isinstance(moment, datetime):
            return moment.astimezone(self.calendar().tz).isoformat(timespec="minutes")
        return moment.isoformat() if moment else None

    def person(self, person_id: int | None) -> str:
        return self.ctx.directory.person_name(person_id)

    def unit(self, unit_id: int | None) -> str:
        return self.ctx.directory.unit_name(unit_id)


def case_file(s: Session, actor: PersonInfo, number: str, now: datetime) -> Data:
    """Everything about an issue; `NotVisible` outside the actor's scope, or if there is none."""
    issue = find_issue(s, actor, number)
    if issue is None:
        raise not_visible(number)
    r = _Reader(s, context(s), now, issue, tasks_of(s, [issue.id]).get(issue.id, []))
    return _head(r) | {
        "tasks": [_task(r, task) for task in r.tasks],
        "lookbacks": _lookbacks(r),
        "ahead": _ahead(r, None),
        "timeline": timeline(r.s, r.ctx, issue, r.tasks),
    }


def _head(r: _Reader) -> Data:
    issue = r.issue
    machine = r.ctx.workflow(issue.workflow_version_id).issue
    state = machine.states.get(issue.state)
    phase = state.phase if state else ""
    return {
        "number": issue.number,
        "version": issue.version,
        "title": issue.title,
        "description": issue.description,
        "category": issue.category,
        "state": issue.state,
        "state_name": state_name(machine, issue.state),
        "phase": phase,
        "phase_name": word("phase", phase),
        "light": issue.light,
        "light_reason": issue.light_reason,
        "urgent": issue.urgent,
        "major": issue.major,
        "listed": issue.listed,
        "coordination_level": issue.coordination_level,
        "board": r.unit(issue.board_id),
        "project": _project(r),
        "no_project_reason": issue.no_project_reason,
        "reporter": r.person(issue.reporter_id),
        "reporter_unit": r.unit(issue.reporter_unit_id),
        "found_on": r.local(issue.found_on),
        "reported_at": r.local(issue.reported_at),
        "dispatched_at": r.local(issue.dispatched_at),
        "closed_at": r.local(issue.closed_at),
        "approver": r.person(issue.approver_id),
        "relapse_count": issue.relapse_count,
        "override_count": issue.override_count,
        "merged_into": _merged_into(r),
        "park_review_on": r.local(issue.park_review_on),
        "cycle": issue.cycle,
    }


def _project(r: _Reader) -> str:
    column = tables.project.c
    if r.issue.project_id is None:
        return ""
    return str(r.s.execute(select(column.name).where(column.id == r.issue.project_id)).scalar())


def _merged_into(r: _Reader) -> str:
    column = tables.issue.c
    if r.issue.merged_into_id is None:
        return ""
    return str(
        r.s.execute(select(column.number).where(column.id == r.issue.merged_into_id)).scalar()
    )


def _task(r: _Reader, task: Any) -> Data:
    machine = r.ctx.workflow(task.workflow_version_id).task
    return {
        "number": task.number,
        "version": task.version,
        "state": task.state,
        "state_name": state_name(machine, task.state),
        "light": task.light,
        "light_reason": task.light_reason,
        "level": task.level,
        "problem": task.problem,
        "measures": task.measures,
        "standard": task.standard,
        "lead_unit": r.unit(task.lead_unit_id),
        "verifier_unit": r.unit(task.verifier_unit_id),
        "responsible_leader": r.person(task.responsible_leader_id),
        "responsible_person": r.person(task.responsible_person_id),
        "urgent": task.urgent,
        "limit_class": task.limit_class,
        "limit_n": task.limit_n,
        "dispatched_at": r.local(task.dispatched_at),
        "due_at": r.local(task.due_at),
        "original_due_at": r.local(task.original_due_at),
        "provisional": task.provisional,
        "paused_at": r.local(task.paused_at),
        "frozen_at": r.local(task.frozen_at),
        "submitted_at": r.local(task.submitted_at),
        "result": task.result,
        "submitted_by": r.person(task.submitted_by_id),
        "verified_at": r.local(task.verified_at),
        "verified_by": r.person(task.verified_by_id),
        "extension_count": task.extension_count,
        "rejection_count": task.rejection_count,
        "co_units": [
            {
                "unit": r.unit(c.unit_id),
                "state": c.state,
                "text": c.text,
                "due_at": r.local(c.due_at),
            }
            for c in r.rows(tables.co_unit, task.id)
        ],
        "deadlines": [
            {
                "n": d.n,
                "cause": d.cause,
                "due_at": r.local(d.due_at),
                "provisional": d.provisional,
                "derivation": d.derivation,
                "created_at": r.local(d.created_at),
            }
            for d in r.rows(tables.deadline_version, task.id, "n")
        ],
        "requests": [_request(r, row) for row in r.rows(tables.request, task.id)],
        "evidence": [
            {
                "kind": e.kind,
                "name": e.name,
                "note": e.note,
                "sha256": e.sha256,
                "size": e.size,
                "cycle": e.cycle,
                "added_by": r.person(e.added_by_id),
                "added_at": r.local(e.added_at),
            }
            for e in r.rows(tables.evidence, task.id)
        ],
        "prepared": [
            {
                "id": p.id,
                "rung": p.rung,
                "level": p.level,
                "kind": p.kind,
                "mode": p.mode,
                "state": p.state,
                "reason": p.reason,
                "prepared_at": r.local(p.prepared_at),
            }
            for p in r.rows(tables.prepared_action, task.id)
        ],
        "ahead": _ahead(r, task),
    }


def _request(r: _Reader, row: Any) -> Data:
    return {
        "id": row.id,
        "kind": row.kind,
        "state": row.state,
        "reason": row.reason,
        "basis": row.basis,
        "progress": row.progress,
        "asked_by": r.person(row.asked_by_id),
        "asked_at": r.local(row.asked_at),
        "new_due_at": r.local(row.new_due_at),
        "review_on": r.local(row.review_on),
        "suggested_unit": r.unit(row.suggested_unit_id),
        "changes": row.changes,
        "ruling_due_at": r.local(row.ruling_due_at),
        "ruled_by": r.person(row.ruled_by_id),
        "ruled_at": r.local(row.ruled_at),
        "opinion": row.opinion,
    }


def _ahead(r: _Reader, task: Any) -> list[Data]:
    """What the clock will do next if nobody acts; changes of light are left out."""
    if task is None:
        agenda = ladder.issue_agenda(
            r.issue, _lookback_rows(r), r.ctx.policy(r.issue.policy_version_id), r.calendar()
        )
    else:
        agenda = ladder.task_agenda(
            task,
            [q for q in r.rows(tables.request, task.id) if q.state == "open"],
            r.rows(tables.co_unit, task.id),
            r.ctx.policy(task.policy_version_id),
            r.calendar(task),
        )
    return [
        {
            "at": r.local(m.at),
            "key": m.key,
            "level": m.level,
            "kind": m.rung.kind if m.rung else None,
            "name": moment_name(m.key, m.rung.kind if m.rung else None),
            "mode": m.rung.mode if m.rung else None,
        }
        for m in agenda
        if m.sort != "light" and m.at > r.now
    ]


def _lookback_rows(r: _Reader) -> list[Any]:
    table = tables.lookback
    chosen = select(table).where(table.c.issue_id == r.issue.id, table.c.cycle == r.issue.cycle)
    return list(r.s.execute(chosen.order_by(table.c.id)))


def _lookbacks(r: _Reader) -> list[Data]:
    return [
        {
            "day": row.day,
            "due_at": r.local(row.due_at),
            "state": row.state,
            "basis": row.basis,
            "finding": row.finding,
            "seed": row.seed,
            "inspector": r.person(row.inspector_id),
        }
        for row in _lookback_rows(r)
    ]
