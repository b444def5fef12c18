"""Annual targets, as the source documents list them."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Numeric, UniqueConstraint
from sqlmodel import Field, SQLModel


class Target(SQLModel, table=True):
    """One figure of a plan. `value` NULL means that no target was set, which is not zero.

    `op` is one of = >= > ~ range; `value_to` is the upper end of a range. `kind` is target,
    baseline or actual.
    """

    __tablename__ = "target"
    __table_args__ = (
        UniqueConstraint("plan", "level", "region", "metric", "kind", "year", "note"),
    )
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    plan: str = Field(max_length=200)
    level: str = Field(max_length=120)
    region: str = Field(max_length=120)
    metric: str = Field(max_length=200)
    unit: str = Field(default="", max_length=40)
    value: Decimal | None = Field(default=None, sa_type=Numeric(18, 4))
    value_to: Decimal | None = Field(default=None, sa_type=Numeric(18, 4))
    op: str = Field(default="=", max_length=8)
    kind: str = Field(max_length=20)
    year: str = Field(default="", max_length=20)
    source: str = Field(default="", max_length=120)
    note: str = Field(default="", max_length=500)
