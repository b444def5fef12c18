"""Shared by the daily jobs: one subject after the other, and the rhythm in which what is late is
chased: once when it is late, then every N working days."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from models.db import Database, Session
from models.passing import is_away
from projects.twins import table_of
from workflow.calendar import WorkCalendar
from workflow.deadlines import working_days_over

log = logging.getLogger(__name__)


def step(limit: datetime, now: datetime, every: int, calendar: WorkCalendar) -> int:
    """Which chase is due by now: 0 none, 1 from the first working day past the limit, 2 after
    `every` working days more, and so on."""
    over = working_days_over(limit, now, calendar)
    return 0 if over < 1 else 1 + (over - 1) // every


def each(
    db: Database, keys: Iterable[int], act: Callable[[Session, int], bool], makes: str = ""
) -> int:
    """Act on every subject in a transaction of its own; how many were acted on.

    One that fails does not stop the others; it is raised at the end, so that the job is tried
    again and shown as failed. A database that is away or full stops it at once. `makes`: the table
    to which each adds one row; of two workers that add the same one the slower adds nothing, and
    that is no failure.
    """
    done, failed = 0, None
    for key in keys:
        try:
            with db.write() as s:
                done += act(s, key)
        except Exception as error:
            if makes and isinstance(error, IntegrityError) and table_of(error) == makes:
                continue
            if is_away(error):
                raise
            log.exception("subject %d of a daily job", key, extra={"action": "daily.subject"})
            failed = error
    if failed is not None:
        raise failed
    return done
