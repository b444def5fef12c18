"""The worker: APScheduler is only a metronome, the database holds the schedule.

Any number of workers may run over one database. SIGTERM and SIGINT drain: what is under way ends
and commits, nothing new begins.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import DBAPIError

from config import clock
from config.settings import Settings, settings
from models.attempts import rounds
from models.db import Database
from models.passing import is_away, is_busy
from notifications.callbacks import delivery as callbacks
from notifications.channels import registry
from notifications.channels.base import Channel
from notifications.delivery import DrainReport, bundle, drain
from notifications.leasing import recall
from notifications.relay import Means, stormed
from notifications.storms import Guard
from workflow.accounts.tidy import tidy
from workflow.broken_templates import tell_office
from workflow.context import context
from workflow.daily import Job, run_due
from workflow.evidence_sweep import sweep as sweep_files
from workflow.heartbeats import beat
from workflow.reaching import rules_of
from workflow.steady import Every, watch
from workflow.sweep import tick
from workflow.windows import next_window

log = logging.getLogger(__name__)

TIDY_SECONDS = 24 * 3600
NEWS_A_ROUND = 50
"""Call-backs between two signs of life: slow platforms must not make a worker look dead."""


def worker_name() -> str:
    """Host and process, for leases and heartbeats."""
    return f"{socket.gethostname()}:{os.getpid()}"


def deliver(
    db: Database,
    channels: dict[str, Channel],
    now: Callable[[], datetime] | datetime,
    worker: str,
    stop: Callable[[], bool] = lambda: False,
    limit: int | None = None,
) -> DrainReport:
    """Bundle what is due into messages and send them, until nothing is left or `stop()`."""
    moment = now() if callable(now) else now
    with db.read() as s:
        ctx = context(s)
        directory, policy, calendar = ctx.directory, ctx.policy(), ctx.calendar()
    means = Means(channels, directory, rules_of(policy))
    guard = Guard(settings().storm_limit)
    while not stop():
        with db.write() as s:
            calm = guard.opened is None
            if not bundle(s, moment, lambda at: next_window(at, policy, calendar), guard=guard):
                break
            if calm and guard.opened is not None:
                stormed(s, means, guard.opened, guard.most, moment)
    report = drain(db, channels, directory, now, worker, limit, stop, rules=means.rules)
    tell_office(db, now() if callable(now) else now)
    return report


def send_news(
    db: Database,
    now: Callable[[], datetime] | datetime,
    worker: str,
    stop: Callable[[], bool] = lambda: False,
    limit: int | None = None,
) -> DrainReport:
    """Send the call-backs to other platforms that are due, until nothing is left or `stop()`."""
    return callbacks.drain(db, now, worker, limit, stop)


@dataclass(slots=True)
class Worker:
    """One process's share of the clock's work."""

    db: Database
    settings: Settings
    stopping: threading.Event
    daily: Sequence[Job] = ()

    def start(self) -> BackgroundScheduler:
        """Begin ticking in background threads; returns the metronome."""
        name, channels = worker_name(), registry(self.settings)
        metronome = BackgroundScheduler(timezone="UTC")
        every: dict[str, Any] = {
            "trigger": Every(self.settings.poll_seconds),
            "coalesce": True,
            "max_instances": 1,
            "misfire_grace_time": None,
        }
        # both begin at once, not after a first pause
        first = {"next_run_time": clock.now()}
        metronome.add_job(self._round(self._sweep), args=(name,), id="sweep", **every, **first)
        work = self._round(self._deliver)
        metronome.add_job(work, args=(name, channels), id="delivery", **every, **first)
        # a job of its own: a platform that does not answer must not hold up people's notices
        work = self._round(self._send_news)
        metronome.add_job(work, args=(name,), id="callbacks", **every, **first)
        metronome.add_job(self._round(self._day), args=(name,), id="daily", **every, **first)
        once = every | {"trigger": Every(TIDY_SECONDS)}
        metronome.add_job(self._round(self._tidy), id="tidy", **once, **first)
        # a worker that was killed while the clock was ahead may hold messages until then
        metronome.add_job(self._round(self._recall), id="recall", misfire_grace_time=None)
        metronome.start()
        back = partial(self._went_back, metronome)
        watching = (self.stopping, self.settings.poll_seconds, back)
        threading.Thread(target=watch, args=watching, name="clock", daemon=True).start()
        return metronome

    def _went_back(self, metronome: BackgroundScheduler) -> None:
        """The next beat is now, not when the clock is again where it was; so with messages."""
        for job in metronome.get_jobs():
            job.modify(next_run_time=clock.now())
        self._round(self._recall)()

    def _recall(self) -> None:
        with self.db.write() as s:
            n = recall(s, clock.now(), self.settings.lease_seconds)
        if n:
            log.info("recalled %d messages", n, extra={"action": "worker.recalled"})

    def _round(self, work: Callable[..., None]) -> Callable[..., None]:
        """A round that meets a passing fault of the database begins again: it takes from the
        database what is left to do. A longer outage ends it, and so does a full disk; the next one
        is at hand."""

        def tried(*given: Any) -> None:
            try:
                rounds(partial(work, *given), self.settings.database_retry_seconds)
            except DBAPIError as error:
                if not (is_busy(error) or is_away(error)):
                    raise
                log.warning("no database: %s", error.orig, extra={"action": "worker.no_database"})

        return tried

    def _tidy(self) -> None:
        if self.stopping.is_set():
            return
        with self.db.write() as s:
            tidy(s, clock.now())
        sweep_files(self.db, self.settings.var_dir / "evidence", clock.now())

    def _day(self, name: str) -> None:
        if not self.stopping.is_set():
            run_due(self.db, clock.now(), self.daily, name)

    def _sweep(self, name: str) -> None:
        if self.stopping.is_set():
            return
        report = tick(self.db, clock.now())
        if not report.idle:
            log.info(
                "swept %d issues, rungs %s, limits %d",
                report.issues,
                dict(report.rungs),
                report.limits,
                extra={"action": "worker.sweep"},
            )
        beat(self.db, "sweep", name, clock.now())

    def _deliver(self, name: str, channels: dict[str, Channel]) -> None:
        if self.stopping.is_set():
            return
        report = deliver(self.db, channels, clock.now, name, self.stopping.is_set)
        if report.sent or report.failed or report.retried:
            log.info(
                "delivered %d, retried %d, failed %d",
                report.sent,
                report.retried,
                report.failed,
                extra={"action": "worker.delivery"},
            )
        beat(self.db, "delivery", name, clock.now())

    def _send_news(self, name: str) -> None:
        if self.stopping.is_set():
            return
        report = send_news(self.db, clock.now, name, self.stopping.is_set, NEWS_A_ROUND)
        if report.sent or report.failed or report.retried:
            log.info(
                "called back %d, retried %d, failed %d",
                report.sent,
                report.retried,
                report.failed,
                extra={"action": "worker.callbacks"},
            )
        beat(self.db, "callbacks", name, clock.now())


def run_worker(db: Database, settings: Settings, daily: Sequence[Job] = ()) -> None:
    """Work until SIGTERM or SIGINT, then drain and return."""
    stopping = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stopping.set())
    metronome = Worker(db, settings, stopping, daily).start()
    log.info("worker %s started", worker_name(), extra={"action": "worker.start"})
    stopping.wait()
    metronome.shutdown(wait=True)
    db.close()
    log.info("worker drained", extra={"action": "worker.stop"})
