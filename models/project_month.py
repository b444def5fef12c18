"""Monthly figures of a project: what was reported, and what the statistics office counted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel


class ProjectMonth(SQLModel, table=True):
    """A project's figures OF one month (not cumulative); `month` is "2026-09".

    `reported_wan` is 上报投资, `statistical_wan` 列统投资 (S0 annex 4, note 2: the two are never
    mixed), in whole 万元, so that sums are exact on every database. NULL is "not reported", never
    zero. `progress` is 形象进度 in words at the end of the month.
    """

    __tablename__ = "project_month"
    __table_args__ = (
        UniqueConstraint("project_id", "month"),
        Index("ix_project_month_month", "month", "project_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    project_id: int = Field(foreign_key="project.id")
    month: str = Field(max_length=7)
    reported_wan: int | None = Field(default=None, sa_type=BigInteger)
    statistical_wan: int | None = Field(default=None, sa_type=BigInteger)
    progress: str = Field(default="", max_length=300)
    note: str = Field(default="", max_length=300)
    reported_at: datetime
    reported_by_id: int | None = Field(default=None, foreign_key="person.id")
