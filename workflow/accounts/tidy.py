"""Rows that have served: counts of addresses, old sessions, answers to repeated API calls."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete

from config.settings import settings
from models import tables
from models.db import Session

KEEP_SESSIONS = timedelta(days=180)
"""Six months (网络安全法 art. 23(3)); who signed in when stays in the system's history for ever."""
KEEP_ANSWERS = timedelta(days=7)
"""How long a creating call may be repeated under its key."""
KEEP_MARKS = timedelta(days=1)
"""Whoever lost the answer to a commit asks after it within seconds (`models.marks`)."""


def tidy(s: Session, now: datetime) -> int:
    """Remove them; returns how many. Meant for the scheduler, once a day."""
    throttle, session = tables.login_throttle, tables.login_session
    answer, mark = tables.idempotency_key, tables.commit_mark
    window = now - timedelta(minutes=settings().signin_window_minutes)
    gone = (
        delete(throttle).where(throttle.c.window_start < window),
        delete(session).where(session.c.expires_at < now - KEEP_SESSIONS),
        delete(answer).where(answer.c.created_at < now - KEEP_ANSWERS),
        delete(mark).where(mark.c.at < now - KEEP_MARKS),
    )
    return sum(int(s.execute(statement).rowcount) for statement in gone)
