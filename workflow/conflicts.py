"""What somebody who comes too late is told: who changed what meanwhile."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from workflow.context import context
from workflow.errors import Reason, StaleVersion
from workflow.wording import word


def refuse_stale(s: Session, record: Any, kind: str, expected: int | None, issue_id: int) -> None:
    """Raise `StaleVersion`, naming the changes missed, unless `expected` is the present version."""
    if expected is None or record.version == expected:
        return
    missed = [
        row
        for row in _events(s, issue_id, record.id if kind == "task" else None)
        if row.data.get("v", 0) > expected
    ]
    raise StaleVersion(*(_reason(s, row) for row in missed[-5:]), *([] if missed else [_plain()]))


def refuse_outdated(s: Session, kind: str, number: str, expected: int | None) -> None:
    """As `refuse_stale`, for an issue or a task by its number and before anything is locked.

    An unknown number is for the command to refuse.
    """
    table, t = (tables.task, tables.task.c) if kind == "task" else (tables.issue, tables.issue.c)
    owner = tables.task.c.issue_id if kind == "task" else t.id.label("issue_id")
    row = s.execute(select(t.id, t.version, owner).where(table.c.number == number)).one_or_none()
    if row is not None:
        refuse_stale(s, row, kind, expected, row.issue_id)


def stale(s: Session, record: Any, seen: int) -> StaleVersion:
    """The conflict found while writing: a swap that did not take."""
    issue_id = record.values.get("issue_id", record.id)
    rows = [row for row in _events(s, issue_id, None, any_task=True) if row.seq > seen]
    return StaleVersion(*(_reason(s, row) for row in rows[-5:]), *([] if rows else [_plain()]))


def _events(s: Session, issue_id: int, task_id: int | None, any_task: bool = False) -> list[Any]:
    event, person = tables.event, tables.person
    chosen = (
        select(event, person.c.name.label("actor_name"))
        .outerjoin(person, person.c.id == event.c.actor_id)
        .where(event.c.stream == f"issue:{issue_id}")
        .order_by(event.c.seq)
    )
    if not any_task:
        chosen = chosen.where(event.c.task_id == task_id if task_id else event.c.task_id.is_(None))
    return list(s.execute(chosen))


def _reason(s: Session, row: Any) -> Reason:
    local = row.at.astimezone(context(s).calendar().tz)
    message = _("{actor} changed it at {when}: {what}.").format(
        actor=row.actor_name or _("the system"),
        when=f"{local:%Y-%m-%d %H:%M:%S}",
        what=f"{word('event', row.tag)} ({row.tag})",
    )
    return Reason("stale_version", message, "version", _("Load it again and repeat your change."))


def _plain() -> Reason:
    return Reason(
        "stale_version",
        _("It was changed meanwhile."),
        "version",
        _("Load it again and repeat your change."),
    )
