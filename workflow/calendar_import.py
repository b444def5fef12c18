"""Importing the published schedule of a year (format: `workflow.calendar_files`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, insert, select, update

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.calendar_days import bump_calendar
from workflow import system_events
from workflow.calendar_files import CalendarFile, read_calendar, refuse_repeats
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
from workflow.context import context
from workflow.errors import Malformed

_YEAR = tables.calendar_year


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did: years with their status, numbers of days, the calendar's edition.

    A day whose kind or name is new counts as removed and as added. `marked` says that the status
    of a year is another one now.
    """

    years: dict[int, str]
    added: int
    removed: int
    kept: int
    marked: bool
    edition: int

    @property
    def changed(self) -> bool:
        """Whether anything is different from before."""
        return self.marked or bool(self.added or self.removed)


def import_days(s: Session, path: Path | str, actor: PersonInfo, now: datetime) -> ImportResult:
    """Replace the days of the years that a file declares (format: `workflow.calendar_files`).

    Everybody's days of these years are replaced, and of the units that the file names, theirs;
    other units keep their exceptions. Days of the months beside a year are added. All of it or
    nothing: raises `Malformed` with every faulty row, `NotAllowed` for other people. An import
    that changes nothing raises no edition and leaves no event.
    """
    refuse_others(actor, "calendar.import")
    lock_calendar(s)
    found = read_calendar(Path(path))
    units = _units(s, found)
    refuse_repeats(found, units)
    wanted = {(d.day, units[d.unit]): (d.kind, d.name) for d in found.days}
    if found.faults:
        raise Malformed(*found.faults)
    return _replace(s, found, wanted, actor, now)


def _units(s: Session, found: CalendarFile) -> dict[str, int | None]:
    """Ids of the units as written; what is unknown becomes a fault of each row that names it."""
    people, known = context(s).directory, dict[str, int | None]({"": None})
    for line in found.days:
        unit = people.find_unit(line.unit) if line.unit else None
        if line.unit and unit is None:
            message, remedy = _("this unit is unknown."), _("Use the unit's code or full name.")
            found.fault(line.row, "unit", line.unit, message, remedy)
        known[line.unit] = unit.id if unit else None
    if any(fault.field == "unit" for fault in found.faults):
        found.days = [d for d in found.days if not d.unit or known[d.unit] is not None]
    return known


def _replace(
    s: Session, found: CalendarFile, wanted: dict[Key, Entry], actor: PersonInfo, now: datetime
) -> ImportResult:
    stored = _replaced(s, found, wanted)
    removed = {key: e for key, e in stored.items() if wanted.get(key) != e}
    added = {key: e for key, e in wanted.items() if stored.get(key) != e}
    for day, unit in removed:
        s.execute(delete(DAY).where(*place(day, unit)))
    if added:
        s.execute(insert(DAY), [row_of(key, e, found.name) for key, e in added.items()])
    refuse_closed_years(s, sorted(found.years))
    marked = _mark_years(s, found)
    if added or removed or marked:
        bump_calendar(s)
        facts = {"years": {str(y): status for y, status in sorted(found.years.items())}}
        system_events.append(s, "calendar.imported", facts | {
            "file": found.name, "sha256": found.sha256, "added": day_facts(s, added),
            "removed": day_facts(s, removed), "edition": context(s).calendar_edition,
        }, actor, now)  # fmt: skip
    return ImportResult(
        dict(found.years), len(added), len(removed), len(wanted) - len(added), marked,
        context(s).calendar_edition,
    )  # fmt: skip


def _replaced(s: Session, found: CalendarFile, wanted: dict[Key, Entry]) -> dict[Key, Entry]:
    """Stored rows that the file speaks of: its years' (common, and of its units), and repeats."""
    units = {unit for _day, unit in wanted} | {None}
    return {
        (row.day, row.unit_id): (row.kind, row.name)
        for row in s.execute(select(DAY))
        if row.unit_id in units
        and (row.day.year in found.years or (row.day, row.unit_id) in wanted)
    }


def _mark_years(s: Session, found: CalendarFile) -> bool:
    changed = False
    for year, status in found.years.items():
        values = {"status": status, "source": found.name}
        row = s.execute(select(_YEAR.c.status).where(_YEAR.c.year == year)).one_or_none()
        if row is None:
            s.execute(insert(_YEAR).values(year=year, **values))
        elif row.status != status:
            s.execute(update(_YEAR).where(_YEAR.c.year == year).values(**values))
        # a year without a row is provisional already
        changed |= (row.status if row else "provisional") != status
    return changed
