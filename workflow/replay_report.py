"""What came of a replay: verdicts, rungs, figures, and the rows that were left out."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from models import tables
from models.db import Database, Session
from workflow.context import context
from workflow.ledgers.faults import RowFault
from workflow.replay_acts import SOURCE


@dataclass(slots=True)
class ReplayReport:
    """What REPORT.json holds. `skipped` are rows with a fault, each fault with its remedy."""

    cases: int = 0
    verdicts: dict[str, str] = field(default_factory=dict)
    rungs: dict[str, int] = field(default_factory=dict)
    transitions: int = 0
    notices: int = 0
    seconds: float = 0.0
    skipped: int = 0
    faults: list[RowFault] = field(default_factory=list)

    def leave_out(self, faults: list[RowFault]) -> None:
        """Add faults of rows that were not replayed."""
        self.faults = sorted([*self.faults, *faults], key=lambda fault: fault.row)
        self.skipped = len({fault.row for fault in self.faults})

    def write(self, path: Path) -> None:
        """Write the report whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, delete=False, encoding="utf-8", suffix=".part"
        ) as part:
            json.dump(asdict(self), part, ensure_ascii=False, indent=1)
        Path(part.name).replace(path)


def figures(db: Database, end: datetime | None, seconds: float, without: set[str]) -> ReplayReport:
    """The figures of what the database now holds; `end` is the ledger's last moment.

    Cases `without` a verdict, by number, are those that a command refused half-way.
    """
    report = ReplayReport(seconds=round(seconds, 3))
    issue, task, firing = tables.issue.c, tables.task.c, tables.rung_firing.c
    with db.read() as s:
        rows = s.execute(
            select(issue.source_id, task.due_at, task.submitted_at)
            .join(tables.task, task.issue_id == issue.id)
            .where(issue.source_system == SOURCE)
        )
        report.verdicts = {
            row.source_id: verdict(row, end) for row in rows if row.source_id not in without
        }
        report.cases = len(report.verdicts)
        fired = (
            select(firing.level, func.count().label("n"))
            .where(firing.level.is_not(None), firing.outcome != "superseded")
            .group_by(firing.level)
        )
        report.rungs = {str(row.level): row.n for row in s.execute(fired.order_by(firing.level))}
        report.transitions = _transitions(s)
        report.notices = s.execute(select(func.count()).select_from(tables.notice)).scalar_one()
    return report


def verdict(row: Any, end: datetime | None) -> str:
    """`on_time` when submitted at or before the deadline; still open counts at the ledger's end."""
    if row.due_at is None:
        return "no_deadline"
    done = row.submitted_at or (end if end is not None else row.due_at)
    return "on_time" if done <= row.due_at else "overdue"


def _transitions(s: Session) -> int:
    """Events that moved a state."""
    definition = context(s).workflow()
    tags = [
        f"{kind}.{t.trigger}"
        for kind in ("issue", "task")
        for t in definition.machine(kind).transitions
    ]
    event = tables.event.c
    counted = select(func.count()).select_from(tables.event).where(event.tag.in_(tags))
    return int(s.execute(counted).scalar_one())
