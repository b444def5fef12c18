"""Rows of the calendar under lock: what importing and single edits share."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.heads import forget_head
from models.queries.calendar_days import load_calendar_days, units_with_exceptions
from workflow.act_words import act_name
from workflow.context import build_calendar, context
from workflow.errors import Malformed, NotAllowed, Reason
from workflow.wording import role_names

KEEPERS = frozenset({Role.SYSADMIN, Role.OFFICE_CHIEF})
"""Who keeps the calendar and may apply batches over all running work."""

Key = tuple[date, int | None]
"""A day, and the unit that alone keeps it (None: everybody)."""
Entry = tuple[str, str]
"""Kind (holiday or workday) and name of a day."""
DAY = tables.calendar_day


def refuse_others(actor: PersonInfo, act: str) -> None:
    """Raise `NotAllowed` unless the actor is a system administrator or the office chief."""
    if actor.roles & KEEPERS:
        return
    raise NotAllowed(Reason(
        "not_allowed",
        _("{person} may not do this: {act}.").format(person=actor.name, act=act_name(act)),
        remedy=_("It takes the role {roles}{scope}.").format(
            roles=role_names(KEEPERS), scope=""
        ),
    ))  # fmt: skip


def lock_calendar(s: Session) -> None:
    """One writer of the calendar at a time."""
    s.execute(select(tables.engine_head.c.id).with_for_update())
    forget_head(s)


def refuse_closed_years(s: Session, years: list[int]) -> None:
    """Look at what was just written: a year in which a unit never works is a typing mistake.

    Raises `Malformed` naming each such year (and unit); whoever commits then must not.
    """
    closed = [
        (year, unit)
        for unit in (None, *sorted(units_with_exceptions(s)))
        for year in years
        if not _opens(s, year, unit)
    ]
    if closed:
        raise Malformed(*(_closed(s, year, unit) for year, unit in closed))


def _opens(s: Session, year: int, unit: int | None) -> bool:
    days = load_calendar_days(s, unit)
    calendar = build_calendar(context(s).policy(), holidays=days.holidays, workdays=days.workdays)
    first, last = date(year, 1, 1), date(year, 12, 31)
    return calendar.working_days_between(first, last, inclusive=True) > 0


def _closed(s: Session, year: int, unit: int | None) -> Reason:
    if unit is None:
        message = _("No day of the year {year} would be worked.").format(year=year)
    else:
        message = _("{unit} would work on no day of the year {year}.").format(
            unit=context(s).directory.unit_name(unit), year=year
        )
    return Reason("calendar_closed", message, "day", _("Leave at least one working day."))


def place(day: date, unit: int | None) -> tuple[Any, Any]:
    """Conditions that find one row."""
    return DAY.c.day == day, DAY.c.unit_id.is_(None) if unit is None else DAY.c.unit_id == unit


def row_of(key: Key, entry: Entry, source: str) -> dict[str, Any]:
    """A row to insert."""
    return {
        "day": key[0], "unit_id": key[1], "kind": entry[0], "name": entry[1],
        "source": source[:120],
    }  # fmt: skip


def day_facts(s: Session, days: dict[Key, Entry]) -> list[list[str]]:
    """Days as they enter the history: date, kind, name, unit's code."""
    units = context(s).directory.units
    return sorted(
        [day.isoformat(), kind, name, units[unit].code if unit is not None else ""]
        for (day, unit), (kind, name) in days.items()
    )
