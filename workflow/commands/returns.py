"""退单: the unit says that a task is not its own; the office upholds or reassigns."""

from __future__ import annotations

from datetime import datetime

from config.i18n import gettext as _
from config.roles import Role
from models.db import Session
from models.directory import PersonInfo
from workflow import deadlines
from workflow.case import Record
from workflow.commands.asking import ask, open_request, rule
from workflow.commands.assignment import hand_over
from workflow.commands.base import (
    Outcome,
    begin,
    clean,
    end,
    facts_of,
    permit,
    tell,
)
from workflow.commands.breakdown import Plan, add_task, find_unit, withdraw
from workflow.errors import GuardFailed, Malformed, Reason
from workflow.telling import addressees
from workflow.transition import Work


def request_return(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    reason: str,
    basis: str,
    now: datetime,
    suggested_unit: str | None = None,
    expected_version: int | None = None,
) -> Outcome:
    """退单: the unit says that the task is not its own, with the basis, within one working day."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    values = {"reason": clean("reason", reason), "basis": clean("basis", basis)}
    noted = permit(w, "request_return", facts_of(w, record, args=values | {"kind": "return"}))
    unit = find_unit(w, "suggested_unit", suggested_unit) if suggested_unit else None
    number = ask(
        w,
        record,
        "return",
        "request_return",
        actor,
        noted=noted,
        ruling_wd=w.policy(record).return_.ruling_wd,
        tell_role=Role.OFFICE_CHIEF,
        suggested_unit_id=unit,
        **values,
    )
    return end(w, record, number)


def rule_return(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    reassign_to: str | None,
    opinion: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Uphold the assignment (final), or move the task to another unit as a new task.

    `reassign_to` is a unit's code or name, or None to uphold. The old task is withdrawn; the new
    one names it as predecessor, so that each unit's share of the time stays visible.
    """
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    request, opinion = open_request(w, record, "return"), clean("opinion", opinion)
    noted = permit(
        w, "rule_return", facts_of(w, record, request=request, args={"opinion": opinion})
    )
    granted = reassign_to is not None
    if reassign_to is not None and find_unit(w, "lead_unit", reassign_to) == record.lead_unit_id:
        raise Malformed(
            Reason(
                "same_unit",
                _("The task is with this unit already."),
                "lead_unit",
                _("Name another unit, or uphold the assignment."),
            )
        )
    rule(
        w,
        record,
        request,
        granted=granted,
        actor=actor,
        act="rule_return",
        opinion=opinion,
        data=noted | {"reassign_to": reassign_to},
    )
    if reassign_to is None:
        record.set(return_refused=True)
        _tell_return(w, record, "refused", opinion, "")
        return end(w, record)
    new = reassign(w, record, find_unit(w, "lead_unit", reassign_to), by=actor, reason=opinion)
    _tell_return(w, record, "granted", opinion, w.ctx.directory.unit_name(new.lead_unit_id))
    return end(w, new)


def reassign(w: Work, old: Record, unit_id: int, *, by: PersonInfo, reason: str) -> Record:
    """Withdraw a task and hand a new one, with the same four fields, to another unit."""
    people = w.ctx.directory
    verifier = people.units.get(old.verifier_unit_id or 0)
    new = add_task(
        w,
        Plan(
            measures=old.measures,
            problem=old.problem,
            standard=old.standard,
            lead=people.units[unit_id].code,
            limit=old.limit_class,
            days=old.limit_n if old.fixed_due_at is None else None,
            due=old.fixed_due_at,
            urgent=old.urgent,
            verifier=verifier.code if verifier and verifier.id != unit_id else None,
            co_units=tuple(
                people.units[c.unit_id].code for c in w.awaited_co_units() if c.task_id == old.id
            ),
        ),
        predecessor=old,
    )
    if new.verifier_unit_id == new.lead_unit_id:
        raise GuardFailed(
            Reason(
                "verifier_inside",
                _("Task {number}: the verifier must be another unit.").format(number=new.number),
                "lead_unit",
                _("Choose a unit that another one can verify."),
            )
        )
    withdraw(w, old, by=by, reason=reason, data={"replaced_by": new.number})
    hand_over(w, new, by=by, cause="reassign", remaining=_remaining(w, old, new))
    return new


def _remaining(w: Work, old: Record, new: Record) -> deadlines.Deadline | None:
    """Policy `return.clock`: a fresh limit (None), or what the first unit left of it."""
    policy = w.policy(new)
    past_fixed = new.fixed_due_at is not None and new.fixed_due_at <= w.now
    if policy.return_.clock == "fresh" and not past_fixed:
        return None
    due = max(old.due_at or w.now, deadlines.side_limit(w.now, 1, w.calendar(new), policy))
    return deadlines.compute(
        policy.limits[new.limit_class],
        new.limit_class,
        w.now,
        w.calendar(new),
        policy,
        cause="reassign",
        fixed=due,
    )


def _tell_return(w: Work, task: Record, outcome: str, opinion: str, detail: str) -> None:
    tell(
        w,
        "return_ruling",
        addressees(w, ("liaison", "unit_leader"), task),
        task=task,
        outcome=outcome,
        opinion=opinion,
        detail=detail,
        occasion=f"event:{w.issue.chain_seq}",
    )
