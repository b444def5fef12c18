"""挂账申请: a unit says that it cannot be solved now."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from config.roles import Role
from models.db import Session
from models.directory import PersonInfo
from workflow.commands.asking import ask, open_request, rule
from workflow.commands.base import (
    Outcome,
    begin,
    clean,
    end,
    facts_of,
    permit,
    tell,
)
from workflow.commands.parking import pause_all, tell_units
from workflow.telling import addressees
from workflow.transition import Work


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
    if granted:
        tell_units(w, "parked", request.reason, but=record)
    return end(w, record)


def _still_ahead(w: Work, review: date) -> date:
    return max(review, w.calendar().local_date(w.now) + timedelta(days=1))
