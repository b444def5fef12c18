"""Requests of the responsible units and the rulings on them: return, extension, park, adjust."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow import deadlines
from workflow.case import Record
from workflow.commands.assignment import hand_over
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
from workflow.commands.breakdown import (
    Plan,
    add_task,
    find_unit,
    tell_withdrawn,
    withdraw,
)
from workflow.commands.parking import pause_all
from workflow.errors import Malformed, Reason
from workflow.telling import addressees, local
from workflow.transition import Work

_INSERT = insert(tables.request)


def ask(
    w: Work,
    task: Record,
    kind: str,
    act: str,
    actor: PersonInfo,
    *,
    ruling_wd: int,
    tell_role: str,
    noted: dict[str, Any],
    **values: Any,
) -> int:
    """Write a request, freeze what it freezes, and tell whoever must rule."""
    due = deadlines.side_limit(w.now, ruling_wd, w.calendar(task), w.policy(task))
    row = {
        "task_id": task.id,
        "kind": kind,
        "state": "open",
        "asked_by_id": actor.id,
        "asked_at": w.now,
        "ruling_due_at": due,
        "reason": "",
        "basis": "",
        "progress": "",
        "opinion": "",
        "changes": {},
        "timely": True,
    } | values
    key = w.s.execute(_INSERT, row).inserted_primary_key
    assert key is not None
    w.requests = None
    w.touch(
        f"task.{act}",
        task,
        by=actor,
        open_requests=task.open_requests + 1,
        data=noted | {"request": key[0]} | _plain(values),
    )
    tell(
        w,
        "todo",
        to_role(w, tell_role),
        task=task,
        todo=f"rule_{kind}",
        reason=row["reason"],
        limit_at=local(due, w.calendar(task)),
        occasion=f"request:{key[0]}",
    )
    return int(key[0])


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date | datetime) else v for k, v in values.items()}


def open_request(w: Work, task: Record, kind: str) -> Any:
    """The open request of a kind on a task, or None."""
    return next((r for r in w.open_requests() if r.task_id == task.id and r.kind == kind), None)


def rule(
    w: Work,
    task: Record,
    request: Any,
    *,
    granted: bool,
    actor: PersonInfo,
    act: str,
    opinion: str,
    data: dict[str, Any],
) -> None:
    """Close a request with its ruling and record it."""
    _close(w, task, request, "granted" if granted else "refused", actor, opinion)
    w.touch(
        f"task.{act}",
        task,
        by=actor,
        open_requests=max(0, task.open_requests - 1),
        data=data | {"request": request.id, "granted": granted, "opinion": opinion},
    )


def _close(
    w: Work, task: Record, request: Any, state: str, actor: PersonInfo | None, opinion: str
) -> None:
    table = tables.request
    w.s.execute(
        update(table)
        .where(table.c.id == request.id, table.c.state == "open")
        .values(
            state=state, ruled_by_id=actor.id if actor else None, ruled_at=w.now, opinion=opinion
        )
    )
    w.requests = None
    w.agenda_fresh.discard(task.id)


def close_requests(w: Work, task: Record) -> None:
    """End every open request of a task that is done with (withdrawn, submitted)."""
    for request in [r for r in w.open_requests() if r.task_id == task.id]:
        _close(w, task, request, "lapsed", None, "")
    task.set(open_requests=0, frozen_at=None)


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
            days=old.limit_n,
            due=old.fixed_due_at,
            urgent=old.urgent,
            verifier=verifier.code if verifier and verifier.id != unit_id else None,
            co_units=tuple(
                people.units[c.unit_id].code for c in w.awaited_co_units() if c.task_id == old.id
            ),
        ),
        predecessor=old,
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


def request_extension(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    new_due: datetime,
    reason: str,
    progress: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """延期申请: at least a working day ahead, with new date, reason and progress.

    A timely request freezes the ladder where it stands until the ruling; lights go on.
    """
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    values = {"reason": clean("reason", reason), "progress": clean("progress", progress)}
    noted = permit(
        w,
        "request_extension",
        facts_of(
            w,
            record,
            args=values
            | {"kind": "extension", "new_due_at": clean_moment("new_deadline", new_due)},
        ),
    )
    approvers = w.policy(record).extension.approvers
    number = ask(
        w,
        record,
        "extension",
        "request_extension",
        actor,
        noted=noted,
        ruling_wd=w.policy(record).extension.ruling_wd,
        new_due_at=new_due,
        tell_role=approvers[min(record.extension_count, len(approvers) - 1)],
        **values,
    )
    record.set(frozen_at=now)
    return end(w, record, number)


def rule_extension(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    granted: bool,
    opinion: str,
    now: datetime,
    new_due: datetime | None = None,
    expected_version: int | None = None,
) -> Outcome:
    """延期批复: a new version of the deadline, or the old one goes on.

    `new_due` may grant another date than was asked for. Raises `GuardFailed` for the wrong rank.
    """
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    request, opinion = open_request(w, record, "extension"), clean("opinion", opinion)
    due = clean_moment("new_deadline", new_due) or (request.new_due_at if request else None)
    args = {"opinion": opinion} | ({"new_due_at": due} if granted else {})
    noted = permit(w, "rule_extension", facts_of(w, record, request=request, args=args))
    assert due is not None  # every request for an extension names a date
    old_due, frozen = record.due_at, record.frozen_at
    record.set(frozen_at=None)
    rule(
        w,
        record,
        request,
        granted=granted,
        actor=actor,
        act="rule_extension",
        opinion=opinion,
        data=noted | {"old_due": _iso(old_due), "new_due": _iso(due) if granted else None},
    )
    if granted:
        record.set(extension_count=record.extension_count + 1)
        redate(w, record, due, cause="extension")
    elif frozen is not None:
        w.since[record.id] = frozen  # what came due while frozen fires now
    tell(
        w,
        "extension_ruling",
        addressees(w, ("responsible_person", "liaison", "unit_leader"), record),
        task=record,
        outcome="granted" if granted else "refused",
        opinion=opinion,
        old_deadline=local(old_due, w.calendar(record)),
        new_deadline=local(due, w.calendar(record)) if granted else "",
        occasion=f"event:{w.issue.chain_seq}",
    )
    return end(w, record)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def redate(w: Work, task: Record, due: datetime, *, cause: str) -> None:
    """A new version of the deadline on a given date; the ladder starts again at 0."""
    policy, calendar = w.policy(task), w.calendar(task)
    w.set_deadline(
        task,
        deadlines.compute(
            policy.limits[task.limit_class],
            task.limit_class,
            task.dispatched_at,
            calendar,
            policy,
            cause=cause,
            fixed=due,
        ),
    )


def request_park(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    reason: str,
    review_on: date,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """挂账申请: it cannot be solved now, and why; with a date for the review."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    reason = clean("reason", reason)
    noted = permit(
        w,
        "request_park",
        facts_of(w, record, args={"kind": "park", "reason": reason, "review_on": review_on}),
    )
    number = ask(
        w,
        record,
        "park",
        "request_park",
        actor,
        noted=noted,
        reason=reason,
        review_on=review_on,
        ruling_wd=w.policy(record).park.ruling_wd,
        tell_role=Role.OFFICE_CHIEF,
    )
    return end(w, record, number)


def rule_park(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    granted: bool,
    opinion: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Grant parking (the whole issue's clocks stop) or refuse it."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    request, opinion = open_request(w, record, "park"), clean("opinion", opinion)
    noted = permit(w, "rule_park", facts_of(w, record, request=request, args={"opinion": opinion}))
    review = _still_ahead(w, request.review_on)
    if granted:
        permit(w, "park", facts_of(w, args={"reason": opinion, "review_on": review}))
    rule(
        w,
        record,
        request,
        granted=granted,
        actor=actor,
        act="rule_park",
        opinion=opinion,
        data=noted,
    )
    if granted:
        pause_all(w, by=actor, reason=request.reason, review_on=review)
    tell(
        w,
        "parked",
        addressees(w, ("liaison", "unit_leader"), record),
        task=record,
        outcome="parked" if granted else "refused",
        opinion=opinion,
        occasion=f"event:{w.issue.chain_seq}",
    )
    return end(w, record)


def _still_ahead(w: Work, review: date) -> date:
    return max(review, w.calendar().local_date(w.now) + timedelta(days=1))


def request_adjustment(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    changes: dict[str, Any],
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Ask to change one of the four fields after the dispatch.

    `changes`: any of problem, measures (texts), lead_unit (code or name), due (aware datetime).
    """
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    wanted, reason = _wanted(w, changes), clean("reason", reason)
    noted = permit(
        w,
        "request_adjustment",
        facts_of(w, record, args={"kind": "adjust", "changes": wanted, "reason": reason}),
    )
    number = ask(
        w,
        record,
        "adjust",
        "request_adjustment",
        actor,
        noted=noted,
        reason=reason,
        changes=wanted,
        ruling_wd=w.policy(record).adjust.ruling_wd,
        tell_role=Role.OFFICE_CHIEF,
    )
    return end(w, record, number)


def _wanted(w: Work, changes: dict[str, Any]) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    for name, value in changes.items():
        if name == "lead_unit":
            wanted["lead_unit_id"] = find_unit(w, "lead_unit", str(value))
        elif name == "due":
            due = clean_moment("deadline", value)
            wanted["due_at"] = due.astimezone(UTC).isoformat() if due else ""
        else:
            wanted[name] = clean(name, str(value), needed=True)
    return wanted


def rule_adjustment(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    granted: bool,
    opinion: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Rule on a change of the four fields. The old text stays in the history."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    request, opinion = open_request(w, record, "adjust"), clean("opinion", opinion)
    noted = permit(
        w, "rule_adjustment", facts_of(w, record, request=request, args={"opinion": opinion})
    )
    changes = dict(request.changes) if granted else {}
    old = {k: _old(record, k) for k in changes}
    rule(
        w,
        record,
        request,
        granted=granted,
        actor=actor,
        act="rule_adjustment",
        opinion=opinion,
        data=noted | {"old": old, "new": changes},
    )
    result = _apply_changes(w, record, changes, actor, opinion) if granted else record
    tell(
        w,
        "adjusted",
        addressees(w, ("responsible_person", "liaison", "unit_leader"), result),
        task=result,
        outcome="granted" if granted else "refused",
        opinion=opinion,
        reason=request.reason,
        occasion=f"event:{w.issue.chain_seq}",
    )
    if result is not record:
        tell_withdrawn(w, record, opinion)
    return end(w, result)


def _old(task: Record, name: str) -> Any:
    value = task.values[name]
    return value.isoformat() if isinstance(value, datetime) else value


def _apply_changes(
    w: Work, task: Record, changes: dict[str, Any], actor: PersonInfo, opinion: str
) -> Record:
    task.set(**{k: v for k, v in changes.items() if k in ("problem", "measures")})
    if "due_at" in changes:
        due = datetime.fromisoformat(changes["due_at"])
        task.set(fixed_due_at=due, frozen_at=None)
        redate(w, task, due, cause="adjust")
    if "lead_unit_id" in changes and changes["lead_unit_id"] != task.lead_unit_id:
        return reassign(w, task, changes["lead_unit_id"], by=actor, reason=opinion)
    return task


def withdraw_request(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    kind: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Take back one's own unit's open request before the ruling."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    request = open_request(w, record, kind)
    noted = permit(w, "withdraw_request", facts_of(w, record, request=request))
    _close(w, record, request, "withdrawn", actor, "")
    if kind == "extension" and record.frozen_at is not None:
        w.since[record.id] = record.frozen_at
        record.set(frozen_at=None)
    w.touch(
        "task.withdraw_request",
        record,
        by=actor,
        open_requests=max(0, record.open_requests - 1),
        data=noted | {"request": request.id, "kind": kind},
    )
    return end(w, record)


def requests_of(s: Session, task_id: int) -> list[Any]:
    """Every request on a task with its ruling, in order."""
    table = tables.request
    return list(s.execute(select(table).where(table.c.task_id == task_id).order_by(table.c.id)))
