"""A plan at a month that is not frozen, as the library stands now."""

from __future__ import annotations

from datetime import datetime

from models.db import Session
from projects import snapshots
from projects.live import Live, midnight
from projects.targets.attainment import Board, board

SECTIONS = ("projects", "figures", "targets")
"""What the figures of a plan come from."""
_LIVE: Live[Board | None] = Live(16)


def standing(s: Session, plan_id: int, month: str, now: datetime) -> Board | None:
    """The plan's figures at the month; None if the month's year has no such plan."""

    def make() -> tuple[Board | None, datetime]:
        found = board(snapshots.gather(s, month, now, SECTIONS), plan_id)
        return found, midnight(s, now)

    return _LIVE.get(s, (plan_id, month), now, make)
