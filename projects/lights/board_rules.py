"""Lights of towns and streets (domain rules §4): colour, reason, facts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from config.policy_parts import ProjectLightRules
from projects.lights.rules import Lamp


class MonthTask(StrEnum):
    """How a town or street stands with what was due by the end of a month: missed, kept, no figure
    of it anywhere (silent), or nothing asked of it (none)."""

    MISSED = "missed"
    KEPT = "kept"
    SILENT = "silent"
    NONE = "none"


def board_light(tasks: Sequence[MonthTask], rules: ProjectLightRules) -> Lamp:
    """By month tasks, the newest last: missed = yellow, two in a row = red.

    A board that has no task in the newest month is grey: no target is not zero. One that has tasks
    and no figure at all is grey, too, and yellow when that has lasted for months.
    """
    if not tasks or tasks[-1] is MonthTask.NONE:
        return Lamp("grey", "no_month_task")
    if tasks[-1] is MonthTask.SILENT:
        return _silent_board(_in_a_row(tasks), rules)
    row = _in_a_row(tasks) if tasks[-1] is MonthTask.MISSED else 0
    facts = {"missed_in_a_row": row}
    if row >= rules.board_red_months:
        return Lamp("red", "tasks_missed_again", facts)
    return Lamp("yellow", "task_missed", facts) if row else Lamp("green", "on_course", facts)


def _in_a_row(tasks: Sequence[MonthTask]) -> int:
    """How often in a row, to the end, the newest state stands."""
    return next(
        (n for n, one in enumerate(reversed(tasks)) if one is not tasks[-1]), len(tasks)
    )  # fmt: skip


def _silent_board(row: int, rules: ProjectLightRules) -> Lamp:
    light = "yellow" if row >= rules.figures_missing_months else "grey"
    return Lamp(light, "no_figures", {"silent_in_a_row": row})
