"""Tables of targets and of monthly figures: what they would do, and what they have done."""

from __future__ import annotations

from pydantic import Field

from web.api.shapes.base import Shape
from web.api.shapes.targets import TotalCheck


class TargetWas(Shape):
    """What stands in a plan where a table would change it."""

    op: str
    value: str | None
    value_to: str | None


class TargetRow(Shape):
    """A row of a table of targets that would change something."""

    row: int = Field(description="Its number in the file.")
    change: str = Field(description="new or changed.")
    plan: str
    year: str
    level: str
    region: str
    metric: str
    unit: str
    kind: str
    op: str
    value: str | None = Field(description="null: no target.")
    value_to: str | None = Field(description="The upper end of a range.")
    source: str
    note: str
    before: TargetWas | None


class PlanTotal(TotalCheck):
    """A printed total of a table beside the sum of its rows."""

    plan: str


class TargetTableTaken(Shape):
    """How many rows of a table of targets were new, changed or as they stood."""

    new: int
    changed: int
    unchanged: int


class TargetTable(TargetTableTaken):
    """What a table of targets would do."""

    digest: str = Field(description="Of what it would do; send it as `expect`.")
    changes: list[TargetRow]
    totals: list[PlanTotal]


class ReportedFigures(Shape):
    """Figures of a project in a month, in 亿元; null is not reported."""

    reported: str | None
    statistical: str | None
    progress: str
    note: str


class FigureRow(Shape):
    """A row of a table of monthly figures that would change something."""

    row: int = Field(description="Its number in the file.")
    project: int
    name: str
    before: ReportedFigures
    after: ReportedFigures


class FigureTableTaken(Shape):
    """How many rows a table of monthly figures had, and how many changed something."""

    month: str
    rows: int
    changed: int


class FigureTable(Shape):
    """What a table of monthly figures would do."""

    month: str
    digest: str = Field(description="Of what it would do; send it as `expect`.")
    rows: int
    changes: list[FigureRow]
