"""How towns and streets stood with their month tasks: what a board's light is made of (§4)."""

from __future__ import annotations

from datetime import datetime

from models.db import Session
from projects import months
from projects.figures.dates import last_due
from projects.lights.board_rules import MonthTask
from projects.snapshots import gather
from projects.targets.attainment import Board, board
from workflow.context import context

SECTIONS = ("projects", "figures", "targets")
MISSED = frozenset({"behind", "far", "over"})
KEPT = frozenset({"met", "ahead", "on_course", "within"})
LOOK_BACK = 3
"""At least so many months are looked at."""


def tasks_by_board(s: Session, now: datetime) -> dict[int, list[MonthTask]]:
    """By unit: its last month tasks, the newest last, as many as the thresholds of the policy need.

    A month counts once its figures should be in: before, everybody would be behind. The tasks are
    those of one year's plans (戚墅堰街道 has no target, which is not zero).
    """
    last, rules = last_due(s, months.today(s, now)), context(s).policy().project_lights
    most = max(LOOK_BACK, rules.board_red_months, rules.figures_missing_months)
    wanted = months.of_year(months.year_of(last), last)[-most:]
    content = gather(s, last, now, only=SECTIONS)
    boards = [made for plan in content["targets"] if (made := board(content, plan["id"]))]
    return {
        unit["id"]: [_task(boards, unit["name"], month) for month in wanted]
        for unit in content["units"]
        if unit["is_board"] and unit["active"]
    }


def _task(boards: list[Board], region: str, month: str) -> MonthTask:
    states = {
        made.cell(column, region, month).state
        for made in boards
        for column in made.columns
        if column.kind == "target" and made.targets_of(column, region)
    }
    if states & MISSED:
        return MonthTask.MISSED
    if states & KEPT:
        return MonthTask.KEPT
    return MonthTask.SILENT if "unknown" in states else MonthTask.NONE
