"""Which month tasks of towns and streets were missed: what a board's light is made of (§4)."""

from __future__ import annotations

from datetime import datetime

from models.db import Session
from projects import months
from projects.snapshots import gather
from projects.targets.attainment import Board, board

SECTIONS = ("projects", "figures", "targets")
MISSED = frozenset({"behind", "far"})
KEPT = frozenset({"met", "ahead", "on_course"})
LOOK_BACK = 3
"""Months that are looked at: two missed in a row are red."""


def missed_by_board(s: Session, now: datetime) -> dict[int, list[bool | None]]:
    """By unit: whether a month's task was missed, for the last months that are over, the newest
    last; None: no target, or no figure yet (戚墅堰街道 has no target, which is not zero)."""
    last = months.moved(months.this_month(s, now), -1)
    wanted = months.of_year(months.year_of(last), last)[-LOOK_BACK:]
    content = gather(s, last, now, only=SECTIONS)
    boards = [made for plan in content["targets"] if (made := board(content, plan["id"]))]
    return {
        unit["id"]: [_missed(boards, unit["name"], month) for month in wanted]
        for unit in content["units"]
        if unit["is_board"] and unit["active"]
    }


def _missed(boards: list[Board], region: str, month: str) -> bool | None:
    states = {
        made.cell(column, region, month).state
        for made in boards
        for column in made.columns
        if column.kind == "target" and made.targets_of(column, region)
    }
    if states & MISSED:
        return True
    return False if states & KEPT else None
