"""The project (项目): what the loop exists for. Domain rules §10."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, Numeric, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.fields import json_field

YI = Numeric(14, 4)
"""亿元, or 万美元 where a column says so; exact."""


class Project(SQLModel, table=True):
    """A project of the library. `code` is the 24-character national code, if it has one.

    `board_id` is where the project lies (属地板块); `attributed_board_id`, where set, is whose
    figures it counts in (S0 annex 4, note 1). `stage` is one of `config.projects.STAGES` and
    is written by `projects.library.stages` alone, `light` by `projects.lights.setting`.
    `stated_stage` and `level` are what the source says, word for word. Money:
    `total_invest_yi` in 亿元, `total_invest_usd_wan` in 万美元; NULL is "not stated", never zero.
    """

    __tablename__ = "project"
    __table_args__ = (
        Index("ix_project_board", "board_id", "id"),
        Index("ix_project_stage", "stage", "light", "id"),
        Index(
            "ix_project_commissioner",
            "commissioner_id",
            sqlite_where=text("commissioner_id IS NOT NULL"),
            postgresql_where=text("commissioner_id IS NOT NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    name: str = Field(max_length=200, unique=True)
    code: str | None = Field(default=None, max_length=24, unique=True)
    parent_id: int | None = Field(default=None, foreign_key="project.id")
    merged_into_id: int | None = Field(default=None, foreign_key="project.id")
    board_id: int | None = Field(default=None, foreign_key="unit.id")
    attributed_board_id: int | None = Field(default=None, foreign_key="unit.id")
    attribution_reason: str = Field(default="", max_length=300)
    commissioner_id: int | None = Field(default=None, foreign_key="person.id")
    region: str = Field(default="", max_length=80)
    zone: str = Field(default="", max_length=80)
    level: str = Field(default="", max_length=60)
    stated_stage: str = Field(default="", max_length=200)
    stage: str = Field(default="intention", max_length=12)
    stage_since: date | None = Field(default=None)
    owner: str = Field(default="", max_length=200)
    owner_credit_code: str = Field(default="", max_length=18)
    contact: str = Field(default="", max_length=60)
    contact_phone: str = Field(default="", max_length=30)
    address: str = Field(default="", max_length=200)
    park: str = Field(default="", max_length=80)
    industry: str = Field(default="", max_length=8)
    nature: str = Field(default="", max_length=12)
    foreign_funded: bool | None = Field(default=None)
    carried_over: bool = Field(default=False)
    year: int | None = Field(default=None)
    total_invest_yi: Decimal | None = Field(default=None, sa_type=YI)
    total_invest_usd_wan: Decimal | None = Field(default=None, sa_type=YI)
    plan_year_invest_yi: Decimal | None = Field(default=None, sa_type=YI)
    content: str = Field(default="", max_length=2000)
    capacity: str = Field(default="", max_length=300)
    land_mu: Decimal | None = Field(default=None, sa_type=YI)
    plan_start_on: date | None = Field(default=None)
    actual_start_on: date | None = Field(default=None)
    plan_finish_on: date | None = Field(default=None)
    actual_finish_on: date | None = Field(default=None)
    in_production_on: date | None = Field(default=None)
    in_statistics_on: date | None = Field(default=None)
    physical_progress: str = Field(default="", max_length=300)
    attributes: str = Field(default="", max_length=500)
    source: str = Field(default="", max_length=120)
    note: str = Field(default="", max_length=500)
    light: str = Field(default="green", max_length=10)
    light_reason: str = Field(default="", max_length=200)
    light_facts: dict[str, Any] = json_field(default_factory=dict)
    light_on: date | None = Field(default=None)
    """The day for which the light was computed last (a lights job runs once a day)."""


class ProjectListing(SQLModel, table=True):
    """A project's place on one list of one year: 省 / 市 / 区 / 工业列统, several at once.

    `list_code` is one of `config.projects.LISTS`; `library` and `source_id` name the project in
    the library that the list came from (S0 0.10).
    """

    __tablename__ = "project_listing"
    __table_args__ = (
        UniqueConstraint("project_id", "list_code", "year"),
        Index("ix_project_listing_list", "list_code", "year", "project_id"),
        Index(
            "ix_project_listing_source",
            "library",
            "source_id",
            "year",
            unique=True,
            sqlite_where=text("source_id != ''"),
            postgresql_where=text("source_id != ''"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    list_code: str = Field(max_length=20)
    year: int
    library: str = Field(default="", max_length=60)
    source_id: str = Field(default="", max_length=80)
    carried_over: bool = Field(default=False)
    listed_on: date | None = Field(default=None)
    removed_on: date | None = Field(default=None)
    note: str = Field(default="", max_length=300)


class ProjectStage(SQLModel, table=True):
    """One dated step through 意向、签约、预备、开工、竣工、评估; a correction adds a row."""

    __tablename__ = "project_stage"
    __table_args__ = (Index("ix_project_stage_project", "project_id", "id"),)
    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    stage: str = Field(max_length=12)
    since: date
    recorded_at: datetime
    recorded_by_id: int | None = Field(default=None, foreign_key="person.id")
    note: str = Field(default="", max_length=300)


class ProjectDuty(SQLModel, table=True):
    """A place in a project's chain of responsibility (S3 3.5), dated; `until` empty: in force.

    `role` is one of `config.projects.DUTIES`. A unit and a person of the directory, or a name of
    somebody outside of it (which gives no rights). The board and the commissioner in force stand
    in `project.board_id` and `project.commissioner_id` too, from which the rights come.
    """

    __tablename__ = "project_duty"
    __table_args__ = (Index("ix_project_duty_project", "project_id", "role"),)
    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    role: str = Field(max_length=20)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    name: str = Field(default="", max_length=60)
    since: date
    until: date | None = Field(default=None)


class ProjectTag(SQLModel, table=True):
    """A tag of a project: `kind` chain (产业链), action (行动), evaluation, or other."""

    __tablename__ = "project_tag"
    __table_args__ = (
        UniqueConstraint("project_id", "kind", "tag"),
        Index("ix_project_tag_tag", "kind", "tag", "project_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    kind: str = Field(max_length=12)
    tag: str = Field(max_length=60)


class Chain(SQLModel, table=True):
    """An industrial chain (产业链) and who leads it (链长)."""

    __tablename__ = "chain"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=60, unique=True)
    leader_id: int | None = Field(default=None, foreign_key="person.id")
    leader: str = Field(default="", max_length=60)
    active: bool = Field(default=True)


class TaskForce(SQLModel, table=True):
    """A cross-unit team (专班), S1 1.3."""

    __tablename__ = "task_force"
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    name: str = Field(max_length=100, unique=True)
    purpose: str = Field(default="", max_length=500)
    leader_id: int | None = Field(default=None, foreign_key="person.id")
    leader: str = Field(default="", max_length=60)
    lead_unit_id: int | None = Field(default=None, foreign_key="unit.id")
    since: date
    ended_on: date | None = Field(default=None)


class TaskForceUnit(SQLModel, table=True):
    """A member unit of a task force, and its person there."""

    __tablename__ = "task_force_unit"
    __table_args__ = (UniqueConstraint("task_force_id", "unit_id"),)
    id: int | None = Field(default=None, primary_key=True)
    task_force_id: int = Field(foreign_key="task_force.id")
    unit_id: int = Field(foreign_key="unit.id")
    person_id: int | None = Field(default=None, foreign_key="person.id")


class TaskForceProject(SQLModel, table=True):
    """A project that a task force looks after."""

    __tablename__ = "task_force_project"
    __table_args__ = (UniqueConstraint("task_force_id", "project_id"),)
    id: int | None = Field(default=None, primary_key=True)
    task_force_id: int = Field(foreign_key="task_force.id")
    project_id: int = Field(foreign_key="project.id", index=True)
