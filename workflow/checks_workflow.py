"""Checks of the two state machines: reachable states, ways out, names that exist."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import workflow.authority  # noqa: F401  (registers every guard)
from config.i18n import gettext as _
from config.workflow_definition import (
    SYSTEM,
    MachineDefinition,
    Rule,
    Transition,
    WorkflowDefinition,
    parse_workflow,
    shipped_workflow,
)
from notifications.kinds import KINDS
from workflow.checks_report import Report
from workflow.guards import REGISTRY

_ISSUE_SCOPES = ("any", "reporter")
"""The other scopes speak of a task's units."""


def workflow_faults(definition: WorkflowDefinition, report: Report) -> None:
    """Everything wrong with both machines."""
    for kind in ("issue", "task"):
        part = definition.machine(kind)
        _states(part, kind, report)
        _transitions(part, kind, report)
        _names(part, kind, report)
        _reachable(part, kind, report)
        _needed(part, kind, report)
        for transition in part.transitions:
            _rule(transition, f"{kind}.transitions.{transition.trigger}", kind, report)
        for act in part.acts:
            key = f"{kind}.acts.{act.name}"
            _rule(act, key, kind, report)
            _known_states(part, act.states, f"{key}.states", report)


def _states(part: MachineDefinition, kind: str, report: Report) -> None:
    if part.initial not in part.states:
        report.unknown(f"{kind}.initial", part.initial, part.states)
    for name, state in part.states.items():
        exits = [t.trigger for t in part.transitions if name in t.source and t.dest != name]
        key = f"{kind}.states.{name}"
        if state.terminal and any(name in t.source for t in part.transitions):
            report.add(
                key,
                _("is terminal, yet has a way out: {names}").format(
                    names=", ".join(t.trigger for t in part.transitions if name in t.source)
                ),
                _("remove `terminal`, or the state from those transitions"),
            )
        if not state.terminal and not exits:
            report.add(
                key,
                _("has no way out"),
                _("add a transition that leaves it, or mark it `terminal = true`"),
            )


def _transitions(part: MachineDefinition, kind: str, report: Report) -> None:
    for transition in part.transitions:
        key = f"{kind}.transitions.{transition.trigger}"
        _known_states(part, transition.source, f"{key}.source", report)
        if transition.dest not in part.states:
            report.unknown(f"{key}.dest", transition.dest, part.states)
        if transition.notice and transition.notice not in KINDS:
            report.unknown(f"{key}.notice", transition.notice, KINDS)


def _known_states(
    part: MachineDefinition, states: tuple[str, ...], key: str, report: Report
) -> None:
    if not states:
        report.add(key, _("names no state"), _("name the states in which it may happen"))
    for state in states:
        if state not in part.states:
            report.unknown(key, state, part.states)


def _names(part: MachineDefinition, kind: str, report: Report) -> None:
    """The engine looks a rule up by its name, so that a name can be given only once."""
    for first, second in pairwise(sorted(part.transitions, key=lambda t: t.trigger)):
        if first.trigger == second.trigger:
            _twice(first, second, kind, report)
    seen = {t.trigger for t in part.transitions}
    for act in part.acts:
        if act.name in seen:
            report.add(
                f"{kind}.acts.{act.name}",
                _("has a name that is taken already"),
                _("give each transition and act a name of its own"),
            )
        seen.add(act.name)


def _twice(first: Transition, second: Transition, kind: str, report: Report) -> None:
    key = f"{kind}.transitions.{first.trigger}"
    both = [state for state in first.source if state in second.source]
    if both:
        report.add(
            key,
            _("leads out of state {states} twice").format(states=", ".join(both)),
            _("keep one of the two transitions"),
        )
        return
    report.add(
        key,
        _("is given twice"),
        _("join the sources in one transition, or give the second a name of its own"),
    )


def _reachable(part: MachineDefinition, kind: str, report: Report) -> None:
    reached, ahead = set[str](), [part.initial]
    while ahead:
        state = ahead.pop()
        if state not in reached:
            reached.add(state)
            ahead += [t.dest for t in part.transitions if state in t.source]
    for state in part.states:
        if state not in reached:
            report.add(
                f"{kind}.states.{state}",
                _("cannot be reached from state {initial}").format(initial=part.initial),
                _("add a transition that leads there, or remove the state"),
            )


def _rule(rule: Rule, key: str, kind: str, report: Report) -> None:
    if not rule.roles:
        report.add(f"{key}.roles", _("names nobody who may do it"), _("name at least one role"))
    report.roles(f"{key}.roles", rule.roles, also=(SYSTEM,))
    for name in rule.guards:
        if name not in REGISTRY:
            report.unknown(f"{key}.guards", name, REGISTRY)
    for name in rule.overridable:
        if name not in rule.guards:
            report.add(
                f"{key}.overridable",
                _("lets guard {name} be overridden, which is not asked here").format(name=name),
                _("add it to the guards, or remove it here"),
            )
    if kind == "issue" and rule.scope not in _ISSUE_SCOPES:
        report.add(
            f"{key}.scope",
            _("is {scope}, which only a task has").format(scope=rule.scope),
            _("use one of: {names}").format(names=", ".join(_ISSUE_SCOPES)),
        )


@cache
def _shipped() -> WorkflowDefinition:
    return parse_workflow(shipped_workflow())


def _needed(part: MachineDefinition, kind: str, report: Report) -> None:
    """States and rules that the program itself calls by name."""
    shipped = _shipped().machine(kind)
    for state in shipped.states:
        if state not in part.states:
            report.add(
                f"{kind}.states.{state}",
                _("is missing"),
                _("add it: the program calls it by name"),
            )
    present = {t.trigger for t in part.transitions} | {a.name for a in part.acts}
    lists = (("transitions", shipped.transitions), ("acts", shipped.acts))
    for where, rules in lists:
        for rule in rules:
            if rule.name not in present:
                report.add(
                    f"{kind}.{where}.{rule.name}",
                    _("is missing"),
                    _("add it: the program calls it by name"),
                )
