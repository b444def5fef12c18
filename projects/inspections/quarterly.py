"""季度督查: the clock suggests one in each quarter, once (S0: 每季度开展项目督查活动)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from config.inspections import rules
from models import tables
from models.db import Database, Session
from projects.history import note
from projects.inspections.numbers import next_number
from projects.telling import office, tell
from workflow.calendar import WorkCalendar
from workflow.context import context

_I = tables.inspection
NAMES = ("一", "二", "三", "四")


def quarter_of(day: date) -> tuple[int, int]:
    """Year and quarter (1-4) of a day."""
    return day.year, (day.month + 2) // 3


def last_day(year: int, quarter: int) -> date:
    """The last day of a quarter."""
    first_after = date(year + quarter // 4, quarter * 3 % 12 + 1, 1)
    return first_after - timedelta(days=1)


def suggested_days(year: int, quarter: int, calendar: WorkCalendar) -> tuple[date, date]:
    """When a quarter's inspection should begin and end: its last working days."""
    end = calendar.roll_backward(last_day(year, quarter))
    n = rules().quarterly.working_days_before_end
    begin = end
    left = n
    while left:
        begin -= timedelta(days=1)
        left -= calendar.is_working_day(begin)
    return begin, end


def run(db: Database, now: datetime) -> int:
    """Suggest the quarter's inspection unless one is there; how many were suggested (0 or 1)."""
    if not rules().quarterly.suggest:
        return 0
    try:
        with db.write() as s:
            return suggest(s, now)
    except IntegrityError:  # another worker was faster
        return 0


def suggest(s: Session, now: datetime) -> int:
    """The same inside a transaction. A quarterly inspection that somebody has planned for days of
    this quarter counts as well, so that nothing is suggested beside it."""
    calendar = context(s).calendar()
    year, quarter = quarter_of(calendar.local_date(now))
    if _is_there(s, year, quarter):
        return 0
    begin, end = suggested_days(year, quarter, calendar)
    values: dict[str, Any] = {
        "number": next_number(s, "DC", year), "kind": "quarterly", "state": "suggested",
        "period": f"{year}-Q{quarter}", "title": f"{year}年第{NAMES[quarter - 1]}季度项目督查",
        "starts_on": begin, "ends_on": end, "created_at": now, "draw": {}, "report": {},
    }  # fmt: skip
    made = int(s.execute(insert(_I).values(**values).returning(_I.c.id)).scalar_one())
    note(s, f"inspection:{made}", "inspection.suggested", {"period": values["period"]}, None, now)
    tell(
        s, "inspection_suggested", office(s, now), subject=f"inspection:{made}",
        occasion="suggested", title=values["title"], path=f"/inspections/{made}", now=now,
        detail=f"{begin.isoformat()} — {end.isoformat()}",
    )  # fmt: skip
    return 1


def _is_there(s: Session, year: int, quarter: int) -> bool:
    first, last = date(year, quarter * 3 - 2, 1), last_day(year, quarter)
    own = _I.c.period == f"{year}-Q{quarter}"
    planned = (_I.c.state != "dropped") & _I.c.starts_on.between(first, last)
    chosen = select(_I.c.id).where(_I.c.kind == "quarterly", own | planned)
    return s.execute(chosen.limit(1)).first() is not None
