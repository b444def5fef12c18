"""The history of an issue as people read it: when, who, what, on which task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Session
from workflow.context import Context
from workflow.wording import word


def timeline(s: Session, ctx: Context, issue: Any, tasks: Sequence[Any]) -> list[dict[str, Any]]:
    """Every event of an issue in order: when, who, what, on which task."""
    numbers = {task.id: task.number for task in tasks}
    zone = ctx.calendar(None, issue.policy_version_id).tz
    event = tables.event
    rows = s.execute(
        select(event).where(event.c.stream == f"issue:{issue.id}").order_by(event.c.seq)
    )
    return [
        {
            "seq": row.seq,
            "at": row.at.astimezone(zone).isoformat(timespec="minutes"),
            "logical_at": row.logical_at.astimezone(zone).isoformat(timespec="minutes"),
            "actor": ctx.directory.person_name(row.actor_id),
            "tag": row.tag,
            "name": word("event", row.tag),
            "task": numbers.get(row.task_id),
            "data": row.data,
        }
        for row in rows
    ]
