"""The lines of the ledger: issues with their tasks and projects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Session
from models.queries.issues import tasks_of
from models.queries.running import RUNNING
from models.statements import PerDialect, among

_I, _T = tables.issue.c, tables.task.c


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


TOLD_OF_ISSUES = (
    _I.id, _I.number, _I.version, _I.title, _I.category, _I.state, _I.state_since,
    _I.workflow_version_id, _I.light, _I.light_reason, _I.urgent, _I.major, _I.listed,
    _I.coordination_level, _I.relapse_count, _I.board_id, _I.project_id, _I.reported_at,
    _I.closed_at, _I.source_system, _I.source_id,
)  # fmt: skip
TOLD_OF_TASKS = (
    _T.id, _T.issue_id, _T.number, _T.version, _T.state, _T.light, _T.level, _T.measures,
    _T.provisional, _T.lead_unit_id, _T.dispatched_at, _T.due_at,
)  # fmt: skip


def _issues(*told: Any) -> PerDialect:
    return PerDialect(
        lambda dialect: (
            select(*told, tables.project.c.name.label("project_name"))
            .select_from(tables.issue)
            .outerjoin(tables.project, tables.project.c.id == _I.project_id)
            .where(among(_I.id, dialect))
        )
    )


_ISSUES, _LINES = _issues(tables.issue), _issues(*TOLD_OF_ISSUES)
_TASKS = PerDialect(
    lambda dialect: select(*TOLD_OF_TASKS).where(among(_T.issue_id, dialect)).order_by(_T.id)
)


def rows_of(s: Session, numbers: list[int]) -> list[LedgerRow]:
    """Issues with tasks and project names, in the order of their ids as given."""
    if not numbers:
        return []
    found = _ISSUES.of(s).rows(s, {"keys": json.dumps(numbers)})
    return put_together(numbers, found, chain.from_iterable(tasks_of(s, numbers).values()))


def lines_of(s: Session, numbers: list[int]) -> list[LedgerRow]:
    """The same with no more than a list tells: a third of the columns, since what is read and
    not told was a tenth of a page's work."""
    if not numbers:
        return []
    keys = {"keys": json.dumps(numbers)}
    return put_together(numbers, _LINES.of(s).rows(s, keys), _TASKS.of(s).rows(s, keys))


def put_together(
    numbers: Sequence[int], found: Iterable[SimpleNamespace], told: Iterable[SimpleNamespace]
) -> list[LedgerRow]:
    """Lines in the order of their ids as given, out of issues and of tasks in their order."""
    tasks: dict[int, list[SimpleNamespace]] = {}
    for task in told:
        tasks.setdefault(task.issue_id, []).append(task)
    by_id = {row.id: row for row in found}
    return [LedgerRow(by_id[n], tasks.get(n, []), by_id[n].project_name or "") for n in numbers]
