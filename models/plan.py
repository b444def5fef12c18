"""Plans of targets (目标任务): their thresholds, formulas, monthly tasks, gates and actuals."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index, Numeric, UniqueConstraint
from sqlmodel import Field, SQLModel

PERCENT = Numeric(7, 2)


class Plan(SQLModel, table=True):
    """What `target.plan` names. `whole` is the region whose rows are totals of the others.

    `behind_points` and `far_points`: percentage points below 序时进度 from which a figure is
    behind, and above which it is far behind; `ahead_points` above it: ahead.
    """

    __tablename__ = "plan"
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    name: str = Field(max_length=200, unique=True)
    year: int = Field(index=True)
    whole: str = Field(default="", max_length=120)
    ahead_points: Decimal = Field(default=Decimal(0), sa_type=PERCENT)
    behind_points: Decimal = Field(default=Decimal(10), sa_type=PERCENT)
    far_points: Decimal = Field(default=Decimal(30), sa_type=PERCENT)
    source: str = Field(default="", max_length=120)
    note: str = Field(default="", max_length=500)


class PlanMetric(SQLModel, table=True):
    """How a metric's actual figure is found: `formula` is a name of
    `projects.targets.formulas`, empty where the office enters it month by month. `list_code`
    chooses the list that is counted; `baseline` names the metric of last year's figures, where
    it is called otherwise there."""

    __tablename__ = "plan_metric"
    __table_args__ = (UniqueConstraint("plan_id", "level", "metric"),)
    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="plan.id")
    level: str = Field(default="", max_length=120)
    metric: str = Field(max_length=200)
    formula: str = Field(default="", max_length=40)
    list_code: str = Field(default="", max_length=20)
    baseline: str = Field(default="", max_length=200)


class PlanMonth(SQLModel, table=True):
    """The monthly task: which share of the year's target is due by the end of a month, in percent.

    `level` and `metric` empty: for every figure of the plan that has none of its own.
    """

    __tablename__ = "plan_month"
    __table_args__ = (UniqueConstraint("plan_id", "level", "metric", "month"),)
    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="plan.id")
    level: str = Field(default="", max_length=120)
    metric: str = Field(default="", max_length=200)
    month: int
    share: Decimal = Field(sa_type=PERCENT)


class PlanGate(SQLModel, table=True):
    """A gate such as 上半年开工率 ≥ 80 %: by the end of `month` the rate must be reached."""

    __tablename__ = "plan_gate"
    __table_args__ = (UniqueConstraint("plan_id", "level", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="plan.id")
    level: str = Field(default="", max_length=120)
    name: str = Field(max_length=200)
    month: int
    formula: str = Field(max_length=40)
    list_code: str = Field(default="", max_length=20)
    threshold: Decimal = Field(sa_type=PERCENT)
    source: str = Field(default="", max_length=120)


class PlanActual(SQLModel, table=True):
    """An actual figure that the office entered: cumulative to the end of `month` ("2026-09")."""

    __tablename__ = "plan_actual"
    __table_args__ = (
        UniqueConstraint("target_id", "month"),
        Index("ix_plan_actual_month", "month", "target_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    target_id: int = Field(foreign_key="target.id")
    month: str = Field(max_length=7)
    value: Decimal | None = Field(default=None, sa_type=Numeric(18, 4))
    note: str = Field(default="", max_length=300)
    entered_at: datetime
    entered_by_id: int | None = Field(default=None, foreign_key="person.id")
