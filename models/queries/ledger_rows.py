"""The lines of the ledger: issues with their tasks and projects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace

from sqlalchemy import select

from models import tables
from models.db import Session
from models.queries.issues import tasks_of
from models.queries.running import RUNNING
from models.statements import PerDialect, among

_I = tables.issue.c


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """An issue with what its line tells: its tasks in order, its project, and the nearest
    deadline and highest supervision level of its running tasks."""

    issue: SimpleNamespace
    tasks: list[SimpleNamespace]
    project_name: str

    @property
    def running(self) -> list[SimpleNamespace]:
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


_ISSUES = PerDialect(
    lambda dialect: (
        select(tables.issue, tables.project.c.name.label("project_name"))
        .outerjoin(tables.project, tables.project.c.id == _I.project_id)
        .where(among(_I.id, dialect))
    )
)


def rows_of(s: Session, numbers: list[int]) -> list[LedgerRow]:
    """Issues with tasks and project names, in the order of their ids as given."""
    if not numbers:
        return []
    found = _ISSUES.of(s).rows(s, {"keys": json.dumps(numbers)})
    by_id, tasks = {row.id: row for row in found}, tasks_of(s, numbers)
    return [LedgerRow(by_id[n], tasks.get(n, []), by_id[n].project_name or "") for n in numbers]
