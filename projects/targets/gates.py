"""Half-year gates such as 上半年开工率 ≥ 80 % (S2 2.3, S3 3.7), data of each plan. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from projects.targets.attainment import Board
from projects.targets.formulas import Row, evaluate, total
from projects.targets.library_view import Span


@dataclass(frozen=True, slots=True)
class GateResult:
    """A gate for one region. `state`: passed, open (its month has not come), failed, unknown.

    `n` counts the projects of the denominator; a rate of few projects says little.
    """

    gate: dict[str, Any]
    region: str
    at: str
    rate: Decimal | None
    n: int
    state: str

    @property
    def threshold(self) -> Decimal:
        """The percentage that must be reached."""
        return Decimal(self.gate["threshold"])


def gates(board: Board) -> list[GateResult]:
    """Every gate of the plan for the whole, then for each board of the zone that has projects.

    Before its month a gate shows the rate so far; afterwards the rate at the end of that month,
    whatever came later.
    """
    found = []
    for gate in board.plan["gates"]:
        found.append(_judge(board, gate, board.plan["whole"]))
        found += [one for one in (_judge(board, gate, n) for n in _boards(board)) if one.n]
    return found


def gate_rows(board: Board, gate: dict[str, Any], region: str) -> list[Row] | None:
    """The projects behind a gate's rate."""
    rows = evaluate(board.view, gate["formula"], gate["list_code"], _span(board, gate))
    if rows is None or region == board.plan["whole"]:
        return rows
    return [row for row in rows if row.project["counted_board"] == region]


def _span(board: Board, gate: dict[str, Any]) -> Span:
    year = board.plan["year"]
    return Span(year, min(board.month, f"{year:04d}-{gate['month']:02d}"))


def _boards(board: Board) -> list[str]:
    return [u["name"] for u in board.view.content["units"] if u["is_board"]]


def _judge(board: Board, gate: dict[str, Any], region: str) -> GateResult:
    rows = gate_rows(board, gate, region)
    found = total(gate["formula"], rows)
    due = f"{board.plan['year']:04d}-{gate['month']:02d}"
    return GateResult(
        gate, region, due, found, len(rows or ()), _state(gate, found, board.month >= due)
    )


def _state(gate: dict[str, Any], found: Decimal | None, due: bool) -> str:
    if found is None:
        return "unknown"
    if found >= Decimal(gate["threshold"]):
        return "passed"
    return "failed" if due else "open"
