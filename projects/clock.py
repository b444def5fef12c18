"""What the clock does on the project side by itself, once each local day.

A job is idempotent: whatever it writes is keyed by its subject and day, so that two workers that
run it at once, or a second run after a crash, do nothing twice. The sign of life of a job is left
only after it has ended well; a job that failed is tried again with the next round, and the
watchdog sees the missing sign.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from models import tables
from models.db import Database, Session
from workflow.context import context
from workflow.deadlines import at_fire_time
from workflow.scheduler import beat

log = logging.getLogger(__name__)
PREFIX = "projects."


@dataclass(frozen=True, slots=True)
class Job:
    """A daily job: its name in heartbeats, and what it runs; returns how much it did."""

    name: str
    run: Callable[[Database, datetime], int]


JOBS: tuple[Job, ...] = ()


def run_due(db: Database, now: datetime, worker: str = "", jobs: tuple[Job, ...] = JOBS) -> int:
    """Run every job that has not ended well on this local day yet; how many ran.

    Jobs begin at the policy's `hours.fire_at` of each day, working day or not: they compare dates,
    and what they send waits for the next delivery window anyway.
    """
    done = 0
    for job in due(db, now, jobs):
        try:
            n = job.run(db, now)
        except Exception:
            log.exception("job %s failed", job.name, extra={"action": "projects.job_failed"})
            continue
        beat(db, PREFIX + job.name, worker, now)
        log.info("job %s did %d", job.name, n, extra={"action": "projects.job"})
        done += 1
    return done


def due(db: Database, now: datetime, jobs: tuple[Job, ...] = JOBS) -> list[Job]:
    """The jobs without a sign of life since this day's beginning of work."""
    if not jobs:
        return []
    heartbeat = tables.heartbeat.c
    with db.read() as s:
        begin = day_begins(s, now)
        rows = s.execute(
            select(heartbeat.job, heartbeat.at).where(heartbeat.job.like(f"{PREFIX}%"))
        )
        last = {row.job: row.at for row in rows}
    if now < begin:
        return []
    return [job for job in jobs if last.get(PREFIX + job.name, _NEVER) < begin]


def day_begins(s: Session, now: datetime) -> datetime:
    """When the clock begins its work on the local day of a moment."""
    ctx = context(s)
    calendar = ctx.calendar()
    return at_fire_time(calendar.local_date(now), ctx.policy(), calendar)


_NEVER = datetime.min.replace(tzinfo=UTC)
