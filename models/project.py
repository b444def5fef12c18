"""Projects and annual targets, as the source documents list them."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Numeric, UniqueConstraint
from sqlmodel import Field, SQLModel


class Project(SQLModel, table=True):
    """A project of the library. `code` is the 24-character national code, if it has one."""

    __tablename__ = "project"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=200, unique=True)
    code: str | None = Field(default=None, max_length=24, unique=True)
    board_id: int | None = Field(default=None, foreign_key="unit.id")
    commissioner_id: int | None = Field(default=None, foreign_key="person.id")
    region: str = Field(default="", max_length=80)
    zone: str = Field(default="", max_length=80)
    level: str = Field(default="", max_length=60)
    stage: str = Field(default="", max_length=200)
    total_invest_yi: Decimal | None = Field(default=None, sa_type=Numeric(14, 4))
    plan_year_invest_yi: Decimal | None = Field(default=None, sa_type=Numeric(14, 4))
    attributes: str = Field(default="", max_length=500)
    source: str = Field(default="", max_length=120)
    note: str = Field(default="", max_length=500)


class Target(SQLModel, table=True):
    """One figure of a plan. `value` NULL means that no target was set, which is not zero."""

    __tablename__ = "target"
    __table_args__ = (
        UniqueConstraint("plan", "level", "region", "metric", "kind", "year", "note"),
    )
    id: int | None = Field(default=None, primary_key=True)
    plan: str = Field(max_length=200)
    level: str = Field(max_length=120)
    region: str = Field(max_length=120)
    metric: str = Field(max_length=200)
    unit: str = Field(default="", max_length=40)
    value: Decimal | None = Field(default=None, sa_type=Numeric(18, 4))
    op: str = Field(default="=", max_length=8)
    kind: str = Field(max_length=20)
    year: str = Field(default="", max_length=20)
    source: str = Field(default="", max_length=120)
    note: str = Field(default="", max_length=500)
