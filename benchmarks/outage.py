"""Everything that came due while nothing was swept: a bureau's mixture, caught up at once.

Every task was dispatched at a moment of its own over the last weeks, to one of fourteen units,
under one of three limits and six categories, with reports or without; what the ladder did before
the outage is on record. Printed are wall time, the CPU time of this process and of the server that
works for it, and this process's peak of memory.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from benchmarks.bureau import UNITS, ZONE, found_bureau
from benchmarks.cpu import Stopwatch
from benchmarks.memory import forget_peak, memory
from benchmarks.rows import Rows
from config.policy import Policy
from models import tables
from models.db import Database
from models.migrate import upgrade
from models.statements import insertion
from workflow import deadlines
from workflow.calendar import WorkCalendar
from workflow.context import context
from workflow.ladder import RungMoment, rung_moments
from workflow.sweep import TickReport, tick

BEGAN = datetime(2026, 5, 6, 18, 0, tzinfo=ZONE)
ENDED = datetime(2026, 5, 12, 10, 30, tzinfo=ZONE)
"""The outage: four working days were not swept."""
LIMITS = (("hard", 3), ("ordinary", 7), ("complex", 15))
CATEGORIES = ("杆线迁移", "环评", "能评", "用地", "征地拆迁", "资金")
CHUNK = 10_000
_FIRED = insertion(tables.rung_firing)


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """One catching up: seconds of wall time, of this process and of the server; MiB of memory."""

    report: TickReport
    wall: float
    cpu: float
    server: float
    peak: float
    before: float


def measure(db: Database, due: int, channels: tuple[str, ...] = ("inapp",)) -> CaughtUp:
    """Found a bureau, let `due` tasks come due during an outage, and sweep once."""
    upgrade(db.url)
    found_bureau(db, BEGAN - timedelta(days=120))
    for start in range(1, due + 1, CHUNK):
        _fill(db, range(start, min(start + CHUNK, due + 1)))
    with db.write() as s:
        s.conn.exec_driver_sql("ANALYZE")
    forget_peak()
    before, watch = memory("VmRSS"), Stopwatch(db)
    report = tick(db, ENDED, channels=channels)
    watch.stop()
    assert report.issues == due and not report.deferred, report
    return CaughtUp(report, watch.wall, watch.own, watch.server, memory("VmHWM"), before)


def _fill(db: Database, span: range) -> None:
    dice = random.Random(span.start)
    with db.write() as s:
        ctx = context(s)
        policy, calendar = ctx.policy(), ctx.calendar()
        units = {row.code: row.id for row in s.execute(select(tables.unit))}
        people = {row.username: row.id for row in s.execute(select(tables.person))}
        given = _Given(policy, calendar, units, people, ctx.workflow_version_id)
        rows, fired = Rows(), list[dict[str, Any]]()
        for n in span:
            fired += _task(rows, given, dice, n)
        rows.write(s)
        _FIRED.run(s, fired)


@dataclass(frozen=True, slots=True)
class _Given:
    policy: Policy
    calendar: WorkCalendar
    units: dict[str, int]
    people: dict[str, int]
    workflow: int


def _task(rows: Rows, given: _Given, dice: random.Random, n: int) -> list[dict[str, Any]]:
    """An issue with one task; returns what the ladder had done before the outage."""
    policy, calendar = given.policy, given.calendar
    while True:
        limit, days = dice.choice(LIMITS)
        start = _moment(dice, BEGAN - timedelta(days=dice.randrange(1, 45)))
        first = calendar.local_date(start)
        due = deadlines.day_end(calendar.add_working_days(first, days), policy, calendar)
        moments = rung_moments(policy, calendar, due, False, frozenset())
        if any(BEGAN < m.at <= ENDED and m.at > start for m in moments):
            break
    before = [m for m in moments if start < m.at <= BEGAN]
    lead = dice.choice([code for code, *_rest in UNITS if code not in ("jfj", "dzb")])
    common = {
        "policy_version_id": 1, "workflow_version_id": given.workflow, "state_since": start,
        "dispatched_at": start, "category": dice.choice(CATEGORIES),
    }  # fmt: skip
    red = due < BEGAN
    light = {"light": "red", "light_reason": "overdue"} if red else {}
    rows.add(
        "issue", **common, **light, id=n, number=f"B-{n:07d}", state="in_progress",
        title=f"第{n}号杆线影响施工", description="10kV 杆线需要迁移", no_project_reason="片区",
        board_id=given.units["lucheng"], reporter_id=given.people["lucheng_reporter"],
        reporter_unit_id=given.units["lucheng"], reported_at=start, chain_seq=7,
        chain_hash="0" * 64,
    )  # fmt: skip
    late = dice.random() < 0.5
    rows.add(
        "task", **common, **light, id=n, number=f"B-{n:07d}-01", issue_id=n, state="in_progress",
        problem=f"第{n}处 10kV 杆线需要迁移", measures="协调供电公司迁移",
        lead_unit_id=given.units[lead], verifier_unit_id=given.units["jfj"], limit_class=limit,
        acknowledged_at=start, responsible_person_id=given.people[f"{lead}_liaison"],
        responsible_leader_id=given.people[f"{lead}_head"], deadline_version=1, due_at=due,
        original_due_at=due, deadline_since=start,
        last_progress_at=None if late else _moment(dice, BEGAN - timedelta(days=dice.randrange(9))),
        level=max((m.rung.level for m in before), default=0), red_count=int(red),
        yellow_count=int(any(m.rung.offset <= 0 for m in before)),
        next_rung_at=min(m.at for m in moments if m.at > BEGAN),
    )  # fmt: skip
    return [_firing(n, moment) for moment in before]


def _moment(dice: random.Random, day: datetime) -> datetime:
    at = day.replace(hour=9) + timedelta(seconds=dice.randrange(8 * 3600))
    return at + timedelta(microseconds=dice.randrange(10**6))


def _firing(task: int, moment: RungMoment) -> dict[str, Any]:
    return {
        "subject": f"task:{task}", "deadline_version": 1, "rung": moment.key,
        "level": moment.level, "outcome": "fired", "logical_at": moment.at, "at": moment.at,
    }  # fmt: skip
