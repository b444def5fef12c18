"""Whether a year's schedule is published: marked by hand where no file has to be imported."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.calendar_days import FIRST_YEAR, LAST_YEAR, bump_calendar
from workflow import system_events
from workflow.calendar_admin import Change
from workflow.calendar_files import STATUSES
from workflow.calendar_store import lock_calendar, refuse_others
from workflow.context import context
from workflow.errors import Malformed, Reason

_YEAR = tables.calendar_year


def set_status(s: Session, year: int, status: str, actor: PersonInfo, now: datetime) -> Change:
    """Mark a year as official or provisional; deadlines over provisional days say so.

    For the keepers of the calendar. Raises `NotAllowed`, `Malformed`. What is so already stays.
    """
    refuse_others(actor, "calendar.import")
    _refuse_bad(year, status)
    lock_calendar(s)
    chosen = select(_YEAR.c.status).where(_YEAR.c.year == year)
    row = s.execute(chosen).one_or_none()
    old = row.status if row is not None else "provisional"
    if old == status:
        return Change(False, context(s).calendar_edition)
    values = {"status": status, "source": actor.name}
    if row is None:
        s.execute(insert(_YEAR).values(year=year, **values))
    else:
        s.execute(update(_YEAR).where(_YEAR.c.year == year).values(**values))
    bump_calendar(s)
    edition = context(s).calendar_edition
    facts = {"year": year, "old": old, "new": status, "edition": edition}
    system_events.append(s, "calendar.status", facts, actor, now)
    return Change(True, edition)


def _refuse_bad(year: int, status: str) -> None:
    if not FIRST_YEAR <= year < LAST_YEAR:
        message = _("{year} is not a year from {first} to {last}.").format(
            year=year, first=FIRST_YEAR, last=LAST_YEAR - 1
        )
        raise Malformed(Reason("calendar_year", message, "year", _("Write it with four digits.")))
    if status not in STATUSES:
        message = _("Unknown status {name}.").format(name=status)
        remedy = _("Use one of: {names}.").format(names=", ".join(STATUSES))
        raise Malformed(Reason("calendar_status", message, "status", remedy))
