"""May this person do this now? Rights, state and guards, in that order; every reason is given."""

from __future__ import annotations

from typing import Any

import workflow.guards_closure
import workflow.guards_plan
import workflow.guards_requests  # noqa: F401  (they register their guards)
from config.i18n import gettext as _
from config.roles import Role
from config.workflow_definition import SYSTEM, Rule
from workflow.act_words import act_name
from workflow.errors import GuardFailed, IllegalTransition, NotAllowed, Reason
from workflow.facts import Facts
from workflow.guards import failing
from workflow.machine import Loop, loop
from workflow.transition import Work
from workflow.wording import role_names


def facts_of(w: Work, task: Any = None, **extra: Any) -> Facts:
    """The facts a decision on this work depends on; `args` and related rows as keywords."""
    assert w.actor is not None
    return Facts(
        now=w.now,
        actor=w.actor,
        directory=w.ctx.directory,
        policy=w.policy(task),
        calendar=w.calendar(task),
        issue=w.issue,
        tasks=w.tasks,
        task=task,
        requests=w.open_requests(),
        policies=w.policy,
        co_units=[c for c in w.awaited_co_units() if task is not None and c.task_id == task.id],
        **extra,
    )


def permit(w: Work, name: str, facts: Facts, *, override: str = "") -> dict[str, Any]:
    """Refuse unless the actor may do `name` now; returns what must go into the event.

    Raises `NotAllowed`, `IllegalTransition` or `GuardFailed`. A reason in `override` lets the
    policy's override role pass the guards that the definition marks as overridable; the waived
    guards are returned, so that they stand in the history.
    """
    machine, record = _machine(w, facts)
    rule = machine.rules.get(name)
    if rule is None:  # another version of the definition may not know the act
        raise IllegalTransition(machine.refusal(record.state, name))
    refuse_outsiders(rule, name, facts)
    if not machine.allows(record.state, name):
        raise IllegalTransition(machine.refusal(record.state, name))
    failed = failing(rule.guards, facts)
    waived = [n for n, _reason in failed if n in rule.overridable] if override.strip() else []
    if waived and w.policy().closure.override_role not in facts.actor.roles:
        waived = []
    remaining = [reason for n, reason in failed if n not in waived]
    if remaining:
        raise GuardFailed(*remaining)
    return {"override": override.strip(), "waived": waived} if waived else {}


def verdict(w: Work, name: str, facts: Facts) -> list[Reason]:
    """Every reason why the actor may not do it now; empty when it is allowed."""
    try:
        permit(w, name, facts)
    except (NotAllowed, IllegalTransition, GuardFailed) as refusal:
        return list(refusal.reasons)
    return []


def _machine(w: Work, facts: Facts) -> tuple[Loop, Any]:
    record = facts.task if facts.task is not None else facts.issue
    kind = "task" if facts.task is not None else "issue"
    return loop(w.ctx.workflow(record.workflow_version_id), kind), record


def fits(rule: Rule, facts: Facts) -> bool:
    """Whether a rule's roles and scope are the actor's; what only the engine does is nobody's."""
    held = set(rule.roles) & facts.actor.roles
    return bool(held) and SYSTEM not in rule.roles and _in_scope(rule, facts, held)


def refuse_outsiders(rule: Rule, name: str, facts: Facts) -> None:
    """Roles and unit. Rights never come from a typed name, nor from being able to see."""
    if fits(rule, facts):
        return
    raise NotAllowed(
        Reason(
            "not_allowed",
            _("{person} may not do this: {act}.").format(
                person=facts.actor.name, act=act_name(name)
            ),
            remedy=_("It takes the role {roles}{scope}.").format(
                roles=role_names(rule.roles), scope=_scope_text(rule.scope)
            ),
        )
    )


def _in_scope(rule: Rule, facts: Facts, held: set[str]) -> bool:
    actor, task, issue = facts.actor, facts.task, facts.issue
    if rule.scope == "any":
        return True
    if rule.scope == "reporter":
        return Role.TRIAGE_OFFICER in held or actor.unit_id == issue.reporter_unit_id
    if rule.scope == "co":
        return any(c.unit_id == actor.unit_id for c in facts.co_units)
    leads = bool(actor.unit_id == task.lead_unit_id)
    if rule.scope == "lead":
        return leads
    if rule.scope == "verifier":
        return bool(actor.unit_id == task.verifier_unit_id)
    if rule.scope == "lead_or_office":
        return Role.TRIAGE_OFFICER in held or leads
    verifies = Role.VERIFIER in held and actor.unit_id == task.verifier_unit_id
    return verifies or (leads and held != {Role.VERIFIER})


def _scope_text(scope: str) -> str:
    texts = {
        "lead": _(" in the lead unit"),
        "verifier": _(" in the verifying unit"),
        "reporter": _(" in the reporting unit"),
        "co": _(" in a supporting unit"),
        "lead_or_office": _(" in the lead unit or the office"),
        "lead_or_verifier": _(" in the lead or verifying unit"),
    }
    return texts.get(scope, "")
