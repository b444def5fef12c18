"""Side limits: receipts, rulings, inputs, verification, approval, reviews. Each tells somebody."""

from __future__ import annotations

from collections.abc import Iterable

from config.roles import Post, Role
from models.directory import PersonInfo
from workflow.case import Record
from workflow.ladder import Moment
from workflow.notice_facts import local
from workflow.side_limits import is_late_reminder, kind_of, repeat_of
from workflow.telling import addressees, approvers, tell
from workflow.transition import Work


def fire_limit(w: Work, moment: Moment, task: Record | None) -> None:
    """Record a passed side limit and remind whoever must act, with the office in copy."""
    kind = kind_of(moment.key)
    w.event("limit.passed", task, logical_at=moment.at, data={"limit": moment.key})
    people, todo, overdue = _who(w, kind, moment, task)
    tell(
        w,
        "todo",
        people,
        task=task,
        occasion=f"limit:{moment.key}",
        todo=todo,
        overdue=overdue,
        copies=_copied(w, moment, task) if overdue else (),
        limit_at=local(moment.limit_at or moment.at, w.calendar(task)),
        **_which(w, todo, moment),
    )


def _which(w: Work, todo: str, moment: Moment) -> dict[str, int]:
    """Which re-check a reminder means: an issue may have two of them open at once."""
    if todo != "lookback":
        return {}
    (day,) = (item.day for item in w.lookbacks() if item.id == moment.ref)
    return {"lookback_day": day}


def _copied(w: Work, moment: Moment, task: Record | None) -> list[PersonInfo]:
    """The office hears of each passed limit; who decides hears when a reminder was in vain, and
    who stands above when all the close ones were."""
    policy = w.policy(task)
    rules = policy.escalation
    copied = addressees(w, rules.office, None)
    if repeat_of(moment.key):
        copied += w.ctx.directory.with_role(rules.decider)
    if is_late_reminder(moment.key, policy):
        copied += addressees(w, rules.repeat_late_copy, task)
    return copied


def _who(
    w: Work, kind: str, moment: Moment, task: Record | None
) -> tuple[Iterable[PersonInfo], str, bool]:
    """People to remind, what they have to do, and whether it is late (or only due now)."""
    people = w.ctx.directory
    if kind == "ack":
        return addressees(w, ("liaison", "unit_leader"), task), "acknowledge", True
    if kind == "co_input":
        return _awaited(w, moment), "co_input", True
    if kind == "verify" and task is not None:
        return people.with_role(Role.VERIFIER, task.verifier_unit_id), "verify", True
    if kind.startswith("rule_"):
        return _rulers(w, kind), kind, True
    if kind == "triage":
        return people.with_role(Role.TRIAGE_OFFICER), "triage", True
    if kind == "plan":
        return people.with_role(Role.OFFICE_CHIEF), "dispatch", True
    if kind == "approve":
        return approvers(w), "approve", True
    if kind == "park_review":
        return people.with_role(Role.OFFICE_CHIEF), "park_review", bool(repeat_of(moment.key))
    if kind == "relapse":
        return people.with_role(Role.OFFICE_CHIEF), "relapse", True
    late = kind == "lookback_late" or bool(repeat_of(moment.key))
    return people.with_role(Role.INSPECTOR), "lookback", late


def _awaited(w: Work, moment: Moment) -> list[PersonInfo]:
    people = w.ctx.directory
    return [
        p
        for c in w.awaited_co_units()
        if c.id == moment.ref
        for p in people.posts(c.unit_id, Post.LIAISON) or people.posts(c.unit_id, Post.HEAD)
    ]


def _rulers(w: Work, kind: str) -> list[PersonInfo]:
    people = w.ctx.directory
    if kind in ("rule_extension", "rule_park"):
        return people.with_role(Role.OFFICE_CHIEF) + people.with_role(Role.DEPUTY_DIRECTOR)
    return people.with_role(Role.OFFICE_CHIEF)
