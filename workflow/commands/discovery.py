"""问题发现: reporting, correcting, accepting for breakdown, refusing and merging."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select

from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.statements import Statement
from workflow.authority import refuse_outsiders
from workflow.case import Record, load_issue, not_visible
from workflow.commands.base import (
    MAX_TEXT,
    Outcome,
    begin,
    clean,
    end,
    facts_of,
    permit,
    tell,
    to_role,
)
from workflow.context import Context, context
from workflow.errors import Malformed, Reason, WorkflowError
from workflow.machine import loop
from workflow.transition import Work


@dataclass(frozen=True, slots=True)
class Report:
    """What a reporter fills in. `board` is a unit's code or name, `project` a project's name."""

    title: str
    description: str
    category: str
    project: str | None = None
    no_project_reason: str = ""
    board: str | None = None
    urgent: bool | None = None
    major: bool = False
    found_on: date | None = None
    source_system: str = ""
    source_id: str | None = None


def report(
    s: Session, *, actor: PersonInfo, form: Report, now: datetime, draft: bool = False
) -> Outcome:
    """File an issue (or, with `draft`, only begin one) for the actor's unit.

    Raises `Malformed`, `NotAllowed` or `GuardFailed`; S0 0.2 asks for few fields here.
    """
    ctx = context(s)
    w = Work(s, ctx, now, actor, _new_issue(s, ctx, actor, form, now), [])
    facts = facts_of(w)
    refuse_outsiders(loop(ctx.workflow(), "issue").rules["report"], "report", facts)
    _insert(w)
    w.event("issue.created", by=actor, data=_created(form) | {"v": 1})
    if draft:
        w.issue.set(number=w.issue.number)
        return end(w)
    return _file(w, actor, now)


def submit_draft(
    s: Session, *, actor: PersonInfo, issue: str, now: datetime, expected_version: int | None = None
) -> Outcome:
    """File a draft, or one that was sent back for correction."""
    w, _record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    return _file(w, actor, now)


def _file(w: Work, actor: PersonInfo, now: datetime) -> Outcome:
    noted = permit(w, "report", facts_of(w))
    w.fire("report", by=actor, data=noted, reported_at=now)
    tell(
        w,
        "todo",
        to_role(w, Role.TRIAGE_OFFICER),
        todo="triage",
        occasion=f"event:{w.issue.chain_seq}",
    )
    return end(w)


def _created(form: Report) -> dict[str, Any]:
    return {
        "title": form.title.strip(),
        "description": form.description.strip(),
        "category": form.category,
        "source_system": form.source_system,
        "source_id": form.source_id,
    }


def _new_issue(s: Session, ctx: Context, actor: PersonInfo, form: Report, now: datetime) -> Record:
    category = ctx.policy().categories.get(form.category)
    project_id, project_board = find_project(s, form.project)
    values = {c.name: _default(c) for c in tables.issue.columns if c.name != "id"} | {
        "number": uuid.uuid4().hex,
        "state": ctx.workflow().issue.initial,
        "title": clean("title", form.title, most=200, needed=True),
        "description": clean("description", form.description),
        "category": clean("category", form.category, most=60),
        "urgent": form.urgent if form.urgent is not None else bool(category and category.urgent),
        "major": form.major,
        "project_id": project_id,
        "no_project_reason": clean("no_project_reason", form.no_project_reason, most=300),
        "board_id": find_board(ctx, form.board, project_board, actor),
        "reporter_id": actor.id,
        "reporter_unit_id": actor.unit_id,
        "found_on": form.found_on or ctx.calendar().local_date(now),
        "source_system": clean("source_system", form.source_system, most=40),
        "source_id": clean("source_id", form.source_id, most=120) if form.source_id else None,
        "policy_version_id": ctx.policy_version_id,
        "workflow_version_id": ctx.workflow_version_id,
        "state_since": now,
    }
    return Record(tables.issue, values | {"id": None})


def _default(column: Any) -> Any:
    return column.default.arg if column.default is not None else None


_INSERT_ISSUE = Statement(
    insert(tables.issue).returning(tables.issue.c.id),
    [c.name for c in tables.issue.columns if c.name != "id"],
)


def _insert(w: Work) -> None:
    values = {k: v for k, v in w.issue.values.items() if k != "id"}
    created = _INSERT_ISSUE.first(w.s, values)
    assert created is not None
    w.issue.values["id"] = created["id"]
    year = w.calendar().local_date(w.now).year
    w.issue.set(number=f"WT-{year}-{created['id']:06d}")


def find_project(s: Session, name: str | None) -> tuple[int | None, int | None]:
    """Id and board of a project by its exact name; `Malformed` when it is unknown."""
    if not name or not name.strip():
        return None, None
    project = tables.project.c
    row = s.execute(
        select(project.id, project.board_id).where(project.name == name.strip())
    ).one_or_none()
    if row is None:
        raise Malformed(
            Reason(
                "project_unknown",
                _("Unknown project {name}.").format(name=name.strip()),
                "project",
                _("Use the project's name as it stands in the library, or say why there is none."),
            )
        )
    return row.id, row.board_id


def find_board(
    ctx: Context, board: str | None, of_project: int | None, actor: PersonInfo
) -> int | None:
    """The region of an issue: as named, else the project's, else the reporter's own board."""
    people = ctx.directory
    if board and board.strip():
        unit = people.find_unit(board.strip())
        if unit is None or not unit.is_board:
            raise Malformed(
                Reason(
                    "board_unknown",
                    _("Unknown town or street {name}.").format(name=board.strip()),
                    "board",
                    _("Use the code or full name of a town or street."),
                )
            )
        return unit.id
    if of_project is not None:
        return of_project
    return actor.unit_id if people.units[actor.unit_id].is_board else None


EDITABLE = {"title": 200, "description": MAX_TEXT, "category": 60, "no_project_reason": 300}
"""Fields that may be corrected before the dispatch, with their greatest length."""


def edit(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    now: datetime,
    expected_version: int | None = None,
    **changes: str,
) -> Outcome:
    """Correct title, description or category before the dispatch; the old text stays in history."""
    w, record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    values = {
        k: clean(k, v, needed=True, most=EDITABLE[k]) for k, v in changes.items() if k in EDITABLE
    }
    old = {k: record.values[k] for k in values}
    record.set(**values)
    noted = permit(w, "edit", facts_of(w))
    w.touch("issue.edit", by=actor, data=noted | {"old": old, "new": values})
    return end(w)


def send_back(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Return a report to its reporter for correction."""
    w, record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    reason = clean("reason", reason)
    noted = permit(w, "send_back", facts_of(w, args={"reason": reason}))
    w.fire(
        "send_back",
        by=actor,
        data=noted | {"reason": reason},
        reported_at=None,
        rejection_by_id=None,
    )
    _tell_reporter(w, record, "returned", reason)
    return end(w)


def start_triage(
    s: Session, *, actor: PersonInfo, issue: str, now: datetime, expected_version: int | None = None
) -> Outcome:
    """Take a report up for breakdown."""
    w, _record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    w.fire("start_triage", by=actor, data=permit(w, "start_triage", facts_of(w)))
    return end(w)


def propose_rejection(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Propose not to accept a report; the chief confirms."""
    w, _record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    reason = clean("reason", reason)
    noted = permit(w, "propose_rejection", facts_of(w, args={"reason": reason}))
    w.touch(
        "issue.propose_rejection",
        by=actor,
        data=noted | {"reason": reason},
        rejection_by_id=actor.id,
    )
    tell(
        w,
        "todo",
        to_role(w, Role.OFFICE_CHIEF),
        todo="confirm_rejection",
        reason=reason,
        occasion=f"event:{w.issue.chain_seq}",
    )
    return end(w)


def reject(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Confirm that a report is not accepted (不予受理)."""
    w, record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    reason = clean("reason", reason)
    noted = permit(w, "reject", facts_of(w, args={"reason": reason}))
    w.fire("reject", by=actor, data=noted | {"reason": reason})
    _tell_reporter(w, record, "rejected", reason)
    return end(w)


def merge(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    into: str,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Join a repeat report to the issue that is already being worked on."""
    _lock_both(s, issue, into)
    w, record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    reason = clean("reason", reason)
    target = _merge_target(s, into)
    facts = facts_of(w, args={"reason": reason}, target=target)
    noted = permit(w, "merge", facts)
    w.fire(
        "merge",
        by=actor,
        merged_into_id=target.id if target else None,
        data=noted | {"reason": reason, "into": into},
    )
    _tell_reporter(w, record, "merged", reason, detail=into)
    return end(w)


def _lock_both(s: Session, one: str, other: str) -> None:
    """Always in the same order, or two people who merge crosswise would wait for each other."""
    table = tables.issue.c
    both = select(table.id).where(table.number.in_((one, other))).order_by(table.id)
    s.execute(both.with_for_update()).all()


def _merge_target(s: Session, number: str) -> Record | None:
    try:
        return load_issue(s, issue=number)
    except WorkflowError:
        return None


def _tell_reporter(w: Work, record: Record, outcome: str, reason: str, detail: str = "") -> None:
    reporter = w.ctx.directory.people.get(record.reporter_id)
    tell(
        w,
        "intake_result",
        [reporter] if reporter else [],
        outcome=outcome,
        reason=reason,
        detail=detail,
        occasion=f"event:{w.issue.chain_seq}",
    )


__all__ = [
    "Report",
    "edit",
    "merge",
    "not_visible",
    "propose_rejection",
    "reject",
    "report",
    "send_back",
    "start_triage",
    "submit_draft",
]
