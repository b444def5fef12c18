"""Open issues like the one being reported, so that the same problem is not reported twice."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from models import tables
from models.queries.issues import CLOSED_STATES
from models.queries.scope import visible_issues
from web.call import Call
from workflow.wording import state_name

MOST = 5
Data = dict[str, Any]


def similar(call: Call, project: str, category: str) -> list[Data]:
    """The newest open issues of the same project and category within scope, at most `MOST`."""
    if not project.strip() or not category.strip():
        return []
    issue, known = tables.issue.c, tables.project.c
    chosen = (
        select(tables.issue)
        .join(tables.project, known.id == issue.project_id)
        .where(
            known.name == project.strip(),
            issue.category == category.strip(),
            issue.state.not_in((*CLOSED_STATES, "draft")),
            visible_issues(call.person),
        )
        .order_by(issue.id.desc())
        .limit(MOST)
    )
    return [
        {
            "number": row.number,
            "title": row.title,
            "state": row.state,
            "state_name": state_name(call.ctx.workflow(row.workflow_version_id).issue, row.state),
        }
        for row in call.s.execute(chosen)
    ]
