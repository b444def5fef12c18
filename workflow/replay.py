"""Replaying a historical ledger through the same commands, sweeps and notices, on its own clock.

Cases go through report, breakdown, dispatch, receipt, submission, verification and approval at
the moments the ledger names; between them the sweep runs at every moment at which something is
due. Many steps share a transaction (group commit): a replay that is cut off is begun again.
A row that is malformed, or that the commands refuse, is reported and left out; the rest go on.
"""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from config import clock
from config.i18n import gettext as _
from config.policy import parse_policy
from models import migrate, tables
from models.db import Database, Session
from workflow.due import next_due
from workflow.errors import Malformed, Reason, WorkflowError
from workflow.ledgers.cases import Case, case_fault, read_cases
from workflow.ledgers.faults import RowFault
from workflow.ledgers.mapping import Mapping
from workflow.replay_acts import SOURCE, close_case, open_case
from workflow.replay_cast import Cast, gather
from workflow.replay_report import ReplayReport, figures, verdict
from workflow.setup import install
from workflow.sweep import sweep_due

__all__ = ["STEPS_A_COMMIT", "ReplayReport", "replay", "replay_cases", "verdict"]

STEPS_A_COMMIT = 300
_SHOWN = 20
Progress = Callable[[int], None]
Step = tuple[datetime, int, bool, Case]
"""Moment, order among those of the same moment, whether the case closes, the case."""


def replay(
    db: Database, path: Path | str, mapping: Mapping, *, progress: Progress = lambda n: None
) -> ReplayReport:
    """Replay a ledger file under its mapping's policy; a fresh database is set up for it.

    Bad rows are left out and stand in the report. Raises `Malformed`, before anything is written,
    for an unreadable file and for one without a single good row.
    """
    cases, faults = _sorted_out(path, mapping)
    if faults and not cases:
        raise Malformed(*(_row_reason(fault) for fault in faults[:_SHOWN]))
    migrate.upgrade(db.url)
    with db.write() as s:
        begin = min((case.opened for case in cases), default=clock.now())
        install(s, begin, policy=mapping.policy_source())
    report = replay_cases(db, cases, progress)
    report.leave_out(faults)
    return report


def _sorted_out(path: Path | str, mapping: Mapping) -> tuple[list[Case], list[RowFault]]:
    """Cases that can be replayed, and the faults of the other rows."""
    found = list(read_cases(path, mapping))
    faults = [item for item in found if isinstance(item, RowFault)]
    cases = [item for item in found if isinstance(item, Case)]
    counted = Counter(case.number for case in cases)
    categories = parse_policy(mapping.policy_source()).categories
    for case in cases:
        if counted[case.number] > 1:
            faults.append(_repeated(mapping, case))
        elif case.category not in categories:
            faults.append(_uncategorised(mapping, case))
    bad = {fault.row for fault in faults}
    return [case for case in cases if case.row not in bad], faults


def _repeated(mapping: Mapping, case: Case) -> RowFault:
    reason = Reason(
        "number_repeated",
        _("Another row has the same number."),
        "number",
        _("Give each case its own number."),
    )
    return case_fault(mapping, case.row, case.number, reason)


def _uncategorised(mapping: Mapping, case: Case) -> RowFault:
    reason = Reason(
        "category_unknown",
        _("Unknown category {name}.").format(name=case.category),
        "category",
        _("Add the value to [values.category] of the mapping."),
    )
    return case_fault(mapping, case.row, case.category, reason)


def _row_reason(fault: RowFault) -> Reason:
    return Reason(
        "row_malformed",
        _("Row {row}, column {column}, value {value}: {message}").format(
            row=fault.row, column=fault.column, value=fault.value, message=fault.message
        ),
        fault.column,
        fault.remedy,
    )


def replay_cases(
    db: Database, cases: Iterable[Case], progress: Progress = lambda n: None
) -> ReplayReport:
    """Replay cases in the order of their events; `progress` is told of each finished step.

    Cases that the database has already (by number) are left as they are, and so is one that the
    commands refuse: its row stands in the report. Raises `Malformed` when the database holds
    issues of another origin: a replay's clock is not the office's.
    """
    begun = time.perf_counter()
    with db.write() as s:
        _refuse_foreign(s)
        known = set(s.execute(select(tables.issue.c.source_id)).scalars())
        fresh = [case for case in cases if case.number not in known]
        play = _Play(db, gather(s, sorted({case.unit for case in fresh})), progress)
    steps = list(_steps(fresh))
    for start in range(0, len(steps), STEPS_A_COMMIT):
        play.batch(steps[start : start + STEPS_A_COMMIT])
    end = steps[-1][0] if steps else None
    report = figures(db, end, time.perf_counter() - begun, play.refused)
    report.leave_out(play.faults)
    return report


class _Refused(Exception):
    """A case that the commands refuse: its transaction is rolled back and begun without it."""

    def __init__(self, case: Case, refusal: WorkflowError) -> None:
        super().__init__(case.number)
        self.case, self.refusal = case, refusal


@dataclass(slots=True)
class _Play:
    """A replay under way: issues by case, and what was refused."""

    db: Database
    cast: Cast
    progress: Progress
    opened: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    faults: list[RowFault] = field(default_factory=list)

    def batch(self, steps: list[Step]) -> None:
        """Take steps in one transaction, again without each case that turns out refused."""
        while True:
            try:
                with self.db.write() as s:
                    s.memo["channels"] = ("inapp",)
                    for step in steps:
                        self._take(s, step)
                break
            except _Refused as found:
                self._note(found)
        for _step in steps:
            self.progress(1)

    def _take(self, s: Session, step: Step) -> None:
        moment, _order, closing, case = step
        if case.number in self.refused:
            return
        _sweep_until(s, moment)
        try:
            (close_case if closing else open_case)(s, self.cast, case, moment, self.opened)
        except WorkflowError as refusal:
            raise _Refused(case, refusal) from refusal

    def _note(self, found: _Refused) -> None:
        self.refused.add(found.case.number)
        reasons = found.refusal.reasons or (Reason(found.refusal.code, _("The row was refused.")),)
        for reason in reasons:
            value = str(getattr(found.case, reason.field, "") if reason.field else "")
            self.faults.append(RowFault.of(found.case.row, reason.field, value, reason))


def _steps(cases: list[Case]) -> Iterator[Step]:
    """Openings and closings in order of time; a case never closes before it was opened."""
    heap: list[Step] = []
    for n, case in enumerate(cases):
        heap.append((case.opened, 2 * n, False, case))
        if case.closed is not None:
            heap.append((max(case.closed, case.opened), 2 * n + 1, True, case))
    heapq.heapify(heap)
    while heap:
        yield heapq.heappop(heap)


def _sweep_until(s: Session, moment: datetime) -> None:
    """Fire everything due before a moment, each at its own time."""
    while (due := next_due(s)) is not None and due <= moment:
        sweep_due(s, due)


def _refuse_foreign(s: Session) -> None:
    column = tables.issue.c.source_system
    if s.execute(select(column).where(column != SOURCE).limit(1)).first() is not None:
        raise Malformed(
            Reason(
                "not_a_replay",
                _("The database holds issues that do not come from a replay."),
                "db",
                _("Name another database with --db."),
            )
        )
