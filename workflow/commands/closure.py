"""清零销号: submission, verification and approval by three persons (invariant 8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from config.roles import Role
from models.db import Session
from models.directory import PersonInfo
from workflow.commands.asking import close_requests
from workflow.commands.base import (
    Outcome,
    begin,
    clean,
    clean_moment,
    end,
    facts_of,
    permit,
    tell,
    to_role,
)
from workflow.commands.lookbacks import drawn, plan_lookbacks, record_lookback, relapse
from workflow.commands.proof import (
    Proof,
    add_evidence,
    attach,
    evidence_of,
    proof_facts,
    waive_evidence,
)
from workflow.commands.reopening import back_to_unit, chosen
from workflow.telling import addressees
from workflow.transition import Work

__all__ = [
    "Proof",
    "add_evidence",
    "approve",
    "drawn",
    "evidence_of",
    "record_lookback",
    "reject_closure",
    "reject_submission",
    "relapse",
    "submit_task",
    "verify_task",
    "waive_evidence",
]


def submit_task(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    result: str,
    now: datetime,
    evidence: Sequence[Proof] = (),
    expected_version: int | None = None,
) -> Outcome:
    """办结: the unit's leader signs the self-check and hands the task to the verifier."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    result = clean("result", result)
    for proof in evidence:
        permit(w, "add_evidence", facts_of(w, record, args={"kind": proof.kind}))
    attach(w, record, evidence, actor)
    noted = permit(
        w,
        "submit",
        facts_of(w, record, args={"result": result}, evidence=evidence_of(s, w.issue.id)),
    )
    close_requests(w, record)
    w.fire(
        "submit",
        record,
        by=actor,
        submitted_at=now,
        submitted_by_id=actor.id,
        result=result,
        data=noted
        | {
            "result": result,
            "evidence": [proof_facts(p) for p in evidence],
            "on_time": record.due_at is None or now <= record.due_at,
        },
    )
    tell(
        w,
        "todo",
        to_role(w, Role.VERIFIER, record.verifier_unit_id),
        task=record,
        todo="verify",
        occasion=f"event:{w.issue.chain_seq}",
    )
    return end(w, record)


def reject_submission(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    opinion: str,
    requirement: str,
    new_due: datetime,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """不予销号 by the verifier: additional requirements and a new date."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    args = {
        "opinion": clean("opinion", opinion),
        "requirement": clean("requirement", requirement),
        "new_due_at": clean_moment("new_deadline", new_due),
    }
    noted = permit(w, "reject_submission", facts_of(w, record, args=args))
    back_to_unit(w, record, "reject_submission", actor, noted, args)
    return end(w, record)


def verify_task(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    opinion: str,
    now: datetime,
    site_check: str = "",
    expected_version: int | None = None,
) -> Outcome:
    """核验通过 by a second person outside the lead unit."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    args = {"opinion": clean("opinion", opinion), "site_check": clean("site_check", site_check)}
    noted = permit(w, "verify", facts_of(w, record, args=args))
    w.fire("verify", record, by=actor, verified_at=now, verified_by_id=actor.id, data=noted | args)
    return end(w, record)


def approve(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    opinion: str,
    now: datetime,
    override: str = "",
    expected_version: int | None = None,
) -> Outcome:
    """审定销号 by a third person: strike the issue off and plan its look-backs.

    `override`: the deputy director's reason for waiving what the definition lets be waived.
    """
    w, record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    opinion = clean("opinion", opinion)
    facts = facts_of(w, args={"opinion": opinion}, evidence=evidence_of(s, record.id))
    noted = permit(w, "approve", facts, override=clean("override", override))
    w.fire(
        "approve",
        by=actor,
        closed_at=now,
        approver_id=actor.id,
        data=noted | {"opinion": opinion},
        override_count=record.override_count + len(noted.get("waived", ())),
    )
    plan_lookbacks(w)
    _tell_closed(w, opinion)
    return end(w)


def _tell_closed(w: Work, opinion: str) -> None:
    people = w.ctx.directory
    units = [
        p
        for t in w.tasks
        if t.state == "verified"
        for p in addressees(w, ("liaison", "unit_head"), t)
    ]
    reporter = people.people.get(w.issue.reporter_id)
    tell(
        w,
        "closed",
        [*units, *([reporter] if reporter else [])],
        opinion=opinion,
        task=next((t for t in w.tasks if t.state == "verified"), None),
        occasion=f"event:{w.issue.chain_seq}",
    )


def reject_closure(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    requirement: str,
    new_due: datetime,
    now: datetime,
    tasks: Sequence[str] = (),
    expected_version: int | None = None,
) -> Outcome:
    """不予销号 by the approver: tasks (all by default) go back with requirements and a new date."""
    w, _record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    args = {
        "requirement": clean("requirement", requirement),
        "new_due_at": clean_moment("new_deadline", new_due),
    }
    noted = permit(w, "reject_closure", facts_of(w, args=args))
    w.fire(
        "reject_closure",
        by=actor,
        data=noted
        | {
            "requirement": args["requirement"],
            "new_due": new_due.isoformat(),
        },
    )
    for task in chosen(w, tasks):
        back_to_unit(w, task, "reopen", actor, {}, args)
    return end(w)
