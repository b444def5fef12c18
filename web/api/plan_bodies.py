"""Bodies of the endpoints that edit plans of targets. Figures are exact decimals as texts."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from config.projects import LISTS
from projects.targets.checks import KINDS, OPS
from projects.targets.formulas import FORMULAS
from web.api.params import INTEGER

MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"
_Short = Annotated[str, Field(max_length=300)]
_Text = Annotated[str, Field(max_length=2000)]
_Figure = Annotated[str, Field(max_length=40)]
_Level = Annotated[str, Field(max_length=300, description="Empty where the plan has none.")]
_Year = Annotated[int, Field(ge=1900, le=2200)]
_Points = Annotated[str, Field(max_length=40, description="Percentage points from what is due.")]
_Value = Annotated[
    str, Field(max_length=80, description="A decimal, or a range such as 2-3; empty: no target.")
]
_Op = Annotated[str, Field(max_length=20, description=f"One of: {' '.join(OPS)}.")]
_Kind = Annotated[str, Field(max_length=20, description=f"One of: {', '.join(KINDS)}.")]
_Formula = Annotated[
    str,
    Field(max_length=60, description=f"One of: {', '.join(FORMULAS)}; empty: entered by hand."),
]
_List = Annotated[str, Field(max_length=40, description=f"One of: {', '.join(LISTS)}.")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _shown(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class NewPlan(_Body):
    """A plan's head; with `copy_of` it begins with another's rows, formulas, tasks and gates."""

    model_config = _shown(name="2026年重点产业项目目标", year=2026, whole="全区", copy_of=1)

    name: _Short
    year: _Year
    whole: _Short = Field(description="The region whose rows are totals of the others.")
    ahead_points: _Points = "0"
    behind_points: _Points = "10"
    far_points: _Points = "30"
    source: _Short = ""
    note: _Text = ""
    copy_of: int | None = Field(default=None, ge=1, le=INTEGER)


class ChangedPlan(_Body):
    """What is to be corrected of a plan's head; what is left out stays."""

    model_config = _shown(behind_points="15", note="以调整后任务为准")

    name: _Short = ""
    year: _Year = 0
    whole: _Short = ""
    ahead_points: _Points = ""
    behind_points: _Points = ""
    far_points: _Points = ""
    source: _Short = ""
    note: _Text = ""


class NewLine(_Body):
    """A row of a plan."""

    model_config = _shown(
        level="市重大项目", region="潞城街道", metric="竣工项目数", unit="个", value="5", op=">="
    )

    level: _Level = ""
    region: _Short
    metric: _Short
    unit: _Short = ""
    value: _Value = ""
    op: _Op = "="
    kind: _Kind = "target"
    source: _Short = ""
    note: _Text = ""


class ChangedLine(_Body):
    """What is to be corrected of a row; what is left out stays."""

    model_config = _shown(value="2-3")

    level: _Level = ""
    region: _Short = ""
    metric: _Short = ""
    unit: _Short = ""
    value: _Value = ""
    op: _Op = ""
    kind: _Kind = ""
    source: _Short = ""
    note: _Text = ""


class MetricRule(_Body):
    """How a metric's actual figure is found: a formula over a list, or none."""

    model_config = _shown(level="市重大项目", metric="竣工项目数", formula="completed", list="city")

    level: _Level = ""
    metric: _Short
    formula: _Formula = ""
    list: _List = ""
    baseline: _Short = Field(default="", description="Of which the figure is the growth.")


class Share(_Body):
    """What is due by the end of a month, in percent of the year's target."""

    month: int = Field(ge=1, le=12)
    share: _Figure


class MonthlyTask(_Body):
    """The monthly task of a metric, or of the plan; no shares: month by month alike."""

    model_config = _shown(shares=[{"month": 6, "share": "45"}, {"month": 12, "share": "100"}])

    level: _Level = ""
    metric: Annotated[str, Field(max_length=300, description="Empty: of every metric.")] = ""
    shares: list[Share] = Field(max_length=12)


class GateRule(_Body):
    """A gate: by the end of the month the rate must reach the threshold, in percent. One of the
    same level and name is changed."""

    model_config = _shown(
        level="市重大项目", name="上半年开工率", month=6, formula="start_rate", list="city",
        threshold="80",
    )  # fmt: skip

    level: _Level = ""
    name: _Short
    month: int = Field(ge=1, le=12)
    formula: _Formula
    list: _List
    threshold: _Figure
    source: _Short = ""


class ActualFigure(_Body):
    """What a row reached by the end of the month, cumulative. What is not named stays as it is;
    null or an empty text takes it back."""

    line: int = Field(ge=1, le=INTEGER)
    value: Annotated[str | None, Field(max_length=40)] = None
    note: _Text | None = None
    version: int | None = Field(
        default=None, ge=0, le=INTEGER, description="The version that was seen; 0: none."
    )


class ActualFigures(_Body):
    """Figures of an open month, or with a reason the chief's correction of a frozen one."""

    model_config = _shown(month="2024-10", figures=[{"line": 1, "value": "3"}])

    month: str = Field(pattern=MONTH)
    figures: list[ActualFigure] = Field(max_length=500)
    reason: str = Field(default="", max_length=1000)
