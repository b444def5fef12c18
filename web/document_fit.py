"""Which kinds of document suit what was chosen on the board or in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from models import tables
from models.queries.running import RUNNING
from notifications.documents.kinds import Kind
from web.call import Call

USUAL = "supervision_order"
"""What overdue tasks get unless another kind is chosen."""
OF_LATE = {
    "urge_notice",
    USUAL,
    "supervision_letter",
    "supervision_notice",
    "interview_notice",
    "interview_letter",
}
"""Kinds about tasks that are overdue or on the ladder."""


def suiting(
    call: Call, kinds: Sequence[Kind], issues: Sequence[Any], tasks: Sequence[Any]
) -> list[Kind]:
    """The kinds that may be about these, the usual one first; commands ask again."""
    ruled = _ruled(call, tasks)
    found = [
        kind
        for kind in kinds
        if kind.about == "issues"
        or (kind.about == "issue" and len(issues) == 1 and issues[0].state == "closed")
        or (kind.about == "task" and len(tasks) == 1 and _of_one(call, kind, tasks[0], ruled))
        or (kind.about == "tasks" and _of_several(call, kind, tasks))
    ]
    return sorted(found, key=lambda kind: kind.name != USUAL)


def _of_several(call: Call, kind: Kind, tasks: Sequence[Any]) -> bool:
    running = [task for task in tasks if task.state in RUNNING]
    late = [task for task in running if task.level or (task.due_at and task.due_at < call.now)]
    return bool(late if kind.name in OF_LATE else running)


def _of_one(call: Call, kind: Kind, task: Any, ruled: set[str]) -> bool:
    if kind.ruling:
        return kind.ruling in ruled
    if kind.name == "closure_refusal":
        return bool(task.rejection_count)
    own: bool = task.lead_unit_id == call.person.unit_id
    return own and task.state != "withdrawn"


def _ruled(call: Call, tasks: Sequence[Any]) -> set[str]:
    """Kinds of requests that were ruled on, where there is one task."""
    if len(tasks) != 1:
        return set()
    request = tables.request.c
    decided = request.state.in_(("granted", "refused"))
    rows = call.s.execute(select(request.kind).where(request.task_id == tasks[0].id, decided))
    return set(rows.scalars())
