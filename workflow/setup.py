"""First contents of a database: policy and workflow in force, statutory calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import chinese_calendar
from sqlalchemy import insert, select, update

from config.policy import parse_policy, shipped_policy
from config.texts import digest
from config.workflow_definition import parse_workflow, shipped_workflow
from models import tables
from models.db import Session
from models.heads import forget_head
from models.queries.calendar_days import bump_calendar

SEEDED_YEARS = range(2008, 2027)
"""Years whose schedule `chinesecalendar` has from the State Council's notices."""


def install(
    s: Session, now: datetime, *, policy: str | None = None, workflow: str | None = None
) -> None:
    """Put the shipped definitions in force and seed the calendar; harmless when repeated."""
    if s.execute(select(tables.engine_head.c.id)).one_or_none() is not None:
        return
    policy_id = store(s, tables.policy_version, policy or shipped_policy(), now)
    workflow_id = store(s, tables.workflow_version, workflow or shipped_workflow(), now)
    s.execute(
        insert(tables.engine_head).values(
            id=1,
            policy_version_id=policy_id,
            workflow_version_id=workflow_id,
            calendar_edition=1,
            organisation_edition=1,
        )
    )
    seed_calendar(s)


def store(s: Session, table: Any, source: str, now: datetime) -> int:
    """Id of a definition's text, stored once. Refuses a text that cannot be read."""
    (parse_policy if table is tables.policy_version else parse_workflow)(source)
    key = digest(source)
    row = s.execute(select(table.c.id).where(table.c.digest == key)).one_or_none()
    if row is not None:
        return int(row.id)
    s.memo["definitions_dirty"] = True  # until it commits, nobody else may see this version
    created = s.execute(insert(table).values(digest=key, source=source, created_at=now))
    assert created.inserted_primary_key is not None
    return int(created.inserted_primary_key[0])


def activate(s: Session, *, policy_id: int | None = None, workflow_id: int | None = None) -> None:
    """Put stored versions in force for what is dispatched from now on."""
    values = {"policy_version_id": policy_id, "workflow_version_id": workflow_id}
    chosen = {k: v for k, v in values.items() if v is not None}
    if chosen:
        s.execute(update(tables.engine_head).values(**chosen))
        forget_head(s)


def seed_calendar(s: Session) -> None:
    """Statutory holidays and make-up workdays of the published years."""
    rows = [row for year in SEEDED_YEARS for row in _year(year)]
    s.execute(insert(tables.calendar_day), rows)
    s.execute(
        insert(tables.calendar_year),
        [
            {"year": year, "status": "official", "source": "chinesecalendar"}
            for year in SEEDED_YEARS
        ],
    )
    bump_calendar(s)


@cache  # the package searches all its years for each day asked
def _year(year: int) -> list[dict[str, Any]]:
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    return [row for day in days if day.year == year and (row := _special(day)) is not None]


def _special(day: date) -> dict[str, Any] | None:
    """A row for a day that differs from its weekday; weekends that are holidays are named too."""
    on_holiday, name = chinese_calendar.get_holiday_detail(day)
    weekend = day.weekday() >= 5
    if on_holiday and (not weekend or name):
        return _row(day, "holiday", name)
    if not on_holiday and weekend:
        return _row(day, "workday", name)
    return None


def _row(day: date, kind: str, name: str | None) -> dict[str, Any]:
    return {
        "day": day,
        "unit_id": None,
        "kind": kind,
        "name": NAMES.get(name or "", name or ""),
        "source": "chinesecalendar",
    }


NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利七十周年纪念日",
}
