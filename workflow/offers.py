"""Which acts a person may do now on an issue and its tasks, and why not the others.

Reads only: no lock is taken and nothing is written, so a page may ask as often as it likes. The
rules are those that `workflow.authority.permit` asks; whatever depends on the form's own input is
left to the command.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from config.workflow_definition import Rule
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.issues import find_issue, tasks_of
from workflow.authority import facts_of, fits, refuse_outsiders
from workflow.case import Record, not_visible
from workflow.commands.proof import evidence_of
from workflow.context import context
from workflow.errors import NotAllowed, Reason
from workflow.facts import Facts
from workflow.guards import failing
from workflow.machine import Loop, loop
from workflow.transition import Work

NEEDS_INPUT = frozenset(
    {
        "reason_given", "opinion_given", "text_given", "requirement_given", "result_given",
        "finding_given", "basis_given", "progress_given", "responsible_named", "change_named",
        "evidence_kind_known", "evidence_enough", "site_checked", "dismissal_explained",
        "merge_target_open", "level_known", "level_lowered_by_rank", "new_deadline_in_future",
        "extension_within_total", "granted_date_allowed", "adjusted_date_allowed",
        "review_date_allowed",
    }
)  # fmt: skip
"""Guards that judge what a form brings; a submission may bring its evidence along."""

CORRECTED_BY = {"edit": frozenset({"category_known", "description_given"})}
"""Guards on the issue's own fields that the act itself may put right."""

ASKS = {
    "request_return": "return",
    "request_extension": "extension",
    "request_park": "park",
    "request_adjustment": "adjust",
}
"""Acts that open a request, with its kind."""

RULES = {
    "rule_return": "return",
    "rule_extension": "extension",
    "rule_park": "park",
    "rule_adjustment": "adjust",
}
"""Acts that rule on a request, with its kind."""

TAKES_OVERRIDE = frozenset({"approve"})
"""Acts whose command takes a reason for waiving what the definition marks as overridable."""

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Offer:
    """One act on one record, with every reason why it may not be done now.

    `overridable` reasons stand no more in the way once the actor gives a reason for waiving them.
    `version` is what the command takes as `expected_version`.
    """

    kind: str
    number: str
    name: str
    version: int
    reasons: tuple[Reason, ...] = ()
    overridable: tuple[Reason, ...] = ()
    request_id: int | None = None
    request_kind: str = ""
    prepared_id: int | None = None

    @property
    def allowed(self) -> bool:
        """Whether it may be done now, given good input (and an override where one is needed)."""
        return not self.reasons


def offers(s: Session, actor: PersonInfo, number: str, now: datetime) -> list[Offer]:
    """What the actor's roles and unit provide for on an issue; a task's number names its issue too.

    The issue's acts come first, then each task's in order; `NotVisible` outside of the scope.
    """
    row = find_issue(s, actor, number)
    if row is None:
        raise not_visible(number)
    if row.archived_at is not None:
        return []
    tasks = [Record(tables.task, task) for task in tasks_of(s, [row.id]).get(row.id, [])]
    w = Work(s, context(s), now, actor, Record(tables.issue, row), tasks)
    evidence, prepared = evidence_of(s, row.id), _prepared(s, row.id)
    whole = facts_of(w, evidence=evidence, lookbacks=w.lookbacks())
    found = list(_on_issue(w, whole))
    for task in tasks:
        waiting = [p for p in prepared if p.task_id == task.id]
        found += _on_task(w, facts_of(w, task, evidence=evidence), waiting)
    return found


def may_report(s: Session, actor: PersonInfo) -> bool:
    """Whether the actor may file an issue."""
    return not why_not_report(s, actor)


def why_not_report(s: Session, actor: PersonInfo) -> tuple[Reason, ...]:
    """Why the actor may not file an issue; empty when it is allowed."""
    ctx = context(s)
    own = Record(tables.issue, {"reporter_unit_id": actor.unit_id})
    # filing is a matter of rights alone: no rule asks what time it is
    facts = Facts(_ANY_TIME, actor, ctx.directory, ctx.policy(), ctx.calendar(), own, ())
    try:
        refuse_outsiders(loop(ctx.workflow(), "issue").rules["report"], "report", facts)
    except NotAllowed as refusal:
        return refusal.reasons
    return ()


def _prepared(s: Session, issue_id: int) -> list[Any]:
    """Steps of the ladder that wait for a person, lowest level first."""
    table, task = tables.prepared_action, tables.task.c
    chosen = (
        select(table)
        .join(tables.task, task.id == table.c.task_id)
        .where(task.issue_id == issue_id, table.c.state == "prepared")
    )
    return list(s.execute(chosen.order_by(table.c.level, table.c.id)))


def _rules(w: Work, facts: Facts, kind: str) -> Iterator[tuple[Loop, str, Rule]]:
    record = facts.issue if kind == "issue" else facts.task
    machine = loop(w.ctx.workflow(record.workflow_version_id), kind)
    for name, rule in machine.rules.items():
        if fits(rule, facts):
            yield machine, name, rule


def _on_issue(w: Work, facts: Facts) -> Iterator[Offer]:
    in_force = replace(facts, policy=w.ctx.policy())  # what is handed over runs under this one
    for machine, name, rule in _rules(w, facts, "issue"):
        asked = in_force if name in ("dispatch", "dispatch_more") else facts
        yield _offer(machine, name, rule, asked)


def _on_task(w: Work, facts: Facts, prepared: list[Any]) -> Iterator[Offer]:
    for machine, name, rule in _rules(w, facts, "task"):
        for asked in _variants(name, facts, prepared):
            yield _offer(machine, name, rule, asked)


def _variants(name: str, facts: Facts, prepared: list[Any]) -> list[Facts]:
    """The facts of each offer that an act makes: one per request taken back or step decided."""
    mine = [r for r in facts.requests if r.task_id == facts.task.id]
    if name in ASKS:
        return [replace(facts, args={"kind": ASKS[name]})]
    if name in RULES:
        request = next((r for r in mine if r.kind == RULES[name]), None)
        return [replace(facts, request=request)]
    if name == "withdraw_request":
        return [replace(facts, request=r) for r in mine] or [facts]
    if name == "decide_prepared":
        return [replace(facts, prepared=p) for p in prepared]
    return [facts]


def _offer(machine: Loop, name: str, rule: Rule, facts: Facts) -> Offer:
    record = facts.issue if facts.task is None else facts.task
    request, prepared = facts.request, facts.prepared
    reasons, waivable = _hindrances(machine, name, rule, facts)
    return Offer(
        machine.kind,
        record.number,
        name,
        record.version,
        reasons,
        waivable,
        request.id if request is not None else None,
        request.kind if request is not None else "",
        prepared.id if prepared is not None else None,
    )


def _hindrances(
    machine: Loop, name: str, rule: Rule, facts: Facts
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """Reasons why not, and apart from them those that the actor may waive."""
    record = facts.issue if facts.task is None else facts.task
    if not machine.allows(record.state, name):
        return (machine.refusal(record.state, name),), ()
    left_out = NEEDS_INPUT | CORRECTED_BY.get(name, frozenset())
    failed = failing([g for g in rule.guards if g not in left_out], facts)
    waivable = _waivable(name, rule, facts)
    reasons = [reason for guard, reason in failed if guard not in waivable]
    if name == "waive_co_input" and not facts.co_units:
        reasons.append(Reason("no_co_unit", _("No unit supports this task.")))
    return tuple(reasons), tuple(reason for guard, reason in failed if guard in waivable)


def _waivable(name: str, rule: Rule, facts: Facts) -> frozenset[str]:
    """Guards that the actor may waive with a reason (the policy's override role alone)."""
    # the role is the issue's policy's to name, as in `permit`
    holds = facts.policy_of(None).closure.override_role in facts.actor.roles
    return frozenset(rule.overridable) if holds and name in TAKES_OVERRIDE else frozenset()
