"""Figures of a frozen month as they were stored when it was frozen."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Index, Numeric, UniqueConstraint
from sqlmodel import Field, SQLModel

FIGURE = Numeric(20, 4)


class KpiValue(SQLModel, table=True):
    """One figure of one scope ("zone", "class:town", "unit:7"), out of one snapshot.

    Rows never change: the database refuses it. Which rows of the snapshot are behind numerator
    and denominator is worked out from the snapshot itself (`projects.kpi`).
    """

    __tablename__ = "kpi_value"
    __table_args__ = (
        UniqueConstraint("snapshot_id", "kpi", "scope"),
        Index("ix_kpi_value_trend", "kpi", "scope", "period"),
    )
    id: int | None = Field(default=None, primary_key=True)
    snapshot_id: int = Field(foreign_key="snapshot.id")
    period: str = Field(max_length=10)
    scope: str = Field(max_length=20)
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    kpi: str = Field(max_length=40)
    sort: str = Field(max_length=10)
    numerator: Decimal = Field(sa_type=FIGURE)
    denominator: Decimal = Field(sa_type=FIGURE)
    n: int
