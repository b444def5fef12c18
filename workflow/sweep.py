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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from types import SimpleNamespace
from typing import Any

from sqlalchemy import delete, select

from models import tables
from models.db import Database, Session
from models.glance import glance
from models.heads import forget_head
from models.passing import is_away
from models.statements import PerDialect, Statement, among
from workflow.alike.road import Done, Road
from workflow.case import Record
from workflow.commands.base import roll_up
from workflow.context import context
from workflow.due import COLUMNS, are_more_than, claim, look
from workflow.escalation import catch_up, due_subjects
from workflow.heartbeats import defer
from workflow.lanes import side_by_side
from workflow.transition import Work, already_fired, flush

log = logging.getLogger(__name__)
BATCH = 500
LANES = 2
"""Batches at once on PostgreSQL, where many are due: one is worked out while another is written."""


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


_ISSUES = PerDialect(lambda dialect: select(tables.issue).where(among(tables.issue.c.id, dialect)))
_TASKS = PerDialect(
    lambda dialect: (
        select(tables.task)
        .where(among(tables.task.c.issue_id, dialect))
        .order_by(tables.task.c.issue_id, tables.task.c.id)
    )
)

_PUT_OFF = Statement(
    select(tables.deferral.c.subject, tables.deferral.c.retry_at).where(
        tables.deferral.c.subject.like("issue:%")  # daily jobs put themselves off here, too
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
    report = TickReport()
    sweep, road, given_up = _Sweep(db, now, batch, channels, report), Road(), set[str]()
    while due := [name for name in look(db, now) if name not in given_up]:
        sweep.retry()
        if sweep.lanes > 1 and are_more_than(db, batch, due[0], now):
            claimed = sweep.together(due[0], road)
        else:
            claimed = sweep.batch(due[0], road)
        if not claimed:
            given_up.add(due[0])
    return report


@dataclass(slots=True)
class _Sweep:
    """A sweep under way. `deferred`: what raised and is left alone for now.

    Lanes share it: `counting` is held while they note something, `apart` while one of them goes
    through a batch that failed, so that nothing is put off twice.
    """

    db: Database
    now: datetime
    most: int
    channels: tuple[str, ...] | None
    report: TickReport
    deferred: set[int] | None = None
    counting: Lock = field(default_factory=Lock)
    apart: Lock = field(default_factory=Lock)

    @property
    def lanes(self) -> int:
        """How many batches may be under way at once. A SQLite file has one writer."""
        return LANES if self.db.engine.dialect.name == "postgresql" else 1

    def together(self, name: str, road: Road) -> int:
        """Several batches at once, until nothing is left; returns how many issues they took."""

        def lane(stopped: Callable[[], bool]) -> int:
            own, taken = road.beside(), 0
            while not stopped() and (claimed := self.batch(name, own)):
                taken += claimed
            return taken

        return sum(side_by_side(self.lanes, lane))

    def retry(self) -> None:
        """Work alone what was put off an hour ago, once a sweep."""
        if self.deferred is not None:
            return
        with glance(self.db) as s:
            moments = {
                int(row["subject"].split(":")[1]): row["retry_at"] for row in _PUT_OFF.all(s, {})
            }
        self.deferred = {issue_id for issue_id, at in moments.items() if at > self.now}
        for issue_id in sorted(moments.keys() - self.deferred):
            self._alone(issue_id)

    def batch(self, name: str, road: Road) -> int:
        """One batch, in one transaction; returns how many issues it took."""
        ids: list[int] = []
        with self.counting:
            without = frozenset(self.deferred or ())
        try:
            with self._writing() as s:
                if not (ids := claim(s, name, self.now, self.most, without)):
                    return 0
                with _collector_at_rest():
                    done, rest = road.take(s, ids, self.now)
                    works = sweep_issues(s, rest, self.now)
            with self.counting:
                self.report.add(works, done)
        except Exception as error:
            if not ids or is_away(error):
                raise
            log.exception(
                "a batch failed; its issues are worked one by one",
                extra={"action": "sweep.batch_failed"},
            )
            with self.apart:
                for issue_id in ids:
                    self._alone(issue_id)
        with self.counting:
            self.report.batches += 1
        return len(ids)

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        with self.db.write() as s:
            if self.channels is not None:
                s.memo["channels"] = self.channels
            yield s

    def _alone(self, issue_id: int) -> None:
        if issue_id in (self.deferred or ()):
            return
        try:
            with self._writing() as s:
                lock = select(tables.issue.c.id).where(tables.issue.c.id == issue_id)
                s.execute(lock.with_for_update())
                forget_head(s)  # the lock may have been waited for
                works = sweep_issues(s, [issue_id], self.now)
                subject = tables.deferral.c.subject
                s.execute(delete(tables.deferral).where(subject == f"issue:{issue_id}"))
            with self.counting:
                self.report.add(works)
        except Exception as error:
            if is_away(error):  # not the issue's fault: the next sweep finds it as it was
                raise
            log.exception("an issue was put off", extra={"action": "sweep.deferred"})
            defer(self.db, f"issue:{issue_id}", self.now, error)
            with self.counting:
                self.deferred = {*(self.deferred or ()), issue_id}
                self.report.deferred.append(f"issue:{issue_id}")


def sweep_due(s: Session, now: datetime) -> list[Work]:
    """One sweep inside a transaction that is already open (replays, simulations)."""
    works: list[Work] = []
    for name in COLUMNS:
        ids = claim(s, name, now, BATCH, ())
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
