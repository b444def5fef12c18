"""问题发现: reporting, correcting, accepting for breakdown, refusing and merging."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow.authority import refuse_outsiders
from workflow.case import Record, load_case, not_visible
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
from workflow.context import context
from workflow.errors import WorkflowError
from workflow.filing import (
    Report,
    filed_facts,
    find_board,
    find_project,
    new_issue,
    store,
)
from workflow.machine import loop
from workflow.transition import Work


def report(
    s: Session, *, actor: PersonInfo, form: Report, now: datetime, draft: bool = False
) -> Outcome:
    """File an issue (or, with `draft`, only begin one) for the actor's unit.

    Raises `Malformed`, `NotAllowed` or `GuardFailed`; S0 0.2 asks for few fields here.
    """
    ctx = context(s)
    w = Work(s, ctx, now, actor, new_issue(s, ctx, actor, form, now), [])
    facts = facts_of(w)
    refuse_outsiders(loop(ctx.workflow(), "issue").rules["report"], "report", facts)
    store(w)
    w.event("issue.created", by=actor, data=filed_facts(form) | {"v": 1})
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
        return load_case(s, issue=number)[0]
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
    "find_board",
    "find_project",
    "merge",
    "not_visible",
    "propose_rejection",
    "reject",
    "report",
    "send_back",
    "start_triage",
    "submit_draft",
]
