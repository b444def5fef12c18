"""The dispatch meetings that treated a project's issues, for the project's page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from models import tables
from models.queries.library import with_merged
from projects.meetings import followup, store
from web.call import Call
from web.pages.meetings.kit import decision_row, state_word

MOST = 20


def facts_for(call: Call, project: Any) -> dict[str, Any]:
    """Meetings with items about the project's issues, newest first; empty without any."""
    m, i, issue = store.M, store.I, tables.issue.c
    chosen = (
        select(m.id, m.number, m.state, m.starts_at, i.id.label("item_id"), i.outcome)
        .add_columns(issue.id.label("issue_id"), issue.number.label("issue_number"), issue.title)
        .join(tables.meeting_item, i.meeting_id == m.id)
        .join(tables.issue, issue.id == i.issue_id)
        .where(issue.project_id.in_(with_merged(project.id)), i.state == "picked")
        .where(store.visible_items(call.person))
        .order_by(m.starts_at.desc(), i.place)
        .limit(MOST)
    )
    rows = list(call.s.execute(chosen))
    if not rows:
        return {}
    keys = list(dict.fromkeys(row.id for row in rows))
    items = {row.item_id for row in rows}
    decided = store.decisions_of(call.s, call.person, keys)
    told = followup.statuses(call.s, [one for one in decided if one.item_id in items], call.now)
    return {
        "items": [_item(row) for row in rows],
        "decisions": [decision_row(call, one) for one in told],
        "counts": followup.counted(told),
    }


def _item(row: Any) -> dict[str, Any]:
    return {
        "path": f"/meetings/{row.id}#item-{row.item_id}",
        "number": row.number,
        "state": row.state,
        "state_name": state_word(row.state),
        "at": row.starts_at,
        "issue": row.issue_number,
        "title": row.title,
        "outcome": row.outcome,
    }
