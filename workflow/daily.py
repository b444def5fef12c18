"""What the clock does once each local day, or with every round, beside its sweeps and deliveries.

A job is idempotent: whatever it writes is keyed by its subject and day, so that two workers that
run it at once, or a second run after a crash, do nothing twice. The signs of life of a day's jobs
are left when they have ended well; a job that failed is put off, tried again, and shown
by the watchdog meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.exc import DBAPIError

from models import tables
from models.db import Database, Session
from models.passing import is_away, is_lost
from models.statements import upsert
from workflow.context import context
from workflow.deadlines import at_fire_time
from workflow.heartbeats import AHEAD, defer

log = logging.getLogger(__name__)
PREFIX = "daily."
ROUND = "round."
BEAT_EVERY = timedelta(minutes=5)
"""Between the signs of life of a job that runs with every round, so that idling writes nothing."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job of the clock: its name in heartbeats, and what it runs; returns how much it did.

    `always`: it runs with every round of the clock instead of once a day.
    """

    name: str
    run: Callable[[Database, datetime], int]
    always: bool = False

    @property
    def subject(self) -> str:
        """Its name among heartbeats and what was put off; the watchdog measures by it."""
        return (ROUND if self.always else PREFIX) + self.name


@dataclass(frozen=True, slots=True)
class Standing:
    """When the day's work begins, when jobs were last heard, until when failed ones wait."""

    begins: datetime
    heard: dict[str, datetime]
    put_off: dict[str, datetime]


def run_due(db: Database, now: datetime, jobs: Sequence[Job], worker: str = "") -> int:
    """Run every job that has not ended well on this local day yet, and those of every round.

    Returns how many jobs of the day ended well, and how many of the others had something to do.
    Jobs of the day begin at the policy's `hours.fire_at` of each day, working day or not: they
    compare dates, and what they send waits for the next delivery window anyway. One that raises is
    put off for an hour, and stands among what was put off until it has ended well. Where it is the
    database that failed, nothing is put off: that is raised at the end, for the next round to find
    everything as it was.
    """
    if not jobs:
        return 0
    standing = _standing(db, now)
    ended, done, away = list[Job](), 0, None
    for job in _due(standing, now, jobs):
        try:
            n = _run(db, job, now)
        except DBAPIError as error:
            away = error
            if is_lost(error):
                break
            continue
        if n is None:
            continue
        ended.append(job)
        if n or not job.always:
            done += 1
            log.info("job %s did %d", job.name, n, extra={"action": "daily.job"})
    _ended(db, [j for j in ended if _to_note(j, standing, worker, now)], worker, now)
    if away is not None:
        raise away
    return done


def _run(db: Database, job: Job, now: datetime) -> int | None:
    """How much a job did; None when it failed and was put off. Raises what the database's being
    away or full is told by: that is not the job's fault."""
    try:
        return job.run(db, now)
    except Exception as error:
        if is_away(error):
            raise
        log.exception("job %s failed", job.name, extra={"action": "daily.failed"})
        defer(db, job.subject, now, error)
        return None


def failed(db: Database) -> list[str]:
    """Names of the jobs that have failed and not ended well since."""
    with db.read() as s:
        return sorted(subject.partition(".")[2] for subject in _standing_off(s))


def _due(standing: Standing, now: datetime, jobs: Sequence[Job]) -> list[Job]:
    return [
        job
        for job in jobs
        if not _waits(job, standing, now) and (job.always or _of_today(job, standing, now))
    ]


def _waits(job: Job, standing: Standing, now: datetime) -> bool:
    retry_at = standing.put_off.get(job.subject)
    return retry_at is not None and retry_at > now


def _of_today(job: Job, standing: Standing, now: datetime) -> bool:
    last = standing.heard.get(job.subject)
    return now >= standing.begins and (last is None or last < standing.begins)


def _to_note(job: Job, standing: Standing, worker: str, now: datetime) -> bool:
    """A job of every round is written down now and then, and only by a worker, whose silence
    would mean something; one that had failed at once."""
    if not job.always or job.subject in standing.put_off:
        return True
    last = standing.heard.get(job.subject)
    return bool(worker) and (last is None or now - last >= BEAT_EVERY)


def _standing(db: Database, now: datetime) -> Standing:
    beat = tables.heartbeat.c
    with db.read() as s:
        ours = or_(beat.job.like(f"{PREFIX}%"), beat.job.like(f"{ROUND}%"))
        ours = and_(ours, beat.at <= now + AHEAD)  # what a wrong clock did may be done again
        heard = {row.job: row.at for row in s.execute(select(beat.job, beat.at).where(ours))}
        return Standing(day_begins(s, now), heard, _standing_off(s))


def _standing_off(s: Session) -> dict[str, datetime]:
    table = tables.deferral.c
    ours = or_(table.subject.like(f"{PREFIX}%"), table.subject.like(f"{ROUND}%"))
    rows = s.execute(select(table.subject, table.retry_at).where(ours))
    return {row.subject: row.retry_at for row in rows}


def _ended(db: Database, jobs: Sequence[Job], worker: str, now: datetime) -> None:
    """In one transaction: a worker that dies before runs them again, which does nothing twice."""
    if not jobs:
        return
    subjects = [job.subject for job in jobs]
    with db.write() as s:
        for job in jobs:
            if worker or not job.always:
                upsert(s, tables.heartbeat, {"job": job.subject}, worker=worker, at=now)
        s.execute(delete(tables.deferral).where(tables.deferral.c.subject.in_(subjects)))


def day_begins(s: Session, now: datetime) -> datetime:
    """When the clock begins its work on the local day of a moment."""
    ctx = context(s)
    calendar = ctx.calendar()
    return at_fire_time(calendar.local_date(now), ctx.policy(), calendar)
