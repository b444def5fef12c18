"""清零销号: proof, submission, verification, approval, look-back and relapse (invariant 8)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.statements import Statement, insertion
from workflow import deadlines
from workflow.case import Record
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
from workflow.commands.requests import close_requests
from workflow.errors import Malformed, Reason
from workflow.guards_closure import WAIVER
from workflow.telling import addressees, local
from workflow.transition import Work


@dataclass(frozen=True, slots=True)
class Proof:
    """A piece of evidence. `sha256` and `size` name content that the edge has stored before."""

    kind: str
    name: str
    note: str = ""
    sha256: str | None = None
    size: int | None = None


_INSERT_EVIDENCE = insertion(tables.evidence)
_EVIDENCE = Statement(
    select(tables.evidence)
    .join(tables.task, tables.task.c.id == tables.evidence.c.task_id)
    .where(tables.task.c.issue_id == bindparam("key"))
    .order_by(tables.evidence.c.id)
)


def add_evidence(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    proof: Proof,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Attach one piece of proof to a task."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    noted = permit(w, "add_evidence", facts_of(w, record, args={"kind": proof.kind}))
    _attach(w, record, [proof], actor)
    w.touch("task.add_evidence", record, by=actor, data=noted | _proof_facts(proof))
    return end(w, record)


def _attach(w: Work, task: Record, proofs: Sequence[Proof], actor: PersonInfo) -> None:
    if proofs:
        _INSERT_EVIDENCE.run(
            w.s,
            [
                {
                    "task_id": task.id,
                    "cycle": w.issue.cycle,
                    "kind": p.kind,
                    "name": clean("name", p.name, most=200),
                    "note": clean("note", p.note, most=500),
                    "sha256": p.sha256,
                    "size": p.size,
                    "added_by_id": actor.id,
                    "added_at": w.now,
                }
                for p in proofs
            ],
        )


def _proof_facts(proof: Proof) -> dict[str, Any]:
    return {"kind": proof.kind, "name": proof.name, "sha256": proof.sha256}


def evidence_of(s: Session, issue_id: int) -> list[Any]:
    """Evidence of an issue's tasks, oldest first."""
    return _EVIDENCE.rows(s, {"key": issue_id})


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
    _attach(w, record, evidence, actor)
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
            "evidence": [_proof_facts(p) for p in evidence],
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


def waive_evidence(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """The override of invariant 8: do without the category's evidence, shown on the ledger."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    reason = clean("reason", reason)
    noted = permit(w, "waive_evidence", facts_of(w, record, args={"reason": reason}))
    _attach(w, record, [Proof(WAIVER, reason[:200], reason[:500])], actor)
    w.issue.set(override_count=w.issue.override_count + 1)
    w.touch("task.waive_evidence", record, by=actor, data=noted | {"reason": reason})
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
    _back_to_unit(w, record, "reject_submission", actor, noted, args)
    return end(w, record)


def _back_to_unit(
    w: Work,
    task: Record,
    trigger: str,
    actor: PersonInfo,
    noted: dict[str, Any],
    args: dict[str, Any],
    cause: str = "closure_rejected",
) -> None:
    policy, calendar, old = w.policy(task), w.calendar(task), task.due_at
    w.fire(
        trigger,
        task,
        by=actor,
        submitted_at=None,
        submitted_by_id=None,
        verified_at=None,
        verified_by_id=None,
        rejection_count=task.rejection_count + (cause != "relapse"),
        last_progress_at=w.now,
        data=noted | {k: v.isoformat() if isinstance(v, datetime) else v for k, v in args.items()},
    )
    w.set_deadline(
        task,
        deadlines.compute(
            policy.limits[task.limit_class],
            task.limit_class,
            w.now,
            calendar,
            policy,
            cause=cause,
            fixed=args["new_due_at"],
        ),
    )
    if cause == "closure_rejected":
        tell(
            w,
            "closure_rejected",
            addressees(w, ("responsible_person", "liaison", "unit_leader"), task),
            task=task,
            opinion=args.get("opinion", ""),
            requirements=args.get("requirement", ""),
            old_deadline=local(old, calendar),
            new_deadline=local(task.due_at, calendar),
            occasion=f"event:{w.issue.chain_seq}",
        )


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
    _plan_lookbacks(w)
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


def _plan_lookbacks(w: Work) -> None:
    """回头看: always for weighty issues, by lot for the rest; the lot's seed is recorded.

    The seed is the closing event's hash, which nobody can choose and everybody can check.
    """
    rules, issue = w.policy().lookback, w.issue
    flags = {"major": issue.major, "listed": issue.listed, "relapsed": issue.relapse_count > 0}
    basis = next((name for name in rules.always if flags[name]), "")
    seed = issue.chain_hash
    if not basis and drawn(seed) >= rules.share:
        return
    w.s.execute(
        insert(tables.lookback),
        [
            {
                "issue_id": issue.id,
                "cycle": issue.cycle,
                "day": day,
                "state": "planned",
                "due_at": _lookback_day(w, day),
                "basis": basis or "sample",
                "seed": seed,
                "finding": "",
            }
            for day in rules.days
        ],
    )


def drawn(seed: str) -> float:
    """A number from 0 to 1 that a seed fixes; a closure is sampled when it is under the share."""
    return int(hashlib.sha256(seed.encode()).hexdigest()[:8], 16) / 2**32


def _lookback_day(w: Work, days: int) -> datetime:
    calendar, policy = w.calendar(), w.policy()
    day = calendar.add_calendar_days(calendar.local_date(w.now), days)
    return datetime.combine(day, deadlines.clock_time(policy.hours.fire_at), calendar.tz)


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
    for task in _chosen(w, tasks):
        _back_to_unit(w, task, "reopen", actor, {}, args)
    return end(w)


def _chosen(w: Work, numbers: Sequence[str]) -> list[Record]:
    """The verified tasks named, or all of them when none is named."""
    verified = {t.number: t for t in w.tasks if t.state == "verified"}
    unknown = [n for n in numbers if n not in verified]
    if unknown:
        raise Malformed(
            Reason(
                "task_unknown",
                _("Not a verified task of this issue: {numbers}.").format(
                    numbers=", ".join(unknown)
                ),
                "tasks",
                _("Name verified tasks of this issue."),
            )
        )
    return [verified[n] for n in numbers] or list(verified.values())


def record_lookback(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    finding: str,
    relapse: bool,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """An inspector's re-check: holds, or the problem is back (then the chief confirms)."""
    w, record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    finding = clean("finding", finding)
    noted = permit(w, "record_lookback", facts_of(w, args={"finding": finding}))
    _write_lookback(w, actor, finding, "relapse" if relapse else "ok")
    w.touch(
        "issue.record_lookback",
        by=actor,
        data=noted
        | {
            "finding": finding,
            "relapse": relapse,
        },
    )
    if relapse:
        tell(
            w,
            "todo",
            to_role(w, Role.OFFICE_CHIEF),
            todo="relapse",
            reason=finding,
            occasion=f"event:{record.chain_seq}",
        )
    return end(w)


def _write_lookback(w: Work, actor: PersonInfo, finding: str, state: str) -> None:
    table, planned = tables.lookback, [x for x in w.lookbacks() if x.state == "planned"]
    values = {"state": state, "finding": finding, "inspector_id": actor.id, "done_at": w.now}
    if planned:
        w.s.execute(update(table).where(table.c.id == planned[0].id).values(values))
        return
    taken = {x.day for x in w.lookbacks()}
    day = next(-n for n in range(1, len(taken) + 2) if -n not in taken)
    w.s.execute(
        insert(table).values(
            issue_id=w.issue.id,
            cycle=w.issue.cycle,
            day=day,
            due_at=w.now,
            basis="spot",
            seed="",
            **values,
        )
    )


def relapse(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    new_due: datetime,
    reason: str,
    now: datetime,
    tasks: Sequence[str] = (),
    expected_version: int | None = None,
) -> Outcome:
    """反弹: the chief confirms an inspector's finding; tasks run again under a new deadline."""
    w, record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    reason, new_due = clean("reason", reason), clean_moment("new_deadline", new_due) or new_due
    noted = permit(
        w,
        "relapse",
        facts_of(w, args={"reason": reason, "new_due_at": new_due}, lookbacks=w.lookbacks()),
    )
    w.fire(
        "relapse",
        by=actor,
        data=noted | {"reason": reason, "new_due": new_due.isoformat()},
        relapse_count=record.relapse_count + 1,
        cycle=record.cycle + 1,
        closed_at=None,
        approver_id=None,
    )
    for task in _chosen(w, tasks):
        _back_to_unit(w, task, "reopen", actor, {}, {"new_due_at": new_due}, cause="relapse")
        tell(
            w,
            "relapse",
            addressees(w, ("responsible_person", "liaison", "unit_head"), task),
            task=task,
            reason=reason,
            new_deadline=local(task.due_at, w.calendar(task)),
            occasion=f"event:{w.issue.chain_seq}",
        )
    return end(w)
