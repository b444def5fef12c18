"""Replaying a historical ledger through the same commands, sweeps and notices, on its own clock.

Cases go through report, breakdown, dispatch, receipt, submission, verification and approval at
the moments the ledger names; between them the sweep runs at every moment at which something is
due. Many steps share a transaction (group commit): a replay that is cut off is begun again.
"""

from __future__ import annotations

import heapq
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from config import clock
from config.i18n import gettext as _
from models import migrate, tables
from models.db import Database, Session
from models.directory import PersonInfo
from models.queries.people import add_person, add_unit
from workflow.commands import assignment, breakdown, closure, discovery
from workflow.context import context
from workflow.errors import Malformed, Reason
from workflow.ledgers.cases import Case, read_cases
from workflow.ledgers.faults import RowFault
from workflow.ledgers.mapping import Mapping
from workflow.setup import install
from workflow.sweep import next_due, sweep_due

STEPS_A_COMMIT = 300
SOURCE = "replay"
OFFICE = "jfj"


@dataclass(slots=True)
class ReplayReport:
    """What REPORT.json holds."""

    cases: int = 0
    verdicts: dict[str, str] = field(default_factory=dict)
    rungs: dict[str, int] = field(default_factory=dict)
    transitions: int = 0
    notices: int = 0
    seconds: float = 0.0

    def write(self, path: Path) -> None:
        """Write the report whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, delete=False, encoding="utf-8", suffix=".part"
        ) as part:
            json.dump(asdict(self), part, ensure_ascii=False, indent=1)
        Path(part.name).replace(path)


@dataclass(slots=True)
class _Cast:
    """Service accounts of a replay: an office, and a leader and a liaison in each unit."""

    people: dict[str, PersonInfo]
    unit_codes: dict[str, str]

    def leader(self, unit: str) -> PersonInfo:
        return self.people[f"replay-{self.unit_codes[unit]}-leader"]


def replay(
    db: Database,
    path: Path | str,
    mapping: Mapping,
    *,
    progress: Callable[[int], None] = lambda n: None,
) -> ReplayReport:
    """Replay a ledger file under its mapping's policy; a fresh database is set up for it.

    Raises `Malformed` naming every bad row, before anything is written.
    """
    found = list(read_cases(path, mapping))
    faults = [item for item in found if isinstance(item, RowFault)]
    if faults:
        raise Malformed(*(_row_reason(fault) for fault in faults))
    cases = [item for item in found if isinstance(item, Case)]
    _refuse_repeated(cases)
    migrate.upgrade(db.url)
    with db.write() as s:
        begin = min((case.opened for case in cases), default=clock.now())
        install(s, begin, policy=mapping.policy_source())
    return replay_cases(db, cases, progress)


def _row_reason(fault: RowFault) -> Reason:
    return Reason(
        "row_malformed",
        _("Row {row}, column {column}, value {value}: {message}").format(
            row=fault.row, column=fault.column, value=fault.value, message=fault.message
        ),
        fault.column,
        fault.remedy,
    )


def _refuse_repeated(cases: list[Case]) -> None:
    counted = Counter(case.number for case in cases)
    repeated = [number for number, n in counted.items() if n > 1]
    if repeated:
        raise Malformed(
            Reason(
                "number_repeated",
                _("Numbers that occur twice: {numbers}.").format(numbers=", ".join(repeated[:10])),
                "number",
                _("Give each case its own number."),
            )
        )


def replay_cases(
    db: Database, cases: Iterable[Case], progress: Callable[[int], None] = lambda n: None
) -> ReplayReport:
    """Replay cases in the order of their events; `progress` is told of each finished step.

    Cases that the database has already (by number) are left as they are. Raises `Malformed` when
    the database holds issues of another origin: a replay's clock is not the office's.
    """
    begun = time.perf_counter()
    with db.write() as s:
        _refuse_foreign(s)
        fresh = [c for c in cases if c.number not in _known(s)]
        cast = _cast(s, sorted({c.unit for c in fresh}))
    steps = list(_steps(fresh))
    opened: dict[str, str] = {}
    for start in range(0, len(steps), STEPS_A_COMMIT):
        with db.write() as s:
            s.memo["channels"] = ("inapp",)
            for moment, _order, closing, case in steps[start : start + STEPS_A_COMMIT]:
                _sweep_until(s, moment)
                (_close if closing else _open)(s, cast, case, moment, opened)
                progress(1)
    end = steps[-1][0] if steps else None
    return _report(db, end, time.perf_counter() - begun)


def _steps(cases: list[Case]) -> Iterator[tuple[datetime, int, bool, Case]]:
    """Openings and closings in order of time; a case never closes before it was opened."""
    heap: list[tuple[datetime, int, bool, Case]] = []
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


def _open(s: Session, cast: _Cast, case: Case, now: datetime, opened: dict[str, str]) -> None:
    people, code = cast.people, cast.unit_codes[case.unit]
    issue = discovery.report(
        s,
        actor=people["replay-reporter"],
        now=now,
        form=discovery.Report(
            case.title[:200] or case.number,
            case.description or case.title or case.number,
            case.category,
            no_project_reason=_("historical ledger"),
            source_system=SOURCE,
            source_id=case.number,
        ),
    ).issue_number
    discovery.start_triage(s, actor=people["replay-triage"], issue=issue, now=now)
    plan = breakdown.Plan(
        measures=case.description or case.title or case.number,
        lead=code,
        verifier=OFFICE,
        limit="fixed" if case.target else "open_ended",
        due=case.target,
    )
    task = breakdown.plan_task(
        s, actor=people["replay-triage"], issue=issue, form=plan, now=now
    ).task_number
    assignment.dispatch(s, actor=people["replay-chief"], issue=issue, now=now)
    leader = cast.leader(case.unit)
    assignment.acknowledge(
        s,
        actor=leader,
        task=str(task),
        responsible_leader=leader.username,
        responsible_person=f"replay-{code}-liaison",
        now=now,
    )
    opened[case.number] = issue


def _close(s: Session, cast: _Cast, case: Case, now: datetime, opened: dict[str, str]) -> None:
    issue = opened[case.number]
    task = f"{issue}-01"
    proof = closure.Proof("document", _("record of the source ledger"))
    closure.submit_task(
        s,
        actor=cast.leader(case.unit),
        task=task,
        evidence=[proof],
        result=_("closed in the source ledger"),
        now=now,
    )
    closure.verify_task(
        s,
        actor=cast.people["replay-verifier"],
        task=task,
        now=now,
        opinion=_("as recorded in the source ledger"),
        site_check=_("as recorded"),
    )
    closure.approve(
        s,
        actor=cast.people["replay-chief"],
        issue=issue,
        now=now,
        opinion=_("as recorded in the source ledger"),
    )


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


def _known(s: Session) -> set[str]:
    if "replayed" not in s.memo:
        rows = s.execute(select(tables.issue.c.source_id))
        s.memo["replayed"] = {row.source_id for row in rows}
    return s.memo["replayed"]  # type: ignore[no-any-return]


def _cast(s: Session, units: list[str]) -> _Cast:
    """Units and service accounts, added where missing."""
    directory = context(s).directory
    codes = {
        unit: (found.code if (found := directory.find_unit(unit)) else f"u{n:03d}")
        for n, unit in enumerate(units, len(directory.units) + 1)
    }
    wanted: list[tuple[str, str, tuple[Any, ...]]] = [
        (
            OFFICE,
            _("replay office"),
            (
                ("replay-reporter", "staff", ("reporter",)),
                ("replay-chief", "head", ("office_chief",)),
                ("replay-triage", "staff", ("triage_officer",)),
                ("replay-verifier", "staff", ("verifier",)),
                ("replay-deputy", "deputy_head", ("deputy_director",)),
                ("replay-principal", "staff", ("principal",)),
                ("replay-inspector", "staff", ("inspector",)),
            ),
        )
    ]
    wanted += [
        (
            code,
            unit,
            (
                (f"replay-{code}-leader", "head", ("unit_leader",)),
                (f"replay-{code}-liaison", "liaison", ("unit_liaison",)),
            ),
        )
        for unit, code in codes.items()
    ]
    for code, name, people in wanted:
        _add_cast(s, code, name, people)
    return _Cast(dict(context(s).directory.by_username), codes)


def _add_cast(s: Session, code: str, name: str, people: Iterable[Any]) -> None:
    directory = context(s).directory
    unit = directory.by_code.get(code)
    unit_id = (
        unit.id
        if unit
        else add_unit(
            s, code=code, name=name or code, kind="bureau" if code == OFFICE else "department"
        )
    )
    for username, post, roles in people:
        if username not in directory.by_username:
            add_person(s, username=username, name=username, unit_id=unit_id, post=post, roles=roles)


def _report(db: Database, end: datetime | None, seconds: float) -> ReplayReport:
    report = ReplayReport(seconds=round(seconds, 3))
    issue, task, firing = tables.issue.c, tables.task.c, tables.rung_firing.c
    with db.read() as s:
        rows = s.execute(
            select(issue.source_id, task.due_at, task.submitted_at)
            .join(tables.task, task.issue_id == issue.id)
            .where(issue.source_system == SOURCE)
        )
        report.verdicts = {row.source_id: verdict(row, end) for row in rows}
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
