"""Stored policies and workflow definitions as conditions: whom a rule lets act, where it holds.

Issues and tasks keep the versions they were dispatched under, so a rule is asked of every version
and becomes one condition; where all versions agree, as they nearly always do, it names none.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Engine, and_, false, literal_column, or_, select, true

from config.policy import Policy, parse_policy
from config.workflow_definition import Act, Transition, WorkflowDefinition, parse_workflow
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.statements import Statement

_POLICY, _WORKFLOW = tables.policy_version.c, tables.workflow_version.c
_IDS = Statement(
    select(literal_column("'policy'").label("part"), _POLICY.id)
    .union_all(select(literal_column("'workflow'"), _WORKFLOW.id))
    .order_by("part", "id")
)


@dataclass(frozen=True, slots=True)
class Definitions:
    """Every stored version by its id."""

    policies: dict[int, Policy]
    workflows: dict[int, WorkflowDefinition]

    def states_of(self, phases: tuple[str, ...]) -> tuple[str, ...]:
        """States of an issue that belong to these phases, by the newest definition."""
        machine = self.workflows[max(self.workflows)].issue
        return tuple(name for name, state in machine.states.items() if state.phase in phases)

    def phases(self) -> dict[str, str]:
        """The phase of each state of an issue, in the order of the definition."""
        machine = self.workflows[max(self.workflows)].issue
        return {name: state.phase for name, state in machine.states.items()}

    def phase_of(self, state: str) -> str:
        """The phase of one state, empty for an unknown one."""
        known = self.workflows[max(self.workflows)].issue.states.get(state)
        return known.phase if known is not None else ""

    def holds(
        self, version: ColumnElement[int], question: Callable[[Policy], bool]
    ) -> ColumnElement[bool]:
        """Rows whose policy (`version` is its column) answers yes."""
        yes = [key for key, policy in self.policies.items() if question(policy)]
        return true() if len(yes) == len(self.policies) else version.in_(yes) if yes else false()

    def may(self, kind: str, name: str, actor: PersonInfo, row: Any) -> ColumnElement[bool]:
        """Rows in a state in which the actor's roles may do `name`; `row` is the columns of
        `issue` or `task`. What a unit has to do with it is not asked here."""
        found: dict[tuple[str, ...], list[int]] = {}
        for key, definition in self.workflows.items():
            rule = _rule(definition, kind, name)
            if rule is not None and set(rule.roles) & actor.roles:
                found.setdefault(tuple(sorted(rule.states)), []).append(key)
        if not found:
            return false()
        parts = []
        for states, keys in found.items():
            everywhere = len(keys) == len(self.workflows)
            version = true() if everywhere else row.workflow_version_id.in_(keys)
            parts.append(and_(row.state.in_(states), version))
        return or_(*parts)

    def anywhere(self, kind: str, name: str, actor: PersonInfo) -> bool:
        """Whether any definition lets the actor's roles do `name`."""
        rules = [_rule(definition, kind, name) for definition in self.workflows.values()]
        return any(rule is not None and set(rule.roles) & actor.roles for rule in rules)


_VERSIONS = "versions"
_KNOWN: WeakKeyDictionary[Engine, tuple[Hashable, Definitions]] = WeakKeyDictionary()


def definitions(s: Session) -> Definitions:
    """The stored versions, parsed."""
    if "definitions" not in s.memo:
        s.memo["definitions"] = _stored(s) if s.reading else _load(s)
    found: Definitions = s.memo["definitions"]
    return found


def _stored(s: Session) -> Definitions:
    """What is committed never changes, so the numbers of the versions say what they are."""
    engine = s.conn.engine
    ids = s.memo.get(_VERSIONS) or tuple(tuple(row) for row in _IDS.raw(s, {}))
    known = _KNOWN.get(engine)
    if known is None or known[0] != ids:
        known = _KNOWN[engine] = ids, _load(s)
    return known[1]


def know_versions(s: Session, policies: Iterable[int], workflows: Iterable[int]) -> None:
    """Note the numbers of the stored versions, which the transaction has come across."""
    parts = (("policy", policies), ("workflow", workflows))
    s.memo[_VERSIONS] = tuple((part, key) for part, keys in parts for key in sorted(keys))


def _load(s: Session) -> Definitions:
    policies = s.execute(select(_POLICY.id, _POLICY.source))
    workflows = s.execute(select(_WORKFLOW.id, _WORKFLOW.source))
    return Definitions(
        {row.id: parse_policy(row.source) for row in policies},
        {row.id: parse_workflow(row.source) for row in workflows},
    )


def _rule(definition: WorkflowDefinition, kind: str, name: str) -> Transition | Act | None:
    machine = definition.machine(kind)
    rules: tuple[Transition | Act, ...] = (*machine.transitions, *machine.acts)
    return next((rule for rule in rules if rule.name == name), None)


def rights_key(actor: PersonInfo) -> Hashable:
    """What a person's own work depends on."""
    return (actor.id, actor.unit_id, tuple(sorted(actor.roles)))
