"""Who may see which issue. Every read of the ledger goes through here (invariant 10).

The rule is said in two ways that mean the same: `visible_issues` asks about one issue at a time
(for a single issue, or a walk that stops early), `visible_ids` gives the whole set from indexes
(for counting).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    bindparam,
    false,
    literal_column,
    or_,
    select,
    true,
    union,
)

from models import tables
from models.aliases import shared_alias
from models.db import Session
from models.directory import PersonInfo
from models.statements import Statement

_COMMISSIONED = Statement(
    select(tables.project.c.id)
    .where(tables.project.c.commissioner_id == bindparam("person"))
    .order_by(tables.project.c.id)
)
BUSINESS_ROLES = frozenset({"reporter", "commissioner", "unit_liaison", "unit_leader", "verifier"})
_NOTHING: ColumnElement[int] = literal_column("0")
# aliases, so that a statement around them which reads tasks itself is not mixed up with them
_TASK, _CO, _CO_TASK = (shared_alias(t) for t in (tables.task, tables.co_unit, tables.task))


_PERSON, _UNIT = bindparam("person", type_=Integer), bindparam("unit", type_=Integer)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What many people see in the same way. Who they are is bound as `person` and `unit`, so that
    a statement is written once for a view and not for each of them."""

    sees_all: bool
    roles: frozenset[str]
    id: Any = _PERSON
    unit_id: Any = _UNIT


_ALL, _NONE = View(True, frozenset()), View(False, frozenset())
_OF_UNIT = View(False, BUSINESS_ROLES)


def view_of(actor: PersonInfo) -> View:
    """One of three."""
    if actor.sees_all:
        return _ALL
    return _OF_UNIT if actor.roles & BUSINESS_ROLES else _NONE


def viewer(actor: PersonInfo) -> dict[str, int]:
    """What a statement over somebody's view is bound to."""
    return {"person": actor.id, "unit": actor.unit_id}


def visible_issues(actor: PersonInfo | View) -> ColumnElement[bool]:
    """A condition on `issue`: the bureau and the leaders see all, a unit what concerns it.

    A board sees the issues of its region, those it reported, and those it leads, supports or
    verifies; a department those of the last kind. Administrators and auditors see no business.
    """
    if actor.sees_all:
        return true()
    if not actor.roles & BUSINESS_ROLES:
        return false()
    issue, unit = tables.issue.c, actor.unit_id
    # an issue has two tasks, a unit may have thousands: `+ 0` keeps the units' indexes out
    leads = select(_TASK.c.id).where(
        _TASK.c.issue_id == issue.id,
        or_(_TASK.c.lead_unit_id + 0 == unit, _TASK.c.verifier_unit_id + 0 == unit),
        _TASK.c.dispatched_at.is_not(None),
    )
    supports = (
        select(_CO.c.id)
        .join(_CO_TASK, _CO_TASK.c.id == _CO.c.task_id)
        .where(
            _CO_TASK.c.issue_id == issue.id,
            _CO.c.unit_id + 0 == unit,
            _CO_TASK.c.dispatched_at.is_not(None),
        )
    )
    return or_(
        issue.board_id + 0 == unit,
        issue.reporter_unit_id + 0 == unit,
        one_by_one(leads.correlate(tables.issue)),
        one_by_one(supports.correlate(tables.issue)),
        issue.project_id.in_(_commissioned(actor)),
    )


def one_by_one(chosen: Select[Any]) -> ColumnElement[bool]:
    """`EXISTS`, asked of each row that is met: the offset, which skips nothing, keeps PostgreSQL
    from hashing the whole table first, as it would for a statement that stops after a page."""
    return chosen.offset(_NOTHING).exists()


def visible_ids(actor: PersonInfo) -> Select[Any] | None:
    """Ids of every issue that the actor sees, or None where that is all of them."""
    if actor.sees_all:
        return None
    issue, task = tables.issue.alias(), _TASK
    if not actor.roles & BUSINESS_ROLES:
        return select(issue.c.id).where(false())
    unit, handed_over = actor.unit_id, task.c.dispatched_at.is_not(None)
    parts = union(
        select(issue.c.id).where(issue.c.board_id == unit),
        select(issue.c.id).where(issue.c.reporter_unit_id == unit),
        select(issue.c.id).where(issue.c.project_id.in_(_commissioned(actor))),
        select(task.c.issue_id).where(task.c.lead_unit_id == unit, handed_over),
        select(task.c.issue_id).where(task.c.verifier_unit_id == unit, handed_over),
        select(_CO_TASK.c.issue_id)
        .join(_CO, _CO.c.task_id == _CO_TASK.c.id)
        .where(_CO.c.unit_id == unit, _CO_TASK.c.dispatched_at.is_not(None)),
    ).subquery()
    return select(parts.c.id)


def scope_key(s: Session, actor: PersonInfo) -> Hashable:
    """What the scope depends on: two people with the same key see the same issues."""
    if actor.sees_all:
        return "all"
    if not actor.roles & BUSINESS_ROLES:
        return "none"
    name = f"commissioned:{actor.id}"
    if name not in s.memo:
        found = _COMMISSIONED.raw(s, {"person": actor.id})
        know_commissioned(s, actor, (row[0] for row in found))
    return (actor.unit_id, s.memo[name])


def know_commissioned(s: Session, actor: PersonInfo, projects: Iterable[int]) -> None:
    """Note which projects the person answers for, in the order of their ids."""
    s.memo[f"commissioned:{actor.id}"] = tuple(projects)


def _commissioned(actor: PersonInfo | View) -> Select[Any]:
    return select(tables.project.c.id).where(tables.project.c.commissioner_id == actor.id)


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
