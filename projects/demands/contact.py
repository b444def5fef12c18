"""Who is told whom to call about a demand: those who have to, and nobody who merely sees the issue.

The office and the leaders, the town or street that the enterprise has named, and the units that
lead a task of the issue.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Session
from models.directory import PersonInfo


def told_contact(s: Session, actor: PersonInfo, row: Any) -> bool:
    """Whether somebody who sees the demand is told its contact and telephone."""
    if actor.sees_all or row.board_id == actor.unit_id:
        return True
    return row.issue_id is not None and leads(s, actor, row.issue_id)


def leads(s: Session, actor: PersonInfo, issue_id: int) -> bool:
    """Whether the person's unit leads a task of the issue that was handed over to it."""
    task = tables.task.c
    chosen = select(task.id).where(
        task.issue_id == issue_id, task.lead_unit_id == actor.unit_id,
        task.dispatched_at.is_not(None), task.state != "withdrawn",
    )  # fmt: skip
    return s.execute(chosen.limit(1)).first() is not None


def contacts(s: Session, actor: PersonInfo, rows: Sequence[Any]) -> dict[int, str]:
    """Of demands of one issue: contact and telephone by id, as far as the person is told."""
    if not rows:
        return {}
    free = actor.sees_all or leads(s, actor, rows[0].issue_id)
    return {
        row.id: f"{row.contact} {row.phone}"
        for row in rows
        if free or row.board_id == actor.unit_id
    }
