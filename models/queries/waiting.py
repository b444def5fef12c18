"""What waits for a person, kind by kind: each a set of issues that the ledger lists by that name.

Roles, states and ranks come from the stored workflow definitions and policies; the relation of a
unit to a task (lead, verifier, supporting) is the one that `config/workflow.toml` names as scope.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select

from models import tables
from models.directory import PersonInfo
from models.queries.definitions import Definitions
from models.queries.running import RUNNING, is_open, is_overdue, is_running, literally
from models.queries.scope import one_by_one

_I, _T, _C = tables.issue.c, tables.task.c, tables.co_unit.c
_R, _P, _L = tables.request.c, tables.prepared_action.c, tables.lookback.c
_D = tables.deadline_version.c


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, when, and under which definitions."""

    actor: PersonInfo
    rules: Definitions
    now: datetime


Kind = Callable[[Asking], ColumnElement[bool]]


def _tasks(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return _I.id.in_(select(_T.issue_id).where(*conditions))


def _mine(ask: Asking, act: str) -> ColumnElement[bool]:
    """Running tasks of the actor's unit on which the actor may do `act`."""
    return and_(
        is_running(_T),
        _T.lead_unit_id == ask.actor.unit_id,
        ask.rules.may("task", act, ask.actor, _T),
    )


def _overdue(ask: Asking) -> ColumnElement[bool]:
    """Tasks of the unit that are past their deadline."""
    work = or_(_mine(ask, "acknowledge"), _mine(ask, "progress"))
    return _tasks(is_overdue(_T, ask.now), work)


def _at_work(ask: Asking) -> ColumnElement[bool]:
    """Tasks that the unit works on; a parked one waits for nobody."""
    return and_(_mine(ask, "progress"), _T.paused_at.is_(None))


def _sent_back() -> ColumnElement[bool]:
    """The task came back to its unit: the closure was refused, or the problem is back."""
    relapsed = select(_D.id).where(_D.task_id == _T.id, _D.cause == "relapse")
    return or_(_T.rejection_count > 0, one_by_one(relapsed.correlate(tables.task)))


def _redo(ask: Asking) -> ColumnElement[bool]:
    """Tasks that were sent back to the unit and have not been handed in again."""
    return _tasks(_at_work(ask), _sent_back())


def _in_hand(ask: Asking) -> ColumnElement[bool]:
    """Every other task that the unit works on."""
    return _tasks(_at_work(ask), ~_sent_back())


def _acknowledge(ask: Asking) -> ColumnElement[bool]:
    """Tasks handed over to the unit and not received yet."""
    return _tasks(_mine(ask, "acknowledge"))


def _due_soon(ask: Asking) -> ColumnElement[bool]:
    """Tasks of the unit that the engine shows yellow because their deadline is near."""
    near = and_(_T.light_reason == "due_soon", _T.due_at >= ask.now)
    return _tasks(near, or_(_mine(ask, "acknowledge"), _mine(ask, "progress")))


def _co_input(ask: Asking) -> ColumnElement[bool]:
    """Tasks that wait for the unit's input as a supporting unit."""
    awaited = select(_C.task_id).where(_C.unit_id == ask.actor.unit_id, _C.state == "awaited")
    may = ask.rules.may("task", "co_input", ask.actor, _T)
    return _tasks(is_running(_T), _T.id.in_(awaited), may)


def _verify(ask: Asking) -> ColumnElement[bool]:
    """Tasks handed in to the unit, the actor's own work left out."""
    person = ask.actor.id
    handlers = (_T.submitted_by_id, _T.responsible_person_id, _T.responsible_leader_id)
    own = and_(
        ask.rules.holds(_T.policy_version_id, lambda p: p.closure.separate_persons),
        or_(*(func.coalesce(column, 0) == person for column in handlers)),
    )
    return _tasks(
        literally(_T.state, ("submitted",)),
        _T.verifier_unit_id == ask.actor.unit_id,
        _T.lead_unit_id != ask.actor.unit_id,
        ask.rules.may("task", "verify", ask.actor, _T),
        ~own,
    )


def _rule(ask: Asking) -> ColumnElement[bool]:
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
        ranked = ask.rules.holds(
            _T.policy_version_id,
            lambda p, n=n: (
                p.extension.approvers[min(n, len(p.extension.approvers) - 1)]  # type: ignore[misc]
                in ask.actor.roles
            ),
        )
        parts.append(and_(count, ranked))
    return or_(*parts) if parts else false()


def _decide(ask: Asking) -> ColumnElement[bool]:
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


def _approve(ask: Asking) -> ColumnElement[bool]:
    """Issues whose closure the actor's rank approves and in which the actor had no other part."""
    roles, version = ask.actor.roles, _I.policy_version_id
    weighty: list[ColumnElement[bool]] = [_I.major.is_(True), _I.listed.is_(True)]
    levels = {p.closure.major_from_level for p in ask.rules.policies.values()}
    for level in sorted(levels):
        here = ask.rules.holds(version, lambda p, level=level: p.closure.major_from_level == level)  # type: ignore[misc]
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


def _triage(ask: Asking) -> ColumnElement[bool]:
    """Reports to take up, and issues in breakdown that have no task yet."""
    untouched = _task_of_issue(tables.task.c.state != "withdrawn")
    return or_(
        and_(_I.state == "reported", ask.rules.may("issue", "start_triage", ask.actor, _I)),
        and_(_I.state == "triaging", ~untouched, ask.rules.may("issue", "plan_task", ask.actor, _I))
        if ask.rules.anywhere("issue", "start_triage", ask.actor)
        else false(),
    )


def _task_of_issue(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    chosen = select(_T.id).where(_T.issue_id == _I.id, *conditions)
    return chosen.correlate(tables.issue).exists()


def _dispatch(ask: Asking) -> ColumnElement[bool]:
    """Issues with planned tasks to hand over, at first or later."""
    planned = _task_of_issue(_T.state != "withdrawn", _T.dispatched_at.is_(None))
    may = or_(*(ask.rules.may("issue", n, ask.actor, _I) for n in ("dispatch", "dispatch_more")))
    return and_(may, is_open(_I), planned)


def _confirm_rejection(ask: Asking) -> ColumnElement[bool]:
    """Rejections that another person has proposed."""
    proposed = and_(_I.rejection_by_id.is_not(None), _I.rejection_by_id != ask.actor.id)
    return and_(is_open(_I), proposed, ask.rules.may("issue", "reject", ask.actor, _I))


def _lookback(ask: Asking) -> ColumnElement[bool]:
    """Closed issues whose re-check is due."""
    issue = tables.issue.alias()
    due = (
        select(_L.issue_id)
        .join(issue, and_(issue.c.id == _L.issue_id, issue.c.cycle == _L.cycle))
        .where(literally(_L.state, ("planned",)), _L.due_at <= ask.now)
    )
    may = ask.rules.may("issue", "record_lookback", ask.actor, _I)
    return and_(_I.id.in_(due), may)


def _confirm_relapse(ask: Asking) -> ColumnElement[bool]:
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


def _review_park(ask: Asking) -> ColumnElement[bool]:
    """Parked issues whose day of review has come, in the zone of the newest policy."""
    due = and_(literally(_I.state, ("parked",)), _I.park_review_on <= today(ask.rules, ask.now))
    return and_(due, ask.rules.may("issue", "review_park", ask.actor, _I))


def _correct(ask: Asking) -> ColumnElement[bool]:
    """Drafts of the actor's unit: sent back for correction, or not reported yet."""
    mine = _I.reporter_unit_id == ask.actor.unit_id
    return and_(
        is_open(_I), _I.state == "draft", mine, ask.rules.may("issue", "report", ask.actor, _I)
    )


def today(rules: Definitions, now: datetime) -> date:
    """The day of `now` in the zone of the newest policy."""
    zone = rules.policies[max(rules.policies)].policy.timezone
    return now.astimezone(ZoneInfo(zone)).date()


KINDS: dict[str, Kind] = {
    "overdue": _overdue,
    "redo": _redo,
    "acknowledge": _acknowledge,
    "due_soon": _due_soon,
    "co_input": _co_input,
    "verify": _verify,
    "rule": _rule,
    "decide": _decide,
    "approve": _approve,
    "confirm_rejection": _confirm_rejection,
    "confirm_relapse": _confirm_relapse,
    "triage": _triage,
    "dispatch": _dispatch,
    "review_park": _review_park,
    "lookback": _lookback,
    "in_hand": _in_hand,
    "correct": _correct,
}
"""Every kind of to-do in order of urgency."""

_ACTS: dict[str, tuple[tuple[str, str], ...]] = {
    "overdue": (("task", "acknowledge"), ("task", "progress")),
    "redo": (("task", "progress"),),
    "acknowledge": (("task", "acknowledge"),),
    "due_soon": (("task", "acknowledge"), ("task", "progress")),
    "co_input": (("task", "co_input"),),
    "verify": (("task", "verify"),),
    "rule": tuple(("task", f"rule_{n}") for n in ("return", "extension", "park", "adjustment")),
    "decide": (("task", "decide_prepared"),),
    "approve": (("issue", "approve"),),
    "confirm_rejection": (("issue", "reject"),),
    "confirm_relapse": (("issue", "relapse"),),
    "triage": (("issue", "start_triage"),),
    "dispatch": (("issue", "dispatch"), ("issue", "dispatch_more")),
    "review_park": (("issue", "review_park"),),
    "lookback": (("issue", "record_lookback"),),
    "in_hand": (("task", "progress"),),
    "correct": (("issue", "report"),),
}


def kinds_of(actor: PersonInfo, rules: Definitions) -> list[str]:
    """Kinds of to-do that the actor's roles can have at all, in order of urgency."""
    return [k for k in KINDS if any(rules.anywhere(*act, actor) for act in _ACTS[k])]


def waiting(kind: str, actor: PersonInfo, rules: Definitions, now: datetime) -> ColumnElement[bool]:
    """A condition on `issue`: what waits for the actor under that name. Unknown kinds: KeyError."""
    return KINDS[kind](Asking(actor, rules, now))


def open_requests() -> Select[Any]:
    """Issues with a request that waits for its ruling, whoever rules."""
    return (
        select(_T.issue_id)
        .join(tables.request, _R.task_id == _T.id)
        .where(literally(_R.state, ("open",)), _T.state.in_(RUNNING))
    )
