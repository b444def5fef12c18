"""Plans of targets, monthly figures and frozen months. Amounts are exact decimals as texts."""

from __future__ import annotations

from pydantic import Field

from web.api.shapes.base import Moment, PageOf, SavedOf, Shape


class PlanLine(Shape):
    """A plan of targets."""

    id: int
    version: int
    name: str
    year: int
    whole: str = Field(description="The region whose rows are totals of the others.")
    rows: int


class PlanLines(Shape):
    """Every plan, newest year first."""

    items: list[PlanLine]


class TargetCell(Shape):
    """A metric of a region; null is not known, or no target, never zero."""

    level: str
    metric: str
    kind: str = Field(description="target, baseline or actual.")
    region: str
    unit: str
    op: str
    target: str | None
    target_to: str | None
    actual: str | None
    attainment: str | None = Field(description="Percent of the target.")
    due: str = Field(description="Percent of the target that is due by the end of the month.")
    gap: str | None = Field(description="Percentage points from what is due.")
    state: str
    rank: int | None
    formula: str = Field(description="Empty: entered by the office.")


class TotalCheck(Shape):
    """A printed total beside the sum of its rows."""

    level: str
    metric: str
    total: str
    summed: str
    rows: int
    op: str = Field(description="The total's operator: =, >=, >, ~ or range.")
    how: str = Field(
        description="equal; at_least: the rows may sum to more; unchecked: about, a range, or an"
        " exact total over rows that are not exact."
    )
    agrees: bool | None = Field(description="null: not checked.")


class GateLine(Shape):
    """A gate for a region."""

    level: str
    name: str
    region: str
    month: str
    rate: str | None
    threshold: str
    n: int
    state: str


class PlanBoard(Shape):
    """A plan at the end of a month."""

    id: int
    version: int
    name: str
    month: str
    frozen: bool
    edition: int | None
    digest: str | None
    cells: list[TargetCell]
    totals: list[TotalCheck]
    gates: list[GateLine]


class MonthFigure(Shape):
    """A project's figures of one month in 亿元; null is not reported."""

    project: int
    name: str
    month: str
    version: int
    reported: str | None
    statistical: str | None
    progress: str
    note: str


class MonthFigures(PageOf):
    """Figures of a month, by project."""

    items: list[MonthFigure]


class MissingFigure(Shape):
    """A project of which no amount is reported for a month, and by when it was to come."""

    project: int
    name: str
    board: str | None
    month: str
    due_on: str


class MissingFigures(PageOf):
    """Missing figures of a month, by project."""

    items: list[MissingFigure]


class FrozenMonth(Shape):
    """An edition of a frozen month."""

    month: str
    edition: int
    at: Moment
    reason: str
    digest: str = Field(description="SHA-256 of the canonical JSON of its content.")


class FrozenMonths(Shape):
    """Frozen months, newest first."""

    items: list[FrozenMonth]


class FiguresDone(Shape):
    """What a report has changed."""

    month: str
    changed: int
    edition: int | None = Field(description="The edition that a correction has made.")


class PlanSaved(SavedOf):
    """A plan as an act has left it; `of` is the row that was added or changed."""


class SheetLine(Shape):
    """A row of a plan as it is edited."""

    id: int
    level: str
    region: str
    metric: str
    unit: str
    value: str = Field(description="A decimal, or a range such as 2-3; empty: no target.")
    op: str
    kind: str
    source: str
    note: str


class SheetMetric(Shape):
    """How a metric's actual figure is found; without a formula the office enters it."""

    level: str
    metric: str
    formula: str
    list: str
    baseline: str


class SheetShare(Shape):
    """What is due by the end of a month, in percent; no metric: of every one."""

    level: str
    metric: str
    month: int
    share: str


class SheetGate(Shape):
    """A gate of a plan."""

    id: int
    level: str
    name: str
    month: int
    formula: str
    list: str
    threshold: str
    source: str


class PlanSheet(Shape):
    """A plan as it is edited."""

    id: int
    version: int
    name: str
    year: int
    whole: str
    ahead_points: str
    behind_points: str
    far_points: str
    source: str
    note: str
    lines: list[SheetLine]
    metrics: list[SheetMetric]
    shares: list[SheetShare]
    gates: list[SheetGate]


class ActualLine(Shape):
    """A row whose figure the office enters, cumulative; null is not known."""

    line: int
    level: str
    region: str
    metric: str
    unit: str
    target: str
    op: str
    value: str | None
    before: str | None = Field(description="Of the last month before that has one.")
    note: str
    version: int = Field(description="Of what was entered; 0: nothing yet.")


class PlanActuals(Shape):
    """Figures of a plan that the office enters, at the end of a month."""

    id: int
    month: str
    edition: int | None = Field(description="Of the frozen month; null: open.")
    items: list[ActualLine]
