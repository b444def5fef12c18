"""超时催办: demands that nobody has taken up in time are chased, once each working day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from config.roles import Role
from models.db import Database, Session
from projects.chasing import each
from projects.demands.base import RECEIVED, D, stream
from projects.telling import tell
from workflow.context import context
from workflow.notice_facts import local


def run(db: Database, now: datetime) -> int:
    """The daily job: tell the desk, and the chief in copy; returns how many demands were chased.

    Idempotent: a notice's key is the demand and the day. Each has a transaction of its own, so
    that one that fails stops no other; the job then fails at its end and is tried again.
    """
    with db.read() as s:
        calendar = context(s).calendar()
        today = calendar.local_date(now)
        late = _late(s, now) if calendar.is_working_day(today) else []
    by_id = {row.id: row for row in late}
    return each(db, by_id, lambda s, key: _chase(s, by_id[key], today.isoformat(), now))


def _late(s: Session, now: datetime) -> list[Any]:
    chosen = select(D.id, D.number, D.enterprise, D.take_up_due_at)
    return list(s.execute(chosen.where(D.state == RECEIVED, D.take_up_due_at < now).order_by(D.id)))


def _chase(s: Session, row: Any, day: str, now: datetime) -> bool:
    still = select(D.id).where(D.id == row.id, D.state == RECEIVED)
    if s.execute(still).first() is None:
        return False
    directory = context(s).directory
    tell(
        s,
        "demand_waiting",
        directory.with_role(Role.TRIAGE_OFFICER),
        subject=stream(row.id),
        occasion=f"late:{day}",
        title=f"{row.number} {row.enterprise}",
        path=f"/demands/{row.number}",
        now=now,
        copies=directory.with_role(Role.OFFICE_CHIEF),
        limit_at=local(row.take_up_due_at, context(s).calendar()),
    )
    return True
