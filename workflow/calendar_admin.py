"""Keeping the statutory calendar: importing a published year, and days of single units.

Nothing here moves a deadline: `workflow.recompute` previews that and applies it as a batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, insert, select

from config.i18n import gettext as _
from models.db import Session
from models.directory import PersonInfo
from models.queries.calendar_days import bump_calendar
from workflow import system_events
from workflow.calendar_files import KINDS
from workflow.calendar_import import ImportResult, import_days
from workflow.calendar_store import (
    DAY,
    Entry,
    Key,
    day_facts,
    lock_calendar,
    place,
    refuse_closed_years,
    refuse_others,
    row_of,
)
from workflow.calendar_years import DayView, YearView, find_unit_id, show_year
from workflow.commands.base import clean
from workflow.context import context
from workflow.errors import Malformed, Reason
from workflow.recompute import Batch, Redating, apply_recompute, plan_recompute

__all__ = [
    "Batch", "Change", "DayView", "ImportResult", "Redating", "YearView", "apply_recompute",
    "import_days", "plan_recompute", "remove_exception", "set_exception", "show_year",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """Whether a single day was changed, and the calendar's edition afterwards."""

    changed: bool
    edition: int


def set_exception(
    s: Session, unit: str | None, day: date, kind: str, name: str, actor: PersonInfo, now: datetime
) -> Change:
    """Make one day a holiday or a workday for a unit (code or name), or for all (None).

    Raises `NotAllowed`, or `Malformed` for an unknown unit or kind, a bad name, or when the unit
    would then work on no day of the year. Setting what is set already changes nothing.
    """
    refuse_others(actor, "calendar.exception")
    lock_calendar(s)
    unit_id, entry = find_unit_id(s, unit), (_kind(kind), clean("name", name, most=80))
    old = _stored(s, day, unit_id)
    if old == entry:
        return Change(False, context(s).calendar_edition)
    s.execute(delete(DAY).where(*place(day, unit_id)))
    s.execute(insert(DAY), [row_of((day, unit_id), entry, actor.name)])
    refuse_closed_years(s, [day.year])
    return _changed(s, "calendar.exception", (day, unit_id), old, entry, actor, now)


def remove_exception(
    s: Session, unit: str | None, day: date, actor: PersonInfo, now: datetime
) -> Change:
    """Take a unit's exception (or, with None, everybody's) back; nothing there changes nothing."""
    refuse_others(actor, "calendar.exception")
    lock_calendar(s)
    unit_id = find_unit_id(s, unit)
    old = _stored(s, day, unit_id)
    if old is None:
        return Change(False, context(s).calendar_edition)
    s.execute(delete(DAY).where(*place(day, unit_id)))
    return _changed(s, "calendar.exception", (day, unit_id), old, None, actor, now)


def _kind(text: str) -> str:
    if text not in KINDS:
        raise Malformed(Reason(
            "calendar_kind", _("Unknown kind of day {name}.").format(name=text), "kind",
            _("Use one of: {names}.").format(names=", ".join(KINDS)),
        ))  # fmt: skip
    return KINDS[text]


def _stored(s: Session, day: date, unit: int | None) -> Entry | None:
    row = s.execute(select(DAY).where(*place(day, unit))).one_or_none()
    return (row.kind, row.name) if row is not None else None


def _changed(
    s: Session, tag: str, key: Key, old: Entry | None, new: Entry | None,
    actor: PersonInfo, now: datetime,
) -> Change:  # fmt: skip
    bump_calendar(s)
    edition = context(s).calendar_edition
    system_events.append(s, tag, {
        "added": day_facts(s, {key: new} if new else {}),
        "removed": day_facts(s, {key: old} if old else {}), "edition": edition,
    }, actor, now)  # fmt: skip
    return Change(True, edition)
