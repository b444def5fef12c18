"""Issues that stand in a milestone's way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.issues import find_issue
from models.queries.library import with_merged
from projects.milestones.base import Changed, finish, milestone_of
from workflow.case import not_visible


def link_issue(
    s: Session, *, actor: PersonInfo, milestone_id: int, issue: str, now: datetime
) -> Changed:
    """Note that an issue of the project, or of a record merged into it, stands in a milestone's
    way."""
    m, project = milestone_of(s, actor, milestone_id)
    found = find_issue(s, actor, issue.strip())
    own = set(s.execute(with_merged(project.id)).scalars())
    if found is None or found.project_id not in own:
        raise not_visible(issue)
    if tie(s, m.id, found.id):
        facts = {"milestone": m.key, "issue": found.number}
        finish(s, project.id, "milestone.issue", facts, actor, now)
    return Changed(m.id, project.id, m.version)


def tie(s: Session, milestone_id: int, issue_id: int) -> bool:
    """Link a milestone and an issue; whether they were not linked before."""
    link = tables.milestone_issue
    pair = (link.c.milestone_id == milestone_id, link.c.issue_id == issue_id)
    if s.execute(select(link.c.id).where(*pair)).first() is not None:
        return False
    s.execute(insert(link).values(milestone_id=milestone_id, issue_id=issue_id))
    return True
