"""Signs of life of the machinery: jobs, what was put off, what waits to be sent.

The office and the leaders see it with its subjects; the system administrator sees the same
without anything of the business (三员分立).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from config.i18n import N_
from config.i18n import gettext as _
from config.roles import BUREAU_WIDE
from models import tables
from models.db import Session
from models.directory import PersonInfo
from notifications.backlog import Backlog, backlog
from notifications.callbacks.health import callback_age
from notifications.health import OutboxAge, outbox_age
from notifications.outbox import statistics
from workflow.daily import PREFIX as DAILY
from workflow.daily import ROUND
from workflow.finding_words import finding_kind, finding_text
from workflow.watchdog import Finding, is_silent
from workflow.wording import kind_name, word

JOBS = {
    "sweep": N_("watch over deadlines"),
    "delivery": N_("delivery of notices"),
    "callbacks": N_("news to other platforms"),
    "lights": N_("milestones and lights of projects"),
    "lights_round": N_("lights of projects that follow their issues"),
    "figures": N_("reminders of monthly figures"),
    "coordination": N_("levels of coordination"),
    "instructions": N_("instructions to be answered"),
    "evaluations": N_("evaluations that are due"),
    "inspections": N_("inspections of the quarter"),
    "bulletins": N_("bulletins that were issued"),
    "demands_late": N_("demands that wait"),
    "demands_settled": N_("demands that follow their issues"),
    "partitions": N_("tables of the months to come (PostgreSQL)"),
    "search": N_("index for search"),
}
TECHNICAL = ("silent", "outbox_stuck", "callbacks_stuck", "channel_paused", "messages_held")


@dataclass(frozen=True, slots=True)
class Job:
    """A job and its last sign of life."""

    name: str
    worker: str
    at: datetime
    silent: bool


@dataclass(frozen=True, slots=True)
class Room:
    """Everything that the page of jobs shows."""

    jobs: list[Job]
    deferrals: list[dict[str, Any]]
    outbox: OutboxAge
    backlog: Backlog
    callbacks: Any
    numbers: list[tuple[str, str, dict[str, int]]]


def look(s: Session, viewer: PersonInfo, now: datetime) -> Room:
    """The state of the machinery at `now`."""
    heartbeat, deferral = tables.heartbeat, tables.deferral
    jobs = [
        Job(
            _job_name(row.job),
            row.worker,
            row.at,
            is_silent(row.job, row.at, now),
        )
        for row in s.execute(select(heartbeat).order_by(heartbeat.c.job, heartbeat.c.worker))
    ]
    put_off = select(deferral).order_by(deferral.c.retry_at, deferral.c.subject).limit(200)
    return Room(
        jobs,
        [_deferral(row, viewer) for row in s.execute(put_off)],
        outbox_age(s, now),
        backlog(s, now),
        callback_age(s, now),
        _numbers(s),
    )


def _job_name(job: str) -> str:
    name = job.removeprefix(DAILY).removeprefix(ROUND)
    words = _(JOBS[name]) if name in JOBS else name
    return _("daily: {job}").format(job=words) if job.startswith(DAILY) else words


def told(findings: list[Finding], viewer: PersonInfo, zone: Any) -> list[str]:
    """The watchdog's findings in words; without business for who may not see any."""
    if sees_business(viewer):
        return [finding_text(finding, zone) for finding in findings]
    technical = [finding_text(f, zone) for f in findings if f.kind in TECHNICAL]
    counted = Counter(f.kind for f in findings if f.kind not in TECHNICAL)
    return technical + [
        _("{n} times: {text}").format(n=n, text=finding_kind(kind)) for kind, n in counted.items()
    ]


def sees_business(viewer: PersonInfo) -> bool:
    """Whether subjects may be named."""
    return bool(viewer.roles & BUREAU_WIDE)


def _deferral(row: Any, viewer: PersonInfo) -> dict[str, Any]:
    found = dict(row._mapping)
    if not sees_business(viewer):
        found["error"] = found["error"].split(":")[0]
    return found


def _numbers(s: Session) -> list[tuple[str, str, dict[str, int]]]:
    """Notices by kind and channel: how many in which state."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for (kind, channel, state), n in statistics(s).items():
        found.setdefault((kind_name(kind), word("channel", channel)), {})[state] = n
    return [(kind, channel, states) for (kind, channel), states in found.items()]


def waited(age: timedelta | None) -> str:
    """How long the oldest has waited, in words."""
    if age is None:
        return _("nothing waits")
    minutes = int(age.total_seconds() // 60)
    return _("{h} h {m} min").format(h=minutes // 60, m=minutes % 60)
