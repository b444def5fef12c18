"""The ledger's lines as the API tells them; what those of a page share is looked up once."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import Any

from models.queries.definitions import definitions
from models.queries.ledger import LedgerRow
from web.call import Call

Data = dict[str, Any]

_OF_ISSUE = (
    "number", "version", "title", "category", "state", "light", "light_reason", "urgent",
    "major", "listed", "coordination_level", "relapse_count",
)  # fmt: skip
_OF_TASK = ("number", "version", "state", "light", "level", "measures", "provisional")
_ISSUE_VALUES, _TASK_VALUES = attrgetter(*_OF_ISSUE), attrgetter(*_OF_TASK)
"""What lists tell of a row as it is."""


class Lines:
    """Tells the rows of one call."""

    __slots__ = ("_call", "_phases", "_units", "_zone")

    def __init__(self, call: Call) -> None:
        self._call, self._zone, self._units = call, call.zone, call.directory.units
        self._phases: dict[str, str] | None = None

    def line(self, row: LedgerRow) -> Data:
        """An issue as the list tells it."""
        issue = row.issue
        return dict(zip(_OF_ISSUE, _ISSUE_VALUES(issue), strict=True)) | {
            "phase": self._phase(issue.state),
            "board": self._code(issue.board_id),
            "project": row.project_name,
            "reported_at": self._local(issue.reported_at),
            "closed_at": self._local(issue.closed_at),
            "due_at": self._local(row.due_at),
            "level": row.level,
            "origin": origin(issue),
            "tasks": [self.task(task) for task in row.tasks],
        }

    def task(self, task: Any) -> Data:
        """A task as lists tell it."""
        return dict(zip(_OF_TASK, _TASK_VALUES(task), strict=True)) | {
            "lead_unit": self._code(task.lead_unit_id),
            "due_at": self._local(task.due_at),
        }

    def _phase(self, state: str) -> str:
        if self._phases is None:
            self._phases = definitions(self._call.s).phases()
        return self._phases.get(state, "")

    def _code(self, unit_id: int | None) -> str:
        unit = self._units.get(unit_id or 0)
        return unit.code if unit is not None else ""

    def _local(self, moment: datetime | None) -> str | None:
        if moment is None:
            return None
        return moment.astimezone(self._zone).isoformat(timespec="minutes")


def origin(issue: Any) -> Data | None:
    """The platform that an issue came from."""
    if not issue.source_system:
        return None
    return {"source": issue.source_system, "source_id": issue.source_id}
