"""The statutory calendar as the office keeps it: published years, edits and unit exceptions."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel


class CalendarDay(SQLModel, table=True):
    """A day that differs from its weekday: `holiday` or `workday`; `unit_id` for one unit only."""

    __tablename__ = "calendar_day"
    __table_args__ = (
        Index(
            "ix_calendar_day",
            "day",
            unique=True,
            sqlite_where=text("unit_id IS NULL"),
            postgresql_where=text("unit_id IS NULL"),
        ),
        Index(
            "ix_calendar_day_unit",
            "day",
            "unit_id",
            unique=True,
            sqlite_where=text("unit_id IS NOT NULL"),
            postgresql_where=text("unit_id IS NOT NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    day: date
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    kind: str = Field(max_length=10)
    name: str = Field(default="", max_length=80)
    source: str = Field(default="", max_length=120)


class CalendarYear(SQLModel, table=True):
    """Whether a year's schedule is `official` or still `provisional`; absent means provisional."""

    __tablename__ = "calendar_year"
    year: int = Field(primary_key=True)
    status: str = Field(max_length=12)
    source: str = Field(default="", max_length=120)
