"""An issue's history as people read it. Who may see the issue may see all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Integer, bindparam, select

from models import tables
from models.db import Session
from models.statements import Statement
from workflow.context import Context
from workflow.timeline_details import Teller
from workflow.timeline_words import event_name
from workflow.wording import unit_name

_E = tables.event.c
TOLD = (_E.seq, _E.tag, _E.task_id, _E.actor_id, _E.at, _E.logical_at, _E.data)
"""What is read of an event to be told."""
_EVENTS = (
    select(*TOLD)
    .where(_E.stream == bindparam("stream"), _E.seq > bindparam("after"))
    .order_by(_E.seq)
)
_ALL, _SOME = Statement(_EVENTS), Statement(_EVENTS.limit(bindparam("most", type_=Integer)))


def timeline(
    s: Session,
    ctx: Context,
    issue: Any,
    tasks: Sequence[Any],
    *,
    after_seq: int = 0,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Events of an issue in order: when, who, what, on which task, and what it says.

    A page begins after the event numbered `after_seq` and holds at most `limit` of them. The
    words (`name`, `changes`, `details`) are in the present language; `data` is as written.
    """
    values = {"stream": f"issue:{issue.id}", "after": after_seq, "most": limit}
    rows = (_ALL if limit is None else _SOME).rows(s, values)
    return told(ctx, issue, tasks, rows)


def told(
    ctx: Context, issue: Any, tasks: Sequence[Any], rows: Sequence[Any]
) -> list[dict[str, Any]]:
    """Events that are read already, in words."""
    zone = ctx.calendar(None, issue.policy_version_id).tz
    teller = Teller(ctx, zone, issue, {task.id: task for task in tasks})
    return [_entry(teller, row) for row in rows]


def _entry(teller: Teller, row: Any) -> dict[str, Any]:
    people, said = teller.ctx.directory, teller.told(row)
    actor, task = people.people.get(row.actor_id or 0), teller.tasks.get(row.task_id)
    return {
        "seq": row.seq,
        "at": row.at.astimezone(teller.zone).isoformat(timespec="minutes"),
        "logical_at": row.logical_at.astimezone(teller.zone).isoformat(timespec="minutes"),
        "actor": people.person_name(row.actor_id),
        "actor_unit": unit_name(people, actor.unit_id) if actor is not None else "",
        "tag": row.tag,
        "name": event_name(row.tag),
        "task": task.number if task is not None else None,
        "changes": said.changes,
        "details": said.details,
        "data": row.data,
    }
