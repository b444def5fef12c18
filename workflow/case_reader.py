"""One reading of one issue: each table is asked once, however many tasks there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from models import tables
from models.db import Session
from models.statements import Statement
from workflow.calendar import WorkCalendar
from workflow.context import Context
from workflow.timeline_details import Teller
from workflow.wording import unit_name

Data = dict[str, Any]


_L = tables.lookback.c
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

    def rows(self, table: Any, task_id: int, order: str = "id") -> list[Any]:
        """Rows of a task, in the order of a column."""
        found = self.kept.get(table.name)
        if found is None:
            found = self.kept[table.name] = self._by_task(table, order)
        return found.get(task_id, [])

    def _by_task(self, table: Any, order: str) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = {}
        for row in _of_tasks(table, order).rows(self.s, {"issue": self.issue.id}):
            found.setdefault(row.task_id, []).append(row)
        return found

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


@cache
def _of_tasks(table: Any, order: str) -> Statement:
    """The rows of a table that belong to the tasks of an issue."""
    task = tables.task.c
    tasks = select(task.id).where(task.issue_id == bindparam("issue"))
    chosen = select(table).where(table.c.task_id.in_(tasks))
    return Statement(chosen.order_by(table.c.task_id, table.c[order]))
