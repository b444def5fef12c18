"""The watchdog: looks at plain facts, not at the engine's own pointers alone (invariant 11).

It asks whether anything overdue has not been escalated, whether a pointer is stuck or missing,
whether messages wait too long and whether the worker lives. Its working-day step is the simplest
one that can be written, so that a fault in the engine's arithmetic does not hide itself.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from models import tables
from models.db import Database, Session
from notifications.callbacks.health import callback_age
from notifications.delivery import outbox_age
from workflow.broken_templates import broken
from workflow.calendar import WorkCalendar
from workflow.context import context
from workflow.daily import PREFIX as DAILY
from workflow.deadlines import clock_time
from workflow.heartbeats import AHEAD
from workflow.watchdog_pointers import skips

SWEEP_GRACE = timedelta(minutes=15)
OUTBOX_GRACE = timedelta(hours=1)
HELD_GRACE = timedelta(hours=4)
DAILY_GRACE = timedelta(hours=26)
RUNNING = ("pending_ack", "in_progress")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should have happened and has not."""

    kind: str
    subject: str
    detail: str

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def examine(db: Database, now: datetime) -> list[Finding]:
    """Every finding, one of a kind for a subject; none means that nothing has been missed."""
    with db.read() as s:
        found = [
            *_stuck_pointers(s, now),
            *_unescalated(s, now),
            *_without_pointer(s),
            *_skipping_pointers(s, now),
            *_outbox(s, now),
            *_callbacks(s, now),
            *_paused(s, now),
            *_held(s, now),
            *_heartbeats(s, now),
            *_deferrals(s),
            *_templates(s),
        ]
    return list({(f.kind, f.subject): f for f in reversed(found)}.values())[::-1]


def _stuck_pointers(s: Session, now: datetime) -> list[Finding]:
    found = []
    for table in (tables.task, tables.issue):
        late = select(table.c.number, table.c.next_rung_at).where(
            table.c.next_rung_at < now - SWEEP_GRACE
        )
        found += [
            Finding("not_swept", row.number, f"due since {row.next_rung_at.isoformat()}")
            for row in s.execute(late)
        ]
    return found


def _unescalated(s: Session, now: datetime) -> list[Finding]:
    """Overdue tasks past their first urging, with no rung above the reminders on record."""
    task, firing = tables.task, tables.rung_firing
    fired = select(firing.c.id).where(
        firing.c.subject == "task:" + func.cast(task.c.id, tables.task.c.number.type),
        firing.c.deadline_version == task.c.deadline_version,
        firing.c.level >= 2,
    )
    late = select(task).where(
        task.c.due_at < now,
        task.c.state.in_(RUNNING),
        task.c.paused_at.is_(None),
        task.c.frozen_at.is_(None),
        task.c.climbed == "",
        ~fired.exists(),
    )
    return [
        Finding("not_escalated", row.number, f"overdue since {row.due_at.isoformat()}")
        for row in s.execute(late)
        if now > _first_rung(s, row) + SWEEP_GRACE
    ]


def _first_rung(s: Session, task: Any) -> datetime:
    """When the first rung after this deadline was due, stepping day by day."""
    ctx = context(s)
    policy = ctx.policy(task.policy_version_id)
    calendar = ctx.calendar(task.lead_unit_id, task.policy_version_id)
    offset = min((r.offset for r in policy.ladder if r.offset > 0), default=1)
    day = _step(calendar.local_date(task.due_at), offset, calendar)
    moment = datetime.combine(day, clock_time(policy.hours.fire_at), calendar.tz)
    return max(moment, task.deadline_since or moment)


def _step(day: date, n: int, calendar: WorkCalendar) -> date:
    while n > 0:
        day += timedelta(days=1)
        n -= calendar.is_working_day(day)
    return day


def _without_pointer(s: Session) -> list[Finding]:
    """Running tasks that nothing will ever look at again, before the ladder's end."""
    task = tables.task
    lost = select(task).where(
        task.c.state.in_(RUNNING),
        task.c.dispatched_at.is_not(None),
        task.c.due_at.is_not(None),
        task.c.paused_at.is_(None),
        task.c.frozen_at.is_(None),
        task.c.next_rung_at.is_(None),
    )
    found = []
    for row in s.execute(lost):
        ladder = context(s).policy(row.policy_version_id).ladder
        if ladder and row.level < max(r.level for r in ladder):
            found.append(Finding("no_next_moment", row.number, "nothing is scheduled for it"))
    return found


def _skipping_pointers(s: Session, now: datetime) -> list[Finding]:
    """Pointers past a moment at which something is to be done, and rungs passed without a trace."""
    found = []
    for skip in skips(s, now, SWEEP_GRACE):
        at = skip.expected.isoformat()
        if skip.missed:
            found.append(Finding("not_escalated", skip.number, f"a rung was due at {at}"))
        elif skip.stored is None:
            found.append(Finding("no_next_moment", skip.number, f"something is due at {at}"))
        else:
            ahead = f"something is due at {at}, the next look is at {skip.stored.isoformat()}"
            found.append(Finding("skipped_ahead", skip.number, ahead))
    return found


def _outbox(s: Session, now: datetime) -> list[Finding]:
    age = outbox_age(s, now)
    if age.oldest is None or age.oldest <= OUTBOX_GRACE:
        return []
    return [Finding("outbox_stuck", "outbox", f"{age.count} waiting, the oldest for {age.oldest}")]


def _callbacks(s: Session, now: datetime) -> list[Finding]:
    age = callback_age(s, now)
    if age.oldest is None or age.oldest <= OUTBOX_GRACE:
        return []
    detail = f"{age.count} waiting, the oldest for {age.oldest}"
    return [Finding("callbacks_stuck", "callbacks", detail)]


def _paused(s: Session, now: datetime) -> list[Finding]:
    """Channels that have been out of order too long."""
    state = tables.channel_state.c
    long = select(state.channel, state.opened_at).where(state.opened_at < now - OUTBOX_GRACE)
    return [
        Finding("channel_paused", row.channel, f"since {row.opened_at.isoformat()}")
        for row in s.execute(long)
    ]


def _held(s: Session, now: datetime) -> list[Finding]:
    """Messages that were held and on which nobody has decided."""
    hold = tables.storm_hold.c
    long = select(hold.id, hold.at).where(hold.state == "held", hold.at < now - HELD_GRACE)
    return [
        Finding("messages_held", f"hold:{row.id}", f"since {row.at.isoformat()}")
        for row in s.execute(long)
    ]


def _heartbeats(s: Session, now: datetime) -> list[Finding]:
    """A job that once ran here and has fallen silent, or was heard at a moment still to come: its
    machine's clock is ahead, or was, and by it nobody would be missed until then."""
    table = tables.heartbeat
    chosen = select(table.c.job, func.max(table.c.at).label("at")).group_by(table.c.job)
    found = []
    for row in s.execute(chosen):
        if is_silent(row.job, row.at, now):
            found.append(Finding("silent", row.job, f"last heard at {row.at.isoformat()}"))
        elif row.at > now + AHEAD:
            ahead = f"it was heard at {row.at.isoformat()}, which is still to come"
            found.append(Finding("clock_ahead", row.job, ahead))
    return found


def is_silent(job: str, at: datetime, now: datetime) -> bool:
    """Whether a job that was last heard at a moment should have been heard since."""
    return now - at > (DAILY_GRACE if job.startswith(DAILY) else SWEEP_GRACE)


def _deferrals(s: Session) -> list[Finding]:
    return [
        Finding("deferred", row.subject, f"{row.attempts} attempts: {row.error}")
        for row in s.execute(select(tables.deferral))
    ]


def _templates(s: Session) -> list[Finding]:
    """Published templates that could not be rendered; the shipped text goes out meanwhile."""
    return [Finding("template_broken", name, reason) for name, reason in broken(s)]
