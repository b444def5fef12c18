"""An issue with everything on it, as plain data: what `issue show` and the portal print.

Reads only, and only within the scope of whoever asks. Moments bear the policy's zone.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.statements import Statement
from workflow.archived import entry_of
from workflow.case import not_visible
from workflow.case_notices import notice_count, notices
from workflow.case_reader import Data, Reader
from workflow.case_task import ahead, task_part
from workflow.case_whole import opened
from workflow.context import context
from workflow.timeline import timeline, told
from workflow.wording import category_name, state_name, word

_P = tables.project.c
_PROJECT = Statement(select(_P.name).where(_P.id == bindparam("id")))


def case_file(s: Session, actor: PersonInfo, number: str, now: datetime) -> Data:
    """Everything about an issue; `NotVisible` outside the actor's scope, or if there is none."""
    found = opened(s, actor, number)
    if found is None:
        raise not_visible(number)
    r = Reader(s, context(s), now, *found)
    return _head(r) | {
        "tasks": [task_part(r, task) for task in r.tasks],
        "lookbacks": _lookbacks(r),
        "ahead": ahead(r, None),
        "notices": notices(r),
        "notice_count": notice_count(r),
        "timeline": _timeline(r),
    }


def _head(r: Reader) -> Data:
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
        "category_name": category_name(r.ctx.policy(issue.policy_version_id), issue.category),
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
        "board_code": r.code(issue.board_id),
        "project": _project(r),
        "project_id": issue.project_id,
        "no_project_reason": issue.no_project_reason,
        "reporter": r.person(issue.reporter_id),
        "reporter_unit": r.unit(issue.reporter_unit_id),
        "reporter_unit_code": r.code(issue.reporter_unit_id),
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
        "archived": _archived(r),
    }


def _timeline(r: Reader) -> list[Data]:
    known = r.kept.get(tables.event.name)
    if known is None:
        return timeline(r.s, r.ctx, r.issue, r.tasks)
    return told(r.ctx, r.issue, r.tasks, known[r.issue.id])


def _project(r: Reader) -> str:
    if r.issue.project_id is None:
        return ""
    known = r.kept.get(tables.project.name)
    if known is not None:
        return str(known[r.issue.project_id][0])
    return str(_PROJECT.raw(r.s, {"id": r.issue.project_id})[0][0])


def _merged_into(r: Reader) -> str:
    column = tables.issue.c
    if r.issue.merged_into_id is None:
        return ""
    return str(
        r.s.execute(select(column.number).where(column.id == r.issue.merged_into_id)).scalar()
    )


def _archived(r: Reader) -> Data | None:
    """Where the history lies, for an issue that was moved into an archive."""
    found = entry_of(r.s, r.issue)
    return found and found | {"at": r.local(found["at"])}


def _lookbacks(r: Reader) -> list[Data]:
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
        for row in r.lookbacks()
    ]
