"""One reading of one issue: each table is asked once, however many tasks there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam, select

from models import tables
from models.db import Session
from models.statements import Statement
from workflow.calendar import WorkCalendar
from workflow.context import Context
from workflow.timeline_details import Teller
from workflow.wording import unit_name

Data = dict[str, Any]


_D, _P, _L = tables.deadline_version.c, tables.prepared_action.c, tables.lookback.c
TOLD: dict[Any, Sequence[ColumnElement[Any]]] = {
    tables.co_unit: tuple(tables.co_unit.c),
    tables.deadline_version: (
        _D.id, _D.task_id, _D.n, _D.cause, _D.due_at, _D.provisional, _D.derivation, _D.created_at,
    ),
    tables.request: tuple(tables.request.c),
    tables.evidence: tuple(tables.evidence.c),
    tables.prepared_action: (
        _P.id, _P.task_id, _P.rung, _P.level, _P.kind, _P.mode, _P.state, _P.prepared_at,
        _P.decided_by_id, _P.decided_at, _P.reason, _P.document_id,
    ),
}  # fmt: skip
"""What is read of the tables that belong to tasks."""


def order_of(table: Any) -> ColumnElement[Any]:
    """By which column a task's rows are ordered."""
    column: ColumnElement[Any] = _D.n if table is tables.deadline_version else table.c.id
    return column


_LOOKBACKS = Statement(
    select(tables.lookback)
    .where(_L.issue_id == bindparam("issue"), _L.cycle == bindparam("cycle"))
    .order_by(_L.id)
)


@dataclass(slots=True)
class Reader:
    """An issue within the scope of whoever asks, its tasks, and what belongs to them."""

    s: Session
    ctx: Context
    now: datetime
    issue: Any
    tasks: Sequence[Any]
    kept: dict[str, dict[int, list[Any]]] = field(default_factory=dict)
    zone: ZoneInfo = field(init=False)

    def __post_init__(self) -> None:
        """The zone is asked for with every moment."""
        self.zone = self.calendar().tz

    def rows(self, table: Any, task_id: int) -> list[Any]:
        """Rows of a task, in their order."""
        found = self.kept.get(table.name)
        if found is None:
            rows = _of_tasks(table).rows(self.s, {"issue": self.issue.id})
            found = self.kept[table.name] = by_task(rows)
        return found.get(task_id, [])

    def lookbacks(self) -> list[Any]:
        """Re-checks of the present round, in order of planning."""
        name, issue = tables.lookback.name, self.issue
        if name not in self.kept:
            values = {"issue": issue.id, "cycle": issue.cycle}
            self.kept[name] = {issue.id: list(_LOOKBACKS.rows(self.s, values))}
        return self.kept[name][issue.id]

    def calendar(self, task: Any = None) -> WorkCalendar:
        """The calendar of a task's lead unit, or the common one."""
        row = self.issue if task is None else task
        return self.ctx.calendar(None if task is None else task.lead_unit_id, row.policy_version_id)

    def local(self, moment: datetime | date | None) -> str | None:
        """A moment with the zone's offset, a date as it is."""
        if isinstance(moment, datetime):
            return moment.astimezone(self.zone).isoformat(timespec="minutes")
        return moment.isoformat() if moment else None

    def teller(self) -> Teller:
        """Tells codes and keys of this issue in words."""
        return Teller(self.ctx, self.zone, self.issue, {task.id: task for task in self.tasks})

    def person(self, person_id: int | None) -> str:
        """A person's name, empty for nobody."""
        return self.ctx.directory.person_name(person_id)

    def unit(self, unit_id: int | None) -> str:
        """A unit's name, empty for none."""
        return unit_name(self.ctx.directory, unit_id)

    def code(self, unit_id: int | None) -> str:
        """A unit's code, empty for none."""
        unit = self.ctx.directory.units.get(unit_id or 0)
        return unit.code if unit is not None else ""


def by_task(rows: Iterable[Any]) -> dict[int, list[Any]]:
    """Rows by the task that each belongs to."""
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.task_id, []).append(row)
    return found


@cache
def _of_tasks(table: Any) -> Statement:
    """The rows of a table that belong to the tasks of an issue."""
    task = tables.task.c
    tasks = select(task.id).where(task.issue_id == bindparam("issue"))
    chosen = select(*TOLD[table]).where(table.c.task_id.in_(tasks))
    return Statement(chosen.order_by(table.c.task_id, order_of(table)))
