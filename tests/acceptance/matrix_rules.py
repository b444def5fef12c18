"""The rules as the definition states them, and who sees what, said once more and independently.

Nothing of the engine is asked here: roles and scopes are read from the definition's text, the
scope of seeing is written down after the domain's rules, and facts come from plain rows.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from models import tables
from tests.acceptance.matrix_cast import Member
from tests.world import World

DEFINITION = Path(__file__).parents[2] / "config" / "workflow.toml"
LEADERS = {"triage_officer", "office_chief", "deputy_director", "principal", "inspector"}
"""They see every issue of the zone."""
HANDS = {"reporter", "commissioner", "unit_liaison", "unit_leader", "verifier"}
"""They see what concerns their unit. Whoever else there is sees no business."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A rule of the definition."""

    kind: str
    name: str
    roles: frozenset[str]
    scope: str
    states: tuple[str, ...]

    @property
    def tag(self) -> str:
        """`issue.park`."""
        return f"{self.kind}.{self.name}"


@cache
def stated() -> dict[str, Stated]:
    """Every transition and act by its tag."""
    text = tomllib.loads(DEFINITION.read_text("utf-8"))
    found = {}
    for kind in ("issue", "task"):
        for rule in (*text[kind]["transitions"], *text[kind]["acts"]):
            name = rule.get("trigger") or rule["name"]
            states = rule.get("source") or rule["states"]
            found[f"{kind}.{name}"] = Stated(
                kind, name, frozenset(rule["roles"]), rule.get("scope", "any"), tuple(states)
            )
    return found


def of_people() -> list[Stated]:
    """Rules that a person may fire."""
    return [rule for rule in stated().values() if "system" not in rule.roles]


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides about rights on a case: ids of units, whether it was handed over."""

    board: int | None
    reporter: int | None
    leads: frozenset[int]
    verifiers: frozenset[int]
    supports: frozenset[int]
    awaited: frozenset[int]
    commissioned: bool


def facts_of(world: World, issue: str) -> Facts:
    """The facts of an issue, from its rows. Tasks count for seeing once they are handed over."""
    row = world.issue(issue)
    tasks = world.rows(tables.task, issue_id=row.id)
    handed = [task for task in tasks if task.dispatched_at is not None]
    co = [unit for task in handed for unit in world.rows(tables.co_unit, task_id=task.id)]
    return Facts(
        board=row.board_id,
        reporter=row.reporter_unit_id,
        leads=frozenset(task.lead_unit_id for task in handed),
        verifiers=frozenset(task.verifier_unit_id for task in handed),
        supports=frozenset(unit.unit_id for unit in co),
        awaited=frozenset(unit.unit_id for unit in co if unit.state == "awaited"),
        commissioned=row.project_id is not None,
    )


def sees(member: Member, facts: Facts) -> bool:
    """Leaders see all; boards their region, units what they reported, lead, support or verify;
    a commissioner the projects given to him. A unit above another sees no more for it."""
    if member.role in LEADERS:
        return True
    if member.role not in HANDS:
        return False
    own = {facts.board, facts.reporter} | facts.leads | facts.verifiers | facts.supports
    return member.unit_id in own or (member.commissioned and facts.commissioned)


def may(member: Member, rule: Stated, facts: Facts) -> bool:
    """Whether the definition gives the act to this person: role and unit."""
    if member.role not in rule.roles:
        return False
    unit, role = member.unit_id, member.role
    answers: dict[str, Any] = {
        "any": True,
        "reporter": role == "triage_officer" or unit == facts.reporter,
        "lead": unit in facts.leads,
        "verifier": unit in facts.verifiers,
        "co": unit in facts.awaited,
        "lead_or_office": role == "triage_officer" or unit in facts.leads,
        "lead_or_verifier": unit in (facts.verifiers if role == "verifier" else facts.leads),
    }
    return bool(answers[rule.scope])


def expected(member: Member, rule: Stated, facts: Facts) -> int:
    """404 for whoever may not know of the issue, 403 for whoever may not do this, else 200."""
    if not sees(member, facts):
        return 404
    return 200 if may(member, rule, facts) else 403
