"""The lines of the ledger: issues with their tasks and projects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from models import tables
from models.db import Session
from models.queries.running import RUNNING

_I = tables.issue.c


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """An issue with what its line tells: its tasks in order, its project, and the nearest
    deadline and highest supervision level of its running tasks."""

    issue: Row[Any]
    tasks: list[Row[Any]]
    project_name: str

    @property
    def running(self) -> list[Row[Any]]:
        """Tasks that are handed over and not handed in."""
        return [t for t in self.tasks if t.state in RUNNING and t.dispatched_at is not None]

    @property
    def due_at(self) -> datetime | None:
        """The nearest deadline that counts, if any."""
        return min((t.due_at for t in self.running if t.due_at is not None), default=None)

    @property
    def level(self) -> int:
        """The highest supervision level of a running task, 0 for none."""
        return max((t.level for t in self.running), default=0)


def rows_of(s: Session, numbers: list[int]) -> list[LedgerRow]:
    """Issues with tasks and project names, in the order of their ids as given."""
    if not numbers:
        return []
    project, task = tables.project.c, tables.task
    issues = s.execute(
        select(tables.issue, project.name.label("project_name"))
        .outerjoin(tables.project, project.id == _I.project_id)
        .where(_I.id.in_(numbers))
    )
    by_id = {row.id: row for row in issues}
    tasks: dict[int, list[Row[Any]]] = {}
    for row in s.execute(select(task).where(task.c.issue_id.in_(numbers)).order_by(task.c.id)):
        tasks.setdefault(row.issue_id, []).append(row)
    return [LedgerRow(by_id[n], tasks.get(n, []), by_id[n].project_name or "") for n in numbers]
