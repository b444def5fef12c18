"""What waits for a decision: requests, prepared steps, closures, rejections, relapses, reviews."""

from __future__ import annotations

from functools import partial

from sqlalchemy import ColumnElement, and_, exists, false, or_, select

from config.policy import Policy
from models import tables
from models.queries.running import is_open, literally
from models.queries.scope import one_by_one
from models.queries.waiting_base import Asking, today

_I, _T = tables.issue.c, tables.task.c
_R, _P, _L = tables.request.c, tables.prepared_action.c, tables.lookback.c


def rule(ask: Asking) -> ColumnElement[bool]:
    """Open requests of others that the actor's rank may rule on."""
    kinds = ("return", "extension", "park", "adjust")
    names = {"adjust": "rule_adjustment"}
    within = [
        and_(
            _R.kind.in_((kind, "adjustment")) if kind == "adjust" else _R.kind == kind,
            ask.rules.may("task", names.get(kind, f"rule_{kind}"), ask.actor, _T),
            _rank(ask) if kind == "extension" else _T.id.is_not(None),
            _T.paused_at.is_(None) if kind in ("extension", "adjust") else _T.id.is_not(None),
        )
        for kind in kinds
    ]
    chosen = (
        select(_T.issue_id)
        .join(tables.request, _R.task_id == _T.id)
        .where(literally(_R.state, ("open",)), _R.asked_by_id != ask.actor.id, or_(*within))
    )
    return _I.id.in_(chosen)


def _rank(ask: Asking) -> ColumnElement[bool]:
    """The first extension is one approver's, the second the next one's (the last goes on)."""
    most = max(len(p.extension.approvers) for p in ask.rules.policies.values())
    parts = []
    for n in range(most):
        count = _T.extension_count == n if n < most - 1 else _T.extension_count >= n
        ranked = ask.rules.holds(_T.policy_version_id, partial(_rules_on, n, ask.actor.roles))
        parts.append(and_(count, ranked))
    return or_(*parts) if parts else false()


def _rules_on(extension: int, roles: frozenset[str], policy: Policy) -> bool:
    """Whether these roles decide on a task's extension of that number, from 0."""
    approvers = policy.extension.approvers
    return approvers[min(extension, len(approvers) - 1)] in roles


def decide(ask: Asking) -> ColumnElement[bool]:
    """Steps that the ladder has prepared for the actor's click or decision."""
    roles, version = ask.actor.roles, _T.policy_version_id
    rank = or_(
        and_(
            _P.mode == "person", ask.rules.holds(version, lambda p: p.escalation.decider in roles)
        ),
        and_(
            _P.mode != "person", ask.rules.holds(version, lambda p: p.escalation.preparer in roles)
        ),
    )
    chosen = (
        select(_T.issue_id)
        .join(tables.prepared_action, _P.task_id == _T.id)
        .where(literally(_P.state, ("prepared",)), rank, _T.paused_at.is_(None))
        .where(ask.rules.may("task", "decide_prepared", ask.actor, _T))
    )
    return _I.id.in_(chosen)


def _is_major_from(level: int, policy: Policy) -> bool:
    return policy.closure.major_from_level == level


def approve(ask: Asking) -> ColumnElement[bool]:
    """Issues whose closure the actor's rank approves and in which the actor had no other part."""
    roles, version = ask.actor.roles, _I.policy_version_id
    weighty: list[ColumnElement[bool]] = [_I.major.is_(True), _I.listed.is_(True)]
    levels = {p.closure.major_from_level for p in ask.rules.policies.values()}
    for level in sorted(levels):
        here = ask.rules.holds(version, partial(_is_major_from, level))
        weighty.append(and_(_I.coordination_level >= level, here))
    ranked = ask.rules.holds(version, lambda p: p.closure.major_approver in roles)
    apart = ask.rules.holds(version, lambda p: p.closure.separate_persons)
    return and_(
        literally(_I.state, ("approving",)),
        ask.rules.may("issue", "approve", ask.actor, _I),
        or_(~or_(*weighty), ranked),
        ~and_(apart, _had_a_part(ask.actor.id)),
    )


def _had_a_part(person: int) -> ColumnElement[bool]:
    """The person handled, handed in or verified a task of the issue, or waived its evidence."""
    task, evidence = tables.task.alias(), tables.evidence.c
    columns = (
        "verified_by_id",
        "submitted_by_id",
        "responsible_person_id",
        "responsible_leader_id",
    )
    waived = select(evidence.id).where(
        evidence.task_id == task.c.id,
        evidence.kind == "waiver",
        evidence.cycle == _I.cycle,
        evidence.added_by_id == person,
    )
    waived_here = waived.correlate(task, tables.issue)
    took = select(task.c.id).where(
        task.c.issue_id == _I.id,
        task.c.state != "withdrawn",
        or_(*(task.c[name] == person for name in columns), one_by_one(waived_here)),
    )
    return one_by_one(took)


def confirm_rejection(ask: Asking) -> ColumnElement[bool]:
    """Rejections that another person has proposed."""
    proposed = and_(_I.rejection_by_id.is_not(None), _I.rejection_by_id != ask.actor.id)
    return and_(is_open(_I), proposed, ask.rules.may("issue", "reject", ask.actor, _I))


def confirm_relapse(ask: Asking) -> ColumnElement[bool]:
    """Closed issues in whose last re-check another person has found the problem back."""
    later, issue = tables.lookback.alias(), tables.issue.alias()
    newer = exists().where(
        later.c.issue_id == _L.issue_id,
        later.c.cycle == _L.cycle,
        later.c.state == "relapse",
        later.c.id > _L.id,
    )
    found = (
        select(_L.issue_id)
        .join(issue, and_(issue.c.id == _L.issue_id, issue.c.cycle == _L.cycle))
        .where(literally(_L.state, ("relapse",)), _L.inspector_id != ask.actor.id, ~newer)
    )
    return and_(_I.id.in_(found), ask.rules.may("issue", "relapse", ask.actor, _I))


def review_park(ask: Asking) -> ColumnElement[bool]:
    """Parked issues whose day of review has come, in the zone of the newest policy."""
    due = and_(literally(_I.state, ("parked",)), _I.park_review_on <= today(ask.rules, ask.now))
    return and_(due, ask.rules.may("issue", "review_park", ask.actor, _I))
