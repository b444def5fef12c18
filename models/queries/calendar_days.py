"""Reading and changing the statutory calendar. Every change raises the edition caches watch."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, select, update

from models import tables
from models.db import Session
from models.heads import forget_head

FIRST_YEAR, LAST_YEAR = 1990, 2150


@dataclass(slots=True)
class CalendarDays:
    """Holidays and make-up workdays with their names, and the years officially published."""

    holidays: dict[date, str] = field(default_factory=dict)
    workdays: dict[date, str] = field(default_factory=dict)
    official_years: frozenset[int] = frozenset()

    @property
    def provisional_years(self) -> frozenset[int]:
        """Every year whose schedule is not published: dates in it may still move."""
        return frozenset(range(FIRST_YEAR, LAST_YEAR)) - self.official_years


def load_calendar_days(s: Session, unit_id: int | None = None) -> CalendarDays:
    """The common calendar, with one unit's exceptions laid over it."""
    table = tables.calendar_day
    found = CalendarDays()
    chosen: ColumnElement[bool] = table.c.unit_id.is_(None)
    if unit_id is not None:
        chosen = chosen | (table.c.unit_id == unit_id)
    # the common rows come first, so that a unit's own row replaces them
    for row in s.execute(select(table).where(chosen).order_by(table.c.unit_id.is_not(None))):
        found.holidays.pop(row.day, None)
        found.workdays.pop(row.day, None)
        (found.holidays if row.kind == "holiday" else found.workdays)[row.day] = row.name
    years = select(tables.calendar_year.c.year).where(tables.calendar_year.c.status == "official")
    found.official_years = frozenset(row.year for row in s.execute(years))
    return found


def units_with_exceptions(s: Session) -> frozenset[int]:
    """Units that keep a calendar of their own."""
    column = tables.calendar_day.c.unit_id
    rows = s.execute(select(column).where(column.is_not(None)).distinct())
    return frozenset(row.unit_id for row in rows)


def bump_calendar(s: Session) -> None:
    """Tell every process that the calendar has a new edition; follows each change of it."""
    head = tables.engine_head
    s.execute(update(head).values(calendar_edition=head.c.calendar_edition + 1))
    forget_head(s)
    s.memo["calendar_dirty"] = True
