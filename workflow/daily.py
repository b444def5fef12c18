"""What the clock does once each local day, beside its sweeps and deliveries.

A job is idempotent: whatever it writes is keyed by its subject and day, so that two workers that
run it at once, or a second run after a crash, do nothing twice. The sign of life of a job is left
only after it has ended well; a job that failed is put off, tried again, and shown
by the watchdog meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from models import tables
from models.db import Database, Session
from models.statements import upsert
from workflow.context import context
from workflow.deadlines import at_fire_time
from workflow.heartbeats import defer

log = logging.getLogger(__name__)
PREFIX = "daily."


@dataclass(frozen=True, slots=True)
class Job:
    """A daily job: its name in heartbeats, and what it runs; returns how much it did.

    `always`: it runs with every round of the clock instead of once a day.
    """

    name: str
    run: Callable[[Database, datetime], int]
    always: bool = False


def run_due(db: Database, now: datetime, jobs: Sequence[Job], worker: str = "") -> int:
    """Run every job that has not ended well on this local day yet; how many ran.

    Jobs begin at the policy's `hours.fire_at` of each day, working day or not: they compare dates,
    and what they send waits for the next delivery window anyway. One that raises is put off for an
    hour, and stands among what was put off until it has ended well.
    """
    done = 0
    for job in due(db, now, jobs):
        try:
            n = job.run(db, now)
        except Exception as error:
            log.exception("job %s failed", job.name, extra={"action": "daily.failed"})
            defer(db, PREFIX + job.name, now, error)
            continue
        _ended(db, job, worker, now)
        log.info("job %s did %d", job.name, n, extra={"action": "daily.job"})
        done += 1
    return done


def due(db: Database, now: datetime, jobs: Sequence[Job]) -> list[Job]:
    """The jobs that have not ended well since this day's beginning of work, nor wait after a
    failure."""
    if not jobs:
        return []
    beat, deferral = tables.heartbeat.c, tables.deferral.c
    with db.read() as s:
        begin = day_begins(s, now)
        rows = s.execute(select(beat.job, beat.at).where(beat.job.like(f"{PREFIX}%")))
        last = {row.job: row.at for row in rows}
        waiting = select(deferral.subject).where(
            deferral.subject.like(f"{PREFIX}%"), deferral.retry_at > now
        )
        put_off = {row.subject for row in s.execute(waiting)}
    if now < begin:
        return []
    names = {name for name, at in last.items() if at >= begin}
    return [
        job
        for job in jobs
        if PREFIX + job.name not in put_off and (job.always or PREFIX + job.name not in names)
    ]


def _ended(db: Database, job: Job, worker: str, now: datetime) -> None:
    with db.write() as s:
        upsert(s, tables.heartbeat, {"job": PREFIX + job.name}, worker=worker, at=now)
        s.execute(delete(tables.deferral).where(tables.deferral.c.subject == PREFIX + job.name))


def day_begins(s: Session, now: datetime) -> datetime:
    """When the clock begins its work on the local day of a moment."""
    ctx = context(s)
    calendar = ctx.calendar()
    return at_fire_time(calendar.local_date(now), ctx.policy(), calendar)
