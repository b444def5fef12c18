"""One row of a kind, taken by the very commands that people use, in a database aside."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from models import tables
from models.aside import Aside
from models.db import Session
from models.directory import UnitInfo
from notifications.outbox import Skips, skipped
from workflow.errors import WorkflowError
from workflow.ledgers.checks import Checks
from workflow.ledgers.decode import Entry
from workflow.ledgers.mapping import Mapping
from workflow.ledgers.taking import People, take
from workflow.ledgers.together.marks import FOUND_ON, ISSUE, TASK, TEXTS, Unalike, mark
from workflow.ledgers.together.pattern import Pattern

log = logging.getLogger(__name__)
_WRITTEN = (
    tables.issue, tables.task, tables.co_unit, tables.deadline_version, tables.event,
    tables.notice,
)  # fmt: skip
_READ = (tables.request, tables.prepared_action, tables.lookback, tables.rung_firing)
_FIRST = {"issue": ISSUE, "task": TASK}


class Stage:
    """Makes patterns. What the commands read of rules, calendars and people is the real thing."""

    __slots__ = ("_aside", "_mapping", "_now")

    def __init__(self, mapping: Mapping, now: datetime) -> None:
        self._aside = Aside(_WRITTEN, _READ)
        for name, key in _FIRST.items():
            self._aside.start_at(tables.metadata.tables[name], key)
        self._mapping, self._now = mapping, now

    def pattern(
        self, s: Session, entry: Entry, board: UnitInfo | None, checks: Checks, people: People
    ) -> tuple[Pattern, Skips] | None:
        """What rows like this one become, with notices that went unwritten; None where a command
        refuses it, or does more than can be told of all of them alike."""
        memo = {"context": checks.ctx, "listeners": {self._mapping.source_system: None}}
        try:
            with self._aside.trial(memo) as trial:
                marked = _marked(entry, board)
                take(trial, marked, self._mapping, checks, people, self._now)
                return Pattern(s.dialect, self._aside.found(_FIRST)), skipped(trial)
        except (WorkflowError, DBAPIError, Unalike) as why:
            log.debug("no pattern: %s", why, extra={"action": "import.unalike"})
            return None

    def close(self) -> None:
        """Forget the database."""
        self._aside.close()


def _marked(entry: Entry, board: UnitInfo | None) -> Entry:
    """A row of the same kind with marks for texts. That a project or a reason is named is true of
    every row (see `Checks`), and nothing tells which."""
    payload = {f: t for f, t in entry.payload.items() if f not in (*TEXTS, "project", "board")}
    always = ("title", "description", "no_project_reason")
    payload |= {f: mark(f) for f in TEXTS if f in always or f in entry.payload}
    if "found_on" in payload:
        payload["found_on"] = FOUND_ON
    if board is not None:
        payload["board"] = board.code
    return Entry(entry.row, mark("source_id"), payload=payload)
