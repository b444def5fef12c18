"""Which projects somebody may know of: a name is business too, and so is its town.

Whoever sees every issue knows every project, and so does a department, whose reports must name
one. A town, a street or an outside company knows its own, those that no town is recorded for,
those that the person looks after or the unit leads, and those of the issues it sees.
Administrators and auditors know none.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, or_, select, true

from config.roles import UnitKind
from models import tables
from models.db import Session
from models.directory import Directory, PersonInfo
from models.queries.edition import kept
from models.queries.scope import BUSINESS_ROLES, scope_key, visible_ids

ZONE_WIDE = frozenset({UnitKind.BUREAU, UnitKind.LEADERSHIP, UnitKind.DEPARTMENT})
"""Units of the zone itself: what they report may be about any project."""


def visible_projects(actor: PersonInfo, people: Directory) -> ColumnElement[bool]:
    """A condition on `project`. It costs what the person's issues cost, which are indexed."""
    if actor.sees_all:
        return true()
    if not actor.roles & BUSINESS_ROLES:
        return false()
    if people.units[actor.unit_id].kind in ZONE_WIDE:
        return true()
    project, issue = tables.project.c, tables.issue.alias().c
    seen = visible_ids(actor)
    assert seen is not None  # only who sees all has no set
    duty = tables.project_duty.alias().c
    leads = select(duty.project_id).where(
        duty.unit_id == actor.unit_id, duty.role == "lead_unit", duty.until.is_(None)
    )
    named = select(issue.project_id).where(issue.id.in_(seen), issue.project_id.is_not(None))
    return or_(
        project.board_id.is_(None),
        project.board_id == actor.unit_id,
        project.commissioner_id == actor.id,
        project.id.in_(leads),
        project.id.in_(named),
    )


def known_projects(s: Session, actor: PersonInfo, people: Directory) -> ColumnElement[bool]:
    """The same as `visible_projects`, for a page that asks several times over: where it takes the
    person's issues to tell, the ids are kept while the ledger stands still."""
    if actor.sees_all or people.units[actor.unit_id].kind in ZONE_WIDE:
        return visible_projects(actor, people)
    project = tables.project.c

    def ids() -> tuple[int, ...]:
        chosen = select(project.id).where(visible_projects(actor, people))
        return tuple(s.execute(chosen.order_by(project.id)).scalars())

    return project.id.in_(kept(s, ("known projects", scope_key(s, actor)), ids))
