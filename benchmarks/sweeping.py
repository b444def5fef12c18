"""A sweep of 1,000 due among many open tasks, and an idle tick, against set-wise bare SQL.

Bare SQL moves the same tasks and issues and inserts as many firings, events and notices of the
same width by INSERT ... SELECT, in one durable transaction; it computes nothing. The sweep takes
SQLite's file once, too; on PostgreSQL it works as it is shipped, in two batches at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import func, insert, select, update

from benchmarks.cpu import Stopwatch
from benchmarks.office import OPENING, Office
from models import tables
from models.db import Database
from models.statements import Statement, insertion
from workflow.chain import GENESIS
from workflow.sweep import BATCH, TickReport, tick

DUE_AT = OPENING.replace(hour=17, minute=30) + timedelta(days=9)
FIRES_AT = DUE_AT.replace(hour=9, minute=0) + timedelta(days=1)
"""When the rung after the deadline fires (a Thursday)."""
FAR = OPENING + timedelta(days=300)
CHUNK = 20_000
_REMINDED = insertion(tables.rung_firing)


def fill(db: Database, office: Office, tasks: int) -> None:
    """Open tasks, one an issue, none of them due."""
    with db.read() as s:
        there = s.execute(select(func.count()).select_from(tables.issue)).scalar_one()

    issues = Statement(insert(tables.issue).inline(), list(_issue(0, office)))
    rows = Statement(insert(tables.task).inline(), list(_task(0, office)))
    for start in range(there + 1, tasks + 1, CHUNK):
        span = range(start, min(start + CHUNK, tasks + 1))
        with db.write() as s:
            issues.run(s, [_issue(n, office) for n in span])
            rows.run(s, [_task(n, office) for n in span])
    _analyse(db)


def _analyse(db: Database) -> None:
    with db.write() as s:
        s.conn.exec_driver_sql("ANALYZE")
        if s.dialect == "postgresql":
            for table in ("issue", "task"):
                s.conn.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
                    f" (SELECT max(id) FROM {table}))"
                )


def _issue(n: int, office: Office) -> dict[str, Any]:
    return _defaults(tables.issue) | {
        "id": n,
        "number": f"B-{n:07d}",
        "state": "in_progress",
        "title": "杆线影响施工",
        "description": "10kV 杆线需要迁移",
        "category": "杆线迁移",
        "no_project_reason": "片区",
        "board_id": office.units["lucheng"],
        "reporter_id": office.people["reporter"],
        "reporter_unit_id": office.units["lucheng"],
        "policy_version_id": 1,
        "workflow_version_id": 1,
        "reported_at": OPENING,
        "dispatched_at": OPENING,
        "state_since": OPENING,
        "chain_seq": 7,
        "chain_hash": GENESIS,
    }


def _task(n: int, office: Office) -> dict[str, Any]:
    return _defaults(tables.task) | {
        "id": n,
        "number": f"B-{n:07d}-01",
        "issue_id": n,
        "state": "in_progress",
        "state_since": OPENING,
        "problem": "10kV 杆线需要迁移",
        "measures": "协调供电公司迁移",
        "category": "杆线迁移",
        "lead_unit_id": office.units["zjj"],
        "verifier_unit_id": office.units["jfj"],
        "policy_version_id": 1,
        "workflow_version_id": 1,
        "limit_class": "ordinary",
        "dispatched_at": OPENING,
        "acknowledged_at": OPENING,
        "responsible_person_id": office.people["liaison"],
        "responsible_leader_id": office.people["leader"],
        "deadline_version": 1,
        "due_at": FAR,
        "original_due_at": FAR,
        "deadline_since": OPENING,
        "last_progress_at": FAR,
        "next_rung_at": FAR - timedelta(days=4),
    }


def _defaults(table: Any) -> dict[str, Any]:
    return {
        c.name: c.default.arg if c.default is not None else None
        for c in table.columns
        if c.name != "id"
    }


def make_due(db: Database, first: int, count: int) -> None:
    """Let the deadlines of a run of tasks lie just behind us, reminders sent, red already shown."""
    task = tables.task
    with db.write() as s:
        s.execute(
            update(task)
            .where(task.c.id >= first, task.c.id < first + count)
            .values(
                due_at=DUE_AT,
                original_due_at=DUE_AT,
                level=1,
                yellow_count=1,
                light="red",
                light_reason="overdue",
                next_rung_at=FIRES_AT,
            )
        )
        issue = tables.issue
        s.execute(
            update(issue)
            .where(issue.c.id >= first, issue.c.id < first + count)
            .values(light="red", light_reason="overdue")
        )
        _REMINDED.run(
            s,
            [
                {
                    "subject": f"task:{n}",
                    "deadline_version": 1,
                    "rung": rung,
                    "level": 1,
                    "outcome": "fired",
                    "logical_at": OPENING,
                    "at": OPENING,
                }
                for n in range(first, first + count)
                for rung in ("remind-3", "remind-1")
            ],
        )


def measure(
    db: Database, office: Office, sizes: tuple[int, ...], due: int = 1000, rounds: int = 5
) -> Iterator[dict[str, Any]]:
    """For each size: medians of sweep, bare SQL, their ratio, and the idle tick.

    CPU time is that of this process and of a local server together.
    """
    first = 1
    for size in sizes:
        fill(db, office, size)
        ours, bare, ratios = [], [], []
        for _ in range(rounds):
            make_due(db, first, due)
            ours.append(_timed(db, lambda: _sweep(db, due)))
            first += due
            make_due(db, first, due)
            bare.append(_timed(db, lambda: _bare(db)))
            first += due
            ratios.append(ours[-1].wall / bare[-1].wall)
        idle = [_timed(db, lambda: tick(db, FIRES_AT)).wall for _ in range(50)]
        yield {
            "open": size,
            "due": due,
            "sweep_ms": median(one.wall for one in ours) * 1e3,
            "bare_ms": median(one.wall for one in bare) * 1e3,
            "sweep_cpu_ms": median(one.cpu for one in ours) * 1e3,
            "bare_cpu_ms": median(one.cpu for one in bare) * 1e3,
            "ratio": median(ratios),
            "idle_ms": median(idle) * 1e3,
        }


def _timed(db: Database, work: Callable[[], TickReport | None]) -> Stopwatch:
    watch = Stopwatch(db)
    work()
    return watch.stop()


def _sweep(db: Database, due: int) -> None:
    batch = due if db.engine.dialect.name == "sqlite" else BATCH
    report = tick(db, FIRES_AT, batch=batch, channels=("inapp",))
    assert report.rungs == {2: due}, report


def _bare(db: Database) -> None:
    facts = json.dumps({"facts": "事" * 420}, ensure_ascii=False)
    now = _moment(db, FIRES_AT)
    later = _moment(db, FIRES_AT + timedelta(days=2))
    raw = db.engine.raw_connection()
    cursor = raw.cursor()
    for sql in _statements(db.engine.dialect.name):
        cursor.execute(sql, {"now": now, "later": later, "facts": facts, "hash": GENESIS})
    raw.commit()
    raw.close()


def _moment(db: Database, at: datetime) -> Any:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}" if "sqlite" in db.url else at


def _statements(dialect: str) -> list[str]:
    """The same effects as the sweep's, said once for the whole set."""
    p = {
        n: f":{n}" if dialect == "sqlite" else f"%({n})s" for n in ("now", "later", "facts", "hash")
    }
    cast = "" if dialect == "sqlite" else "::jsonb"
    stamp = "" if dialect == "sqlite" else "::timestamptz"
    due = f"next_rung_at <= {p['now']}{stamp}"
    begin = ["BEGIN IMMEDIATE"] if dialect == "sqlite" else []
    notices = [
        "INSERT INTO notice (subject, issue_id, task_id, deadline_version, kind, occasion,"
        " recipient_id, channel, language, urgent, facts, state, not_before, created_at, sent_at,"
        f" reason) SELECT 'task:'||id, issue_id, id, deadline_version, 'urge', 'rung:urge', {who},"
        f" 'inapp', 'zh_CN', {'0' if dialect == 'sqlite' else 'false'}, {p['facts']}{cast},"
        f" 'sent', {p['now']}{stamp}, {p['now']}{stamp}, {p['now']}{stamp}, ''"
        f" FROM task WHERE {due}"
        for who in ("responsible_person_id", "responsible_leader_id")
    ]
    return [
        *begin,
        "INSERT INTO rung_firing (subject, deadline_version, rung, level, outcome, logical_at, at)"
        f" SELECT 'task:'||id, deadline_version, 'urge', 2, 'fired', next_rung_at,"
        f" {p['now']}{stamp} FROM task WHERE {due}",
        "INSERT INTO event (stream, seq, tag, task_id, at, logical_at, data, prev_hash, hash)"
        f" SELECT 'issue:'||i.id, i.chain_seq + 1, 'ladder.rung', t.id, {p['now']}{stamp},"
        f' t.next_rung_at, \'{{"rung":"urge","level":2,"outcome":"fired","kind":'
        f'"urge","deadline_version":1}}\'{cast}, i.chain_hash, {p["hash"]}'
        f" FROM task t JOIN issue i ON i.id = t.issue_id WHERE t.{due}",
        *notices,
        f"UPDATE issue SET chain_seq = chain_seq + 1, chain_hash = {p['hash']}, light = 'red',"
        f" light_reason = 'overdue' WHERE id IN (SELECT issue_id FROM task WHERE {due})",
        f"UPDATE task SET level = 2, red_count = red_count + 1,"
        f" next_rung_at = {p['later']}{stamp} WHERE {due}",
    ]
