"""The figures of a month that is not frozen: kept until the next moment that any fact names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from models.db import Session
from projects import snapshots
from projects.kpi.base import Content
from projects.kpi.compute import Table, table
from projects.live import Live, midnight
from workflow.chain import instant

MOMENTS = {
    "tasks": ("ack_due", "due", "original_due"),
    "lookbacks": ("due",),
    "orders": ("limit",),
    "demands": ("take_up_due",),
}
"""Moments of a section's rows that may lie ahead, and make a difference when they come."""
_LIVE: Live[tuple[Content, Table]] = Live(4)


def standing(s: Session, month: str, now: datetime) -> tuple[Content, Table]:
    """The facts and figures of a month as it stands."""

    def make() -> tuple[tuple[Content, Table], datetime]:
        content = snapshots.gather(s, month, now)
        return (content, table(content)), _holds_until(s, content, now)

    return _LIVE.get(s, month, now, make)


def _holds_until(s: Session, content: Content, now: datetime) -> datetime:
    seen, end = instant(now), midnight(s, now)
    ahead = min((moment for moment in _moments(content) if moment >= seen), default=None)
    return end if ahead is None else min(end, datetime.fromisoformat(ahead))


def _moments(content: Content) -> Iterator[str]:
    for section, names in MOMENTS.items():
        for row in content[section]:
            yield from (row[name] for name in names if row[name] is not None)
