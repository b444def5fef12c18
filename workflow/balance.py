"""Ledger reconciliation (invariant 9): opened = open + closed + rejected + merged + archived.

The left side is counted from events, the right side from the ledger as it stands, so that the two
can disagree; closures less relapses must give what is closed now. Reports sent back for
correction are open. Archived issues are counted from what stays of their events.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Table, func, select

from models import tables
from models.db import Session
from workflow.archived import COUNTED
from workflow.context import context

_ENDS = {"closed": "closed", "rejected": "rejected", "merged": "merged"}


@dataclass(slots=True)
class BalanceRow:
    """One group: the whole ledger, a unit, a project or a month of reporting."""

    dimension: str
    key: str
    opened: int = 0
    open: int = 0
    closed: int = 0
    rejected: int = 0
    merged: int = 0
    closures: int = 0
    relapses: int = 0
    archived: int = 0
    struck_off: int = 0
    """Those of the archived issues that are closed, neither refused nor merged."""

    @property
    def balanced(self) -> bool:
        """Whether both equations hold."""
        stands = self.open + self.closed + self.rejected + self.merged + self.archived
        closed = self.closed + self.struck_off
        return self.opened == stands and closed == self.closures - self.relapses

    def to_json(self) -> dict[str, Any]:
        """As plain data with the verdict."""
        found = asdict(self) | {"balanced": self.balanced}
        del found["struck_off"]
        return found


@dataclass(slots=True)
class Balance:
    """Every group, the whole ledger first."""

    rows: list[BalanceRow] = field(default_factory=list)

    @property
    def balanced(self) -> bool:
        """Whether every group balances."""
        return all(row.balanced for row in self.rows)

    @property
    def total(self) -> BalanceRow:
        """The whole ledger."""
        return self.rows[0]


def reconcile(s: Session) -> Balance:
    """Count every issue into the whole, its unit (board, else reporter's), project and month."""
    counts = _event_counts(s)
    groups: dict[tuple[str, str], BalanceRow] = {("all", ""): BalanceRow("all", "")}
    for row in _issues(s):
        events = counts.get(f"issue:{row.id}", Counter())
        if not events["issue.report"] and row.state == "draft":
            continue
        for dimension, key in _keys(s, row):
            group = groups.setdefault((dimension, key), BalanceRow(dimension, key))
            _count(group, row, events)
    order = {"all": 0, "unit": 1, "project": 2, "month": 3}
    return Balance(sorted(groups.values(), key=lambda g: (order[g.dimension], g.key)))


def _issues(s: Session) -> Any:
    issue, project = tables.issue.c, tables.project.c
    return s.execute(
        select(
            issue.id,
            issue.state,
            issue.board_id,
            issue.reporter_unit_id,
            issue.reported_at,
            issue.archived_at,
            project.name.label("project"),
        ).outerjoin(tables.project, project.id == issue.project_id)
    )


def _event_counts(s: Session) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {}
    for table in (tables.event, tables.archived_event):
        for row in s.execute(_grouped(table)):
            counts.setdefault(row.stream, Counter())[row.tag] += row.n
    return counts


def _grouped(table: Table) -> Any:
    event = table.c
    return (
        select(event.stream, event.tag, func.count().label("n"))
        .where(event.tag.in_(COUNTED))
        .group_by(event.stream, event.tag)
    )


def _keys(s: Session, row: Any) -> list[tuple[str, str]]:
    ctx = context(s)
    month = ""
    if row.reported_at is not None:
        month = f"{row.reported_at.astimezone(ctx.calendar().tz):%Y-%m}"
    unit = ctx.directory.unit_name(row.board_id or row.reporter_unit_id)
    return [("all", ""), ("unit", unit), ("project", row.project or ""), ("month", month)]


def _count(group: BalanceRow, row: Any, events: Counter[str]) -> None:
    group.opened += 1 if events["issue.report"] else 0
    end = _ENDS.get(row.state, "open")
    if row.archived_at is not None and end != "open":
        group.struck_off += end == "closed"
        end = "archived"
    setattr(group, end, getattr(group, end) + 1)
    group.closures += events["issue.approve"]
    group.relapses += events["issue.relapse"]
