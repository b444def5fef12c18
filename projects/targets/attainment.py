"""Attainment of targets against 序时进度, worked out from a month's content. Pure.

Attainment is actual ÷ target in percent. What is due by the end of a month is the plan's monthly
task where the plan stores one, else month ÷ 12 (domain rules §4). A region without a target has
no attainment and no rank: no target is not a target of zero. Nor has a limit (≤, <): it is kept
or not, whatever part of the year has gone by.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from projects import months
from projects.sections.shared import decimal
from projects.targets.formulas import Row, evaluate, rate, total
from projects.targets.library_view import Content, LibraryView, Span
from projects.targets.totals import AnnexTotal, totals

Plan = dict[str, Any]
STATES = ("met", "ahead", "on_course", "within", "behind", "far", "over", "unknown", "none")
LIMITS = ("<=", "<")
"""Operators of what must not be exceeded."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A metric of a region: target, actual and how they compare. Percentages and points.

    `ids`: the target rows behind it (several where a list names projects one by one).
    """

    level: str
    metric: str
    region: str
    unit: str
    op: str
    target: Decimal | None
    target_to: Decimal | None
    actual: Decimal | None
    attainment: Decimal | None
    due: Decimal
    gap: Decimal | None
    state: str
    rank: int | None = None
    ids: tuple[int, ...] = ()
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A metric of a level with how its actual figure is found."""

    level: str
    metric: str
    unit: str
    kind: str
    formula: str
    list_code: str
    baseline: str


@dataclass(slots=True)
class Board:
    """A plan at the end of a month: its columns, regions and cells."""

    plan: Plan
    month: str
    view: LibraryView
    columns: list[Column] = field(default_factory=list)
    _rows: dict[tuple[str, str, Span], list[Row] | None] = field(default_factory=dict)
    _targets: dict[tuple[str, str, str, str], list[dict[str, Any]]] = field(init=False)
    _cells: dict[tuple[Column, str], list[Cell]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._targets = defaultdict(list)
        for row in self.plan["rows"]:
            key = (row["level"], row["metric"], row["kind"], row["region"])
            self._targets[key].append(row)

    @property
    def span(self) -> Span:
        """The plan's year up to the month."""
        return Span(self.plan["year"], self.month)

    def levels(self) -> list[str]:
        """The levels in the order of the plan."""
        return list(dict.fromkeys(row["level"] for row in self.plan["rows"]))

    def columns_of(self, level: str) -> list[Column]:
        """The metrics of a level, in the order of the plan."""
        return [column for column in self.columns if column.level == level]

    def regions_of(self, level: str) -> list[str]:
        """The whole first, then the regions; a board without any target stands there, too, as
        soon as others of its kind do."""
        named = dict.fromkeys(r["region"] for r in self.plan["rows"] if r["level"] == level)
        boards = [u["name"] for u in self.view.content["units"] if u["is_board"] and u["active"]]
        if set(named) & set(boards):
            named |= dict.fromkeys(boards)
        whole = self.plan["whole"]
        return [n for n in named if n == whole] + [n for n in named if n != whole]

    def targets_of(self, column: Column, region: str) -> list[dict[str, Any]]:
        """The rows of the plan behind a cell."""
        return self._targets.get((column.level, column.metric, column.kind, region), [])

    def rows_of(self, column: Column, region: str, span: Span | None = None) -> list[Row] | None:
        """The projects behind an actual figure; None where the library cannot tell."""
        found = self._evaluated(column, span or self.span)
        if found is None or region == self.plan["whole"]:
            return found
        return [row for row in found if row.project["counted_board"] == region]

    def _evaluated(self, column: Column, span: Span) -> list[Row] | None:
        key = (column.formula, column.list_code, span)
        if key not in self._rows:
            self._rows[key] = evaluate(self.view, column.formula, column.list_code, span)
        return self._rows[key]

    def actual(self, column: Column, region: str, span: Span | None = None) -> Decimal | None:
        """What was reached: by the formula, or as the office entered it last."""
        if column.formula:
            return total(column.formula, self.rows_of(column, region, span))
        until = (span or self.span).month
        return _entered(self.targets_of(column, region), until)

    def cell(self, column: Column, region: str, month: str = "") -> Cell:
        """A figure at the end of the month, or of an earlier one of the year."""
        month = month or self.month
        rows = self.targets_of(column, region)
        op = rows[0]["op"] if rows else ""
        target = _sum([r["value"] for r in rows])
        actual = self.actual(column, region, Span(self.plan["year"], month))
        if target is None and not actual:
            actual = None  # what was never asked for is blank, not a zero
        due = self.due(column, month)
        measured = actual is not None and target and op not in LIMITS
        attained = rate(actual or Decimal(), target or Decimal()) if measured else None
        gap = None if attained is None else attained - due
        return Cell(
            column.level, column.metric, region, column.unit, op,
            target, decimal(rows[0]["value_to"]) if len(rows) == 1 else None, actual, attained,
            due, gap, self._state(op, target, actual, gap, due), None,
            tuple(r["id"] for r in rows), column.formula,
        )  # fmt: skip

    def due(self, column: Column, month: str) -> Decimal:
        """What share of the year's target is due by the end of a month, in percent."""
        number = months.number_of(month)
        for level, metric in ((column.level, column.metric), (column.level, ""), ("", "")):
            shares = {
                s["month"]: Decimal(s["share"]) for s in self.plan["shares"]
                if (s["level"], s["metric"]) == (level, metric)
            }  # fmt: skip
            if (share := share_by(shares, number)) is not None:
                return share
        return rate(Decimal(number), Decimal(12)) or Decimal()

    def _state(
        self, op: str, target: Decimal | None, actual: Decimal | None, gap: Decimal | None,
        due: Decimal,
    ) -> str:  # fmt: skip
        if target is None:
            return "none"
        if actual is None:
            return "unknown"
        if op in LIMITS:
            return "within" if actual < target or (actual == target and op == "<=") else "over"
        if actual > target or (actual == target and op != ">"):
            return "met"
        return state_of(-due if gap is None else gap, self.plan)

    def row(self, column: Column, level: str) -> list[Cell]:
        """A metric for every region of a level, ranked where there is something to rank."""
        if (column, level) not in self._cells:
            cells = [self.cell(column, region) for region in self.regions_of(level)]
            self._cells[column, level] = ranked(cells, self.plan["whole"])
        return self._cells[column, level]

    def checks(self) -> list[AnnexTotal]:
        """Each printed total beside the sum of its rows: targets and baselines alike."""
        lines = [
            (r["level"], r["metric"], r["region"], decimal(r["value"]), r["op"])
            for r in self.plan["rows"] if r["kind"] in ("target", "baseline")
        ]  # fmt: skip
        return totals(lines, self.plan["whole"])

    def year_before(self, column: Column, region: str) -> Decimal | None:
        """The same figure a year earlier: from the library where it holds that year's list, else
        what the sources state for the whole year."""
        if column.formula:
            found = self.actual(column, region, self.span.year_before)
            if found is not None:
                return found
        wanted = (region, column.baseline or column.metric, column.unit)
        stated = [
            b["value"] for b in self.plan["baselines"]
            if (b["region"], b["metric"], b["unit"]) == wanted
        ]  # fmt: skip
        return decimal(stated[0]) if stated else None


def share_by(shares: Mapping[int, Decimal], month: int) -> Decimal | None:
    """What is due by the end of a month (1 to 12): the task of the last month that names one, none
    before the first. None: no monthly tasks are stored at all."""
    if not shares:
        return None
    return max((share for n, share in shares.items() if n <= month), default=Decimal())


def board(content: Content, plan_id: int) -> Board | None:
    """A plan of the content's year at the content's month; None if there is no such plan."""
    plan = next((p for p in content["targets"] if p["id"] == plan_id), None)
    if plan is None:
        return None
    made = Board(plan, content["month"], LibraryView(content, plan["whole"]))
    made.columns = _columns(plan)
    return made


def _columns(plan: Plan) -> list[Column]:
    known = {(m["level"], m["metric"]): m for m in plan["metrics"]}
    found: dict[tuple[str, str, str], Column] = {}
    for row in plan["rows"]:
        how = known.get((row["level"], row["metric"]), {})
        found.setdefault((row["level"], row["metric"], row["kind"]), Column(
            row["level"], row["metric"], row["unit"], row["kind"], how.get("formula", ""),
            how.get("list_code", ""), how.get("baseline", ""),
        ))  # fmt: skip
    return list(found.values())


def state_of(gap: Decimal, plan: Plan) -> str:
    """Where a figure stands by its distance to 序时进度 in points: behind from `behind_points`
    on, far behind above `far_points` (domain rules §4: 10 to 30 inclusive, above 30)."""
    if gap < -Decimal(plan["far_points"]):
        return "far"
    if gap <= -Decimal(plan["behind_points"]):
        return "behind"
    return "ahead" if gap > Decimal(plan["ahead_points"]) else "on_course"


def ranked(cells: list[Cell], whole: str) -> list[Cell]:
    """The cells with ranks by attainment, best first; equal ones share a rank. The whole and
    whoever has no target, or no actual figure, is not ranked."""
    known = [c.attainment for c in cells if c.region != whole and c.attainment is not None]
    if len(known) < 2:
        return cells
    return [
        replace(c, rank=1 + sum(other > c.attainment for other in known))
        if c.region != whole and c.attainment is not None else c
        for c in cells
    ]  # fmt: skip


def _sum(values: list[str | None]) -> Decimal | None:
    stated = [Decimal(v) for v in values if v is not None]
    return sum(stated, Decimal()) if stated else None


def _entered(rows: list[dict[str, Any]], until: str) -> Decimal | None:
    """The last figure that was entered for each row by a month of the same year, summed."""
    begin = until[:5]
    last = []
    for row in rows:
        known = [m for m in row["actuals"] if m <= until and m.startswith(begin)]
        if known:
            last.append(row["actuals"][max(known)])
    return _sum(last)


def change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """同比 in percent, to one place; None where either is unknown or there was nothing."""
    if now is None or not before:
        return None
    return ((now - before) / before * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
