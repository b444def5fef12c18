"""Evaluation a year after the start of production (S2 2.7), and commitments (S2 2.5)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, Numeric, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.fields import json_field

FIGURE = Numeric(14, 4)
"""Exact; the unit stands beside it."""


class Evaluation(SQLModel, table=True):
    """The evaluation of a project (绩效评估), once per project.

    `state`: open → answered → graded; back to open when returned. `due_on` is the day on which
    the project has been in production for a year, `limit_at` when the next step (the figures,
    then the grade) is due. `chased`
    is the last step of chasing. `facts` freezes what the grade was given on.
    """

    __tablename__ = "evaluation"
    __table_args__ = (
        Index(
            "ix_evaluation_open",
            "limit_at",
            sqlite_where=text("state != 'graded'"),
            postgresql_where=text("state != 'graded'"),
        ),
        Index("ix_evaluation_unit", "unit_id", "state"),
    )
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    project_id: int = Field(foreign_key="project.id", unique=True)
    production_on: date
    due_on: date
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    created_at: datetime
    limit_at: datetime
    state: str = Field(default="open", max_length=12)
    round: int = Field(default=1)
    chased: int = Field(default=0)
    layout: str = Field(default="", max_length=1000)
    driving: str = Field(default="", max_length=1000)
    innovation: str = Field(default="", max_length=1000)
    answered_at: datetime | None = Field(default=None)
    answered_by_id: int | None = Field(default=None, foreign_key="person.id")
    opinion: str = Field(default="", max_length=1000)
    grade: str = Field(default="", max_length=8)
    graded_at: datetime | None = Field(default=None)
    graded_by_id: int | None = Field(default=None, foreign_key="person.id")
    facts: dict[str, Any] = json_field(default_factory=dict)


class EvaluationFigure(SQLModel, table=True):
    """One figure of an evaluation. `indicator` is a code of the rules, or `commitment:ID` for what
    a commitment alone asks. `value` NULL is "not stated"; then `note` says why."""

    __tablename__ = "evaluation_figure"
    __table_args__ = (UniqueConstraint("evaluation_id", "indicator"),)
    id: int | None = Field(default=None, primary_key=True)
    evaluation_id: int = Field(foreign_key="evaluation.id")
    indicator: str = Field(max_length=40)
    unit: str = Field(max_length=30)
    value: Decimal | None = Field(default=None, sa_type=FIGURE)
    note: str = Field(default="", max_length=300)


class Commitment(SQLModel, table=True):
    """A promised figure (承诺指标) of an agreement, checked at the evaluation.

    `indicator` is a code of the rules, or empty for another, which `name` tells. `result`: empty
    until checked, then met, not_met or unknown, with `reason` a code and `figure` what it was
    held against.
    """

    __tablename__ = "commitment"
    __table_args__ = (Index("ix_commitment_project", "project_id", "id"),)
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    project_id: int = Field(foreign_key="project.id")
    indicator: str = Field(default="", max_length=40)
    name: str = Field(max_length=100)
    op: str = Field(max_length=2)
    value: Decimal = Field(sa_type=FIGURE)
    unit: str = Field(max_length=30)
    by_on: date | None = Field(default=None)
    agreement: str = Field(default="", max_length=200)
    attached_at: datetime
    attached_by_id: int | None = Field(default=None, foreign_key="person.id")
    active: bool = Field(default=True)
    result: str = Field(default="", max_length=10)
    reason: str = Field(default="", max_length=20)
    figure: Decimal | None = Field(default=None, sa_type=FIGURE)
    checked_at: datetime | None = Field(default=None)
    issue_id: int | None = Field(default=None, foreign_key="issue.id", unique=True)
