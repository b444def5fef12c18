"""Who may see which issue. Every read of the ledger goes through here (invariant 10)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, false, or_, select, true

from models import tables
from models.directory import PersonInfo

BUSINESS_ROLES = frozenset({"reporter", "commissioner", "unit_liaison", "unit_leader", "verifier"})


def visible_issues(actor: PersonInfo) -> ColumnElement[bool]:
    """A condition on `issue`: the bureau and the leaders see all, a unit what concerns it.

    A board sees the issues of its region, those it reported, and those it leads, supports or
    verifies; a department those of the last kind. Administrators and auditors see no business.
    """
    if actor.sees_all:
        return true()
    if not actor.roles & BUSINESS_ROLES:
        return false()
    issue, task, co = tables.issue.c, tables.task.c, tables.co_unit.c
    unit = actor.unit_id
    leads = select(task.id).where(
        task.issue_id == issue.id,
        or_(task.lead_unit_id == unit, task.verifier_unit_id == unit),
        task.dispatched_at.is_not(None),
    )
    supports = (
        select(co.id)
        .join(tables.task, task.id == co.task_id)
        .where(task.issue_id == issue.id, co.unit_id == unit, task.dispatched_at.is_not(None))
    )
    projects = select(tables.project.c.id).where(tables.project.c.commissioner_id == actor.id)
    return or_(
        issue.board_id == unit,
        issue.reporter_unit_id == unit,
        leads.exists(),
        supports.exists(),
        issue.project_id.in_(projects),
    )


def may_see(
    actor: PersonInfo, issue: Any, tasks: list[Any], co_unit_ids: set[int], commissioner: bool
) -> bool:
    """The same rule over rows that are already loaded."""
    if actor.sees_all:
        return True
    if not actor.roles & BUSINESS_ROLES:
        return False
    unit = actor.unit_id
    if unit in (issue.board_id, issue.reporter_unit_id) or unit in co_unit_ids or commissioner:
        return True
    return any(
        unit in (t.lead_unit_id, t.verifier_unit_id) and t.dispatched_at is not None for t in tasks
    )
