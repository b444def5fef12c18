"""Snapshot section `period`: from when to when a month goes, and what its figures go by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from models.db import Session
from projects import months
from workflow.chain import instant
from workflow.context import context


@dataclass(frozen=True, slots=True)
class Span:
    """A month from its first moment to the one after its last; `until`: what counts as seen."""

    begin: datetime
    end: datetime
    until: datetime

    def saw(self, moment: datetime | None) -> bool:
        """Whether it lies in the month, as far as that was seen."""
        return moment is not None and self.begin <= moment <= self.until

    def holds(self, moment: datetime | None) -> bool:
        """Whether it lies in the month, be it still to come."""
        return moment is not None and self.begin <= moment < self.end


def span(s: Session, month: str, now: datetime) -> Span:
    """A month in the zone's time. What came after its last moment is never seen, however late it
    is frozen; while it runs, what has happened by now is."""
    zone = context(s).calendar().tz
    begin = datetime.combine(months.first_day(month), time(), zone)
    end = datetime.combine(months.first_day(months.moved(month, 1)), time(), zone)
    return Span(begin, end, min(end - timedelta(microseconds=1), now))


def gather(s: Session, month: str, now: datetime) -> list[dict[str, Any]]:
    """One row: the moments in UTC, and below how many cases no rank is given."""
    found = span(s, month, now)
    return [
        {
            "id": 1, "begin": instant(found.begin), "end": instant(found.end),
            "until": instant(found.until), "rank_from": context(s).policy().figures.rank_from,
        }
    ]  # fmt: skip
