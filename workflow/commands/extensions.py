"""延期: more time, asked ahead and granted by rank."""

from __future__ import annotations

from datetime import datetime

from models.db import Session
from models.directory import PersonInfo
from workflow import deadlines
from workflow.case import Record
from workflow.commands.asking import ask, open_request, rule
from workflow.commands.base import (
    Outcome,
    begin,
    clean,
    clean_moment,
    end,
    facts_of,
    permit,
    tell,
)
from workflow.notice_facts import local
from workflow.telling import addressees
from workflow.transition import Work


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
    old_due = record.due_at
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
        added = deadlines.total_limit_days(old_due, due, w.calendar(record))
        record.set(
            extension_count=record.extension_count + 1,
            extension_days=record.extension_days + added,
        )
        redate(w, record, due, cause="extension")
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
