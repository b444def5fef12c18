"""How long an issue has been unsolved, and since when it stands at its coordination level.

Both are read from its history: hand-over, relapse, parking and every change of the level. Days
count like deadlines do: working days after the first, parked ones left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Session
from workflow.calendar import WorkCalendar

TAGS = ("issue.dispatch", "issue.relapse", "issue.coordinate", "issue.park", "issue.resume")
CHUNK = 400


@dataclass(slots=True)
class Standing:
    """Where an issue stands. `begin`: the hand-over, or the relapse, from which it is unsolved;
    `since`: when the present level was reached; `raised`: whether any level above L1 was reached
    in this cycle; `cause`, `reason`, `actor_id`: of the newest change of the level."""

    level: int = 1
    begin: datetime | None = None
    since: datetime | None = None
    raised: bool = False
    cause: str = ""
    reason: str = ""
    actor_id: int | None = None
    pauses: list[list[datetime | None]] = field(default_factory=list)

    def take(self, tag: str, at: datetime, data: dict[str, Any], actor_id: int | None) -> None:
        """Add an event, in the order of its chain."""
        if tag == "issue.dispatch":
            self.begin = self.begin or at
        elif tag == "issue.relapse":
            self.begin, self.raised, self.pauses = at, False, []
            self.since = at if self.level > 1 else self.since
        elif tag == "issue.coordinate":
            self._leveled(at, data, actor_id)
        elif tag == "issue.park":
            self.pauses.append([at, None])
        elif self.pauses:
            self.pauses[-1][1] = at

    def _leveled(self, at: datetime, data: dict[str, Any], actor_id: int | None) -> None:
        level = int(data.get("level", 1))
        if level != self.level or self.since is None:
            self.since = at
        self.level, self.actor_id = level, actor_id
        self.raised = self.raised or level > 1
        self.cause, self.reason = str(data.get("cause") or ""), str(data.get("reason") or "")

    def unsolved_days(self, now: datetime, calendar: WorkCalendar) -> int:
        """Working days after the day of the hand-over up to today, without parked ones."""
        return self._days(self.begin, now, calendar)

    def days_at_level(self, now: datetime, calendar: WorkCalendar) -> int:
        """Working days after the day on which the level was reached, without parked ones."""
        return self._days(self.since, now, calendar)

    def _days(self, start: datetime | None, now: datetime, calendar: WorkCalendar) -> int:
        if start is None:
            return 0
        first, today = calendar.local_date(start), calendar.local_date(now)
        spent = days_after(first, today, calendar)
        for begin, end in self.pauses:
            assert begin is not None
            a = max(first, calendar.local_date(begin))
            b = min(today, calendar.local_date(end) if end is not None else today)
            spent -= days_after(a, b, calendar)
        return max(0, spent)


def days_after(first: date, last: date, calendar: WorkCalendar) -> int:
    """Working days after the first day up to the last."""
    if last <= first:
        return 0
    counted = calendar.working_days_between(first, last, inclusive=True)
    return counted - int(calendar.is_working_day(first))


def standings(s: Session, issue_ids: Iterable[int]) -> dict[int, Standing]:
    """The standing of each issue, from its events; a bounded number of statements."""
    ids = sorted(set(issue_ids))
    found = {key: Standing() for key in ids}
    event = tables.event.c
    columns = (event.stream, event.tag, event.at, event.data, event.actor_id)
    for place in range(0, len(ids), CHUNK):
        streams = [f"issue:{key}" for key in ids[place : place + CHUNK]]
        rows = s.execute(
            select(*columns)
            .where(event.stream.in_(streams), event.tag.in_(TAGS))
            .order_by(event.stream, event.seq)
        )
        for row in rows:
            key = int(row.stream.removeprefix("issue:"))
            found[key].take(row.tag, row.at, row.data, row.actor_id)
    return found
