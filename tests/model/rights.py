"""Seeing and acting: the two questions before every command."""

from __future__ import annotations

from tests.model.cast import BUSINESS, ISSUE_ACTS, PEOPLE, TASK_ACTS, Human
from tests.model.state import Issue, Refused, Task


def visible(username: str, issue: Issue) -> bool:
    """The bureau and the leaders see everything, a unit what concerns it, the others nothing."""
    person = PEOPLE[username]
    if person.sees_all:
        return True
    if not person.roles & BUSINESS:
        return False
    if person.unit in (issue.board, issue.reporter_unit):
        return True
    given_out = [t for t in issue.tasks if t.dispatched is not None]
    return any(person.unit in (t.lead, t.verifier, *t.co) for t in given_out)


def permit(act: str, username: str, issue: Issue, task: Task | None = None) -> None:
    """Refuse whoever has not the right, and then what the state does not allow."""
    states, roles, scope = (ISSUE_ACTS if task is None else TASK_ACTS)[act]
    person = PEOPLE[username]
    held = set(roles.split()) & person.roles
    if not held or not _in_scope(scope, person, held, issue, task):
        raise Refused("not_allowed")
    state = issue.state if task is None else task.state
    if state not in states.split():
        raise Refused("illegal_transition")


def _in_scope(scope: str, person: Human, held: set[str], issue: Issue, task: Task | None) -> bool:
    if scope == "any":
        return True
    if scope == "reporter":
        return "triage_officer" in held or person.unit == issue.reporter_unit
    assert task is not None
    if scope == "co":
        return person.unit in task.co
    leads = person.unit == task.lead
    if scope == "lead":
        return leads
    verifies = person.unit == task.verifier and "verifier" in held
    if scope == "verifier":
        return verifies
    if scope == "lead_or_office":
        return leads or "triage_officer" in held
    return verifies or (leads and held != {"verifier"})


def demand(*held: bool) -> None:
    """Refuse by a guard unless everything holds."""
    if not all(held):
        raise Refused("guard_failed")
