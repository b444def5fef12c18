"""目标完成率: actual ÷ target, for each figure of the year's plans that has a target. Pure.

A region without a target has no such figure: blank, never zero (戚墅堰街道). Nor has a limit (≤):
more of it is not better. What is actual is
worked out by `projects.targets.attainment`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from projects.kpi.base import SHARE, Content, Figure
from projects.kpi.scopes import ZONE, units_of
from projects.targets.attainment import LIMITS, Board, Cell, board

PREFIX = "target:"


@dataclass(frozen=True, slots=True)
class TargetName:
    """What a target's figure is about."""

    key: str
    plan: str
    level: str
    metric: str
    unit: str
    shared: bool = False

    @property
    def title(self) -> str:
        """What it is called among others of its year."""
        parts = (self.plan if self.shared else "", self.level, self.metric)
        return " · ".join(part for part in parts if part)


def figures(content: Content) -> list[Figure]:
    """One figure for each target of a unit or of the whole that has an actual figure."""
    units = {unit.name: unit.scope for unit in units_of(content)}
    found = []
    for plan in content.get("targets", []):
        made = board(content, plan["id"])
        for cell in _cells(made) if made is not None else []:
            scope = ZONE if cell.region == plan["whole"] else units.get(cell.region)
            if scope and cell.target and cell.actual is not None and cell.op not in LIMITS:
                found.append(_figure(made, cell, scope))
    return found


def _cells(made: Board) -> list[Cell]:
    return [
        made.cell(column, region)
        for level in made.levels()
        for column in made.columns_of(level)
        if column.kind == "target"
        for region in made.regions_of(level)
    ]


def _figure(made: Board | None, cell: Cell, scope: str) -> Figure:
    assert made is not None and cell.target is not None and cell.actual is not None
    column = next(c for c in made.columns if (c.level, c.metric) == (cell.level, cell.metric))
    rows = (made.rows_of(column, cell.region) if cell.formula else None) or []
    above = tuple(f"project:{row.project['id']}" for row in rows)
    below = tuple(f"target:{key}" for key in cell.ids)
    return Figure(_key(cell), SHARE, scope, cell.actual, cell.target, len(cell.ids), above, below)


def _key(cell: Cell) -> str:
    return PREFIX + str(min(cell.ids))


def names(content: Content) -> dict[str, TargetName]:
    """What each target's figure is about, by its key; the plan is named where several plans of the
    year have the metric."""
    plans = content.get("targets", [])
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for plan in plans:
        for row in plan["rows"]:
            owners[row["level"], row["metric"]].add(plan["name"])
    return {
        PREFIX + str(row["id"]): TargetName(
            PREFIX + str(row["id"]), plan["name"], row["level"], row["metric"], row["unit"],
            len(owners[row["level"], row["metric"]]) > 1,
        )
        for plan in plans
        for row in plan["rows"]
    }  # fmt: skip
