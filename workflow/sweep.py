"""One sweep (tick): everything that has become due fires, once, however many sweeps run.

Due rows are found through partial indexes, claimed in batches under lock (`SKIP LOCKED` on
PostgreSQL, the one writer's lock on SQLite), worked out purely and written set-wise; a batch is
one transaction. An issue that raises is worked alone, and put off when it raises again: the rest
go on, nothing is lost, and it is shown.
"""

from __future__ import annotations

import gc
import json
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Select, bindparam, delete, select

from models import tables
from models.db import Database, Session
from models.passing import is_away
from models.statements import PerDialect, among
from workflow.alike.road import Done, Road
from workflow.case import Record
from workflow.commands.base import roll_up
from workflow.context import context
from workflow.escalation import catch_up, due_subjects
from workflow.heartbeats import defer
from workflow.transition import Work, already_fired, flush

log = logging.getLogger(__name__)
BATCH = 500


@dataclass(slots=True)
class TickReport:
    """What one sweep did. `rungs` counts by level what was sent, prepared or proposed."""

    issues: int = 0
    rungs: Counter[int] = field(default_factory=Counter)
    superseded: int = 0
    limits: int = 0
    notices: int = 0
    batches: int = 0
    deferred: list[str] = field(default_factory=list)

    def add(self, works: list[Work], done: Done | None = None) -> None:
        """Count what a batch has written, one by one and for many alike."""
        self.issues += len(works)
        for w in works:
            self.notices += len(w.intents)
            for firing in w.firings:
                self._count(firing["outcome"], firing["level"], 1)
        if done is not None:
            self.issues += done.issues
            self.notices += done.notices
            for (outcome, level), n in done.outcomes.items():
                self._count(outcome, level, n)

    def _count(self, outcome: str, level: int | None, n: int) -> None:
        if outcome == "superseded":
            self.superseded += n
        elif level is None:
            self.limits += n
        else:
            self.rungs[level] += n

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do."""
        return self.issues == 0 and not self.deferred


def _due(column: Any, issue_id: Any) -> Select[Any]:
    """Ids of issues with something due, earliest first, locked, those in other hands left out."""
    statement = select(tables.issue.c.id, column.label("at")).where(
        column <= bindparam("now"), issue_id.not_in(bindparam("deferred", expanding=True))
    )
    if column.table is tables.task:
        statement = statement.join(tables.task, tables.task.c.issue_id == tables.issue.c.id)
    return (
        statement.order_by(column)
        .limit(bindparam("batch"))
        .with_for_update(of=tables.issue, skip_locked=True)
    )


_COLUMNS = (tables.task.c.next_rung_at, tables.issue.c.next_rung_at)
_DUE = {
    "task": _due(tables.task.c.next_rung_at, tables.task.c.issue_id),
    "issue": _due(tables.issue.c.next_rung_at, tables.issue.c.id),
}
_PEEK = {
    column.table.name: select(column).where(column <= bindparam("now")).order_by(column).limit(1)
    for column in _COLUMNS
}
_FIRST = {
    column.table.name: select(column).where(column.is_not(None)).order_by(column).limit(1)
    for column in _COLUMNS
}
_ISSUES = PerDialect(lambda dialect: select(tables.issue).where(among(tables.issue.c.id, dialect)))
_TASKS = PerDialect(
    lambda dialect: (
        select(tables.task)
        .where(among(tables.task.c.issue_id, dialect))
        .order_by(tables.task.c.issue_id, tables.task.c.id)
    )
)

_LOOKBACKS = PerDialect(
    lambda dialect: (
        select(tables.lookback)
        .where(among(tables.lookback.c.issue_id, dialect))
        .order_by(tables.lookback.c.id)
    )
)


def tick(
    db: Database, now: datetime, *, batch: int = BATCH, channels: tuple[str, ...] | None = None
) -> TickReport:
    """Fire everything due by `now` and say what was done; an identical second call does nothing."""
    report, road = TickReport(), Road()
    deferred: set[int] | None = None
    for column in _COLUMNS:
        while _anything_due(db, column, now):
            if deferred is None:
                deferred = _retry(db, now, report, channels)
            due = _DUE[column.table.name]
            if not _batch(db, due, now, batch, deferred, report, channels, road):
                break
            report.batches += 1
    return report


def _retry(
    db: Database, now: datetime, report: TickReport, channels: tuple[str, ...] | None
) -> set[int]:
    """Work alone what was put off an hour ago; returns the issues that stay put off."""
    table = tables.deferral
    with db.read() as s:
        ours = table.c.subject.like("issue:%")  # daily jobs put themselves off here, too
        rows = list(s.execute(select(table.c.subject, table.c.retry_at).where(ours)))
    moments = {int(row.subject.split(":")[1]): row.retry_at for row in rows}
    put_off = {issue_id for issue_id, retry_at in moments.items() if retry_at > now}
    for issue_id in sorted(moments.keys() - put_off):
        _alone(db, issue_id, now, put_off, report, channels)
    return put_off


def _batch(
    db: Database,
    due: Select[Any],
    now: datetime,
    batch: int,
    deferred: set[int],
    report: TickReport,
    channels: tuple[str, ...] | None,
    road: Road,
) -> bool:
    ids: list[int] = []
    try:
        with db.write() as s:
            if channels is not None:
                s.memo["channels"] = channels
            if not (ids := _claim(s, due, now, batch, deferred)):
                return False
            with _collector_at_rest():
                done, rest = road.take(s, ids, now)
                works = sweep_issues(s, rest, now)
        report.add(works, done)
    except Exception as error:
        if not ids or is_away(error):
            raise
        log.exception(
            "a batch failed; its issues are worked one by one",
            extra={"action": "sweep.batch_failed"},
        )
        for issue_id in ids:
            _alone(db, issue_id, now, deferred, report, channels)
    return bool(ids)


def _claim(
    s: Session, due: Select[Any], now: datetime, batch: int, deferred: set[int]
) -> list[int]:
    values = {"now": now, "batch": batch, "deferred": sorted(deferred) or [0]}
    return list(dict.fromkeys(row.id for row in s.execute(due, values)))


def _anything_due(db: Database, column: Any, now: datetime) -> bool:
    """A look before the lock, so that idling takes none."""
    with db.read() as s:
        return s.execute(_PEEK[column.table.name], {"now": now}).first() is not None


def sweep_due(s: Session, now: datetime) -> list[Work]:
    """One sweep inside a transaction that is already open (replays, simulations)."""
    works: list[Work] = []
    for column in _COLUMNS:
        ids = _claim(s, _DUE[column.table.name], now, BATCH, set())
        works += sweep_issues(s, ids, now)
    return works


def sweep_issues(s: Session, ids: list[int], now: datetime) -> list[Work]:
    """Fire what is due for these locked issues and write it set-wise."""
    if not ids:
        return []
    ctx, keys = context(s), {"keys": json.dumps(ids)}
    tasks: dict[int, list[Record]] = {}
    with _collector_at_rest():
        for row in _TASKS.all(s, keys):
            tasks.setdefault(row["issue_id"], []).append(Record(tables.task, row))
        issues = [Record(tables.issue, row) for row in _ISSUES.all(s, keys)]
        fired = already_fired(
            s, [subject for i in issues for subject in due_subjects(i, tasks.get(i.id, []), now)]
        )
        looked_back, works = _looked_back(s, issues, now), []
        for issue in issues:
            w = Work(s, ctx, now, None, issue, tasks.get(issue.id, []), fired=fired)
            w.looked_back = looked_back.get(issue.id)
            catch_up(w)
            roll_up(w)
            w.settle(by_clock=True)
            works.append(w)
        flush(s, works)
    return works


def _looked_back(s: Session, issues: list[Record], now: datetime) -> dict[int, list[Any]]:
    """Look-backs of the closed issues that are due themselves, in one query."""
    found: dict[int, list[Any]] = {
        issue.id: []
        for issue in issues
        if issue.state == "closed" and issue.next_rung_at is not None and issue.next_rung_at <= now
    }
    cycles = {issue.id: issue.cycle for issue in issues}
    for row in _LOOKBACKS.all(s, {"keys": json.dumps(list(found))}) if found else ():
        if row["cycle"] == cycles[row["issue_id"]]:
            found[row["issue_id"]].append(SimpleNamespace(**row))
    return found


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """No garbage collection inside a batch: there are no cycles, and a fifth of the time goes."""
    working = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if working:
            gc.enable()


def _alone(
    db: Database,
    issue_id: int,
    now: datetime,
    deferred: set[int],
    report: TickReport,
    channels: tuple[str, ...] | None,
) -> None:
    try:
        with db.write() as s:
            if channels is not None:
                s.memo["channels"] = channels
            lock = select(tables.issue.c.id).where(tables.issue.c.id == issue_id)
            s.execute(lock.with_for_update())
            works = sweep_issues(s, [issue_id], now)
            s.execute(
                delete(tables.deferral).where(tables.deferral.c.subject == f"issue:{issue_id}")
            )
        report.add(works)
    except Exception as error:
        if is_away(error):  # not the issue's fault: the next sweep finds it as it was
            raise
        log.exception("an issue was put off", extra={"action": "sweep.deferred"})
        defer(db, f"issue:{issue_id}", now, error)
        deferred.add(issue_id)
        report.deferred.append(f"issue:{issue_id}")


def next_due(s: Session) -> datetime | None:
    """The earliest moment at which anything will be due."""
    found = [s.execute(_FIRST[column.table.name]).scalar() for column in _COLUMNS]
    return min((at for at in found if at is not None), default=None)
