"""Plans of targets, monthly figures and frozen months. Amounts are exact decimals as texts."""

from __future__ import annotations

from pydantic import Field

from web.api.shapes.base import Moment, PageOf, Shape


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
    agrees: bool


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
