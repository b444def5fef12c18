"""Milestones of projects, permits, land-service lists, and lights (domain rules §4, §10)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.fields import big_id, json_field


class Schedule(SQLModel, table=True):
    """What a project's network was laid out for. `edition` 0: there is no network yet.

    `start_on` and `finish_on` are the target dates from which the plan was counted back;
    `excuse` is the good reason for a late start (§4), which holds through `excused_until`.
    """

    __tablename__ = "schedule"
    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", unique=True)
    version: int = Field(default=1)
    edition: int = Field(default=0)
    start_on: date | None = Field(default=None)
    finish_on: date | None = Field(default=None)
    excuse: str = Field(default="", max_length=300)
    excused_until: date | None = Field(default=None)


class ScheduleEdition(SQLModel, table=True):
    """A plan as it was made: `dates` holds [begin, end] by milestone. The first is the baseline."""

    __tablename__ = "schedule_edition"
    __table_args__ = (UniqueConstraint("project_id", "edition"),)
    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    edition: int
    at: datetime
    by_id: int = Field(foreign_key="person.id")
    reason: str = Field(default="", max_length=300)
    start_on: date | None = Field(default=None)
    finish_on: date | None = Field(default=None)
    dates: dict[str, Any] = json_field(default_factory=dict)


class Milestone(SQLModel, table=True):
    """A step of a project's network, `days` working days long.

    `begin_on`..`plan_on` is the plan in force, `baseline_*` the first one, `forecast_*` the
    earliest it can still be. `slack_wd` are working days between forecast and the latest date
    that keeps the targets (negative: they are missed). `plan_version` counts this milestone's
    own dates; `told` names the notice given last. Light columns are written
    by `projects.lights.setting`.
    """

    __tablename__ = "milestone"
    __table_args__ = (
        UniqueConstraint("project_id", "key"),
        Index("ix_milestone_light", "light", "project_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    project_id: int = Field(foreign_key="project.id")
    key: str = Field(max_length=30)
    name: str = Field(max_length=60)
    stage: str = Field(max_length=12)
    position: int
    days: int
    anchor: str = Field(default="", max_length=8)
    fills: str = Field(default="", max_length=30)
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    category: str = Field(default="", max_length=60)
    baseline_begin_on: date | None = Field(default=None)
    baseline_on: date | None = Field(default=None)
    begin_on: date | None = Field(default=None)
    plan_on: date | None = Field(default=None)
    plan_version: int = Field(default=1)
    forecast_begin_on: date | None = Field(default=None)
    forecast_on: date | None = Field(default=None)
    slack_wd: int | None = Field(default=None)
    critical: bool = Field(default=False)
    actual_on: date | None = Field(default=None)
    adopted: bool = Field(default=False)
    """`actual_on` follows the project's record (its column `fills`) and was not recorded here."""
    note: str = Field(default="", max_length=300)
    dropped_on: date | None = Field(default=None)
    drop_reason: str = Field(default="", max_length=300)
    light: str = Field(default="green", max_length=10)
    light_reason: str = Field(default="", max_length=40)
    light_facts: dict[str, Any] = json_field(default_factory=dict)
    light_on: date | None = Field(default=None)
    told: str = Field(default="", max_length=40)


class MilestoneEdge(SQLModel, table=True):
    """`after` cannot begin before `before` is done."""

    __tablename__ = "milestone_edge"
    __table_args__ = (UniqueConstraint("before_id", "after_id"),)
    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    before_id: int = Field(foreign_key="milestone.id")
    after_id: int = Field(foreign_key="milestone.id")


class MilestoneIssue(SQLModel, table=True):
    """An issue that stands in a milestone's way."""

    __tablename__ = "milestone_issue"
    __table_args__ = (UniqueConstraint("milestone_id", "issue_id"),)
    id: int | None = Field(default=None, primary_key=True)
    milestone_id: int = Field(foreign_key="milestone.id")
    issue_id: int = Field(foreign_key="issue.id", index=True)


class MilestoneProposal(SQLModel, table=True):
    """An issue that the clock proposes of a slipping milestone; a person reports or dismisses it.

    `state`: open, reported, dismissed, settled (the milestone was done, dropped or dated anew
    meanwhile). One for each plan version of a milestone, one open at a time.
    """

    __tablename__ = "milestone_proposal"
    __table_args__ = (
        UniqueConstraint("milestone_id", "plan_version"),
        Index("ix_milestone_proposal_state", "state", "project_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    project_id: int = Field(foreign_key="project.id")
    milestone_id: int = Field(foreign_key="milestone.id")
    plan_version: int
    cause: str = Field(max_length=20)
    state: str = Field(default="open", max_length=10)
    made_at: datetime
    decided_at: datetime | None = Field(default=None)
    decided_by_id: int | None = Field(default=None, foreign_key="person.id")
    reason: str = Field(default="", max_length=300)
    issue_id: int | None = Field(default=None, foreign_key="issue.id")


class Permit(SQLModel, table=True):
    """A permit or certificate; `kind` is one of `config.milestones`. NULL: valid without end."""

    __tablename__ = "permit"
    __table_args__ = (Index("ix_permit_project", "project_id", "kind"),)
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    project_id: int = Field(foreign_key="project.id")
    kind: str = Field(max_length=30)
    number: str = Field(default="", max_length=80)
    granted_on: date
    valid_until: date | None = Field(default=None)
    note: str = Field(default="", max_length=300)
    withdrawn_on: date | None = Field(default=None)
    withdraw_reason: str = Field(default="", max_length=300)
    told: str = Field(default="", max_length=40)


class LandList(SQLModel, table=True):
    """The land-service list (用地清单) that is handed out with the land contract (S4)."""

    __tablename__ = "land_list"
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    project_id: int = Field(foreign_key="project.id", unique=True)
    contract: str = Field(default="", max_length=80)
    issued_on: date
    by_id: int = Field(foreign_key="person.id")


class LandItem(SQLModel, table=True):
    """What the list asks for, and which unit asks."""

    __tablename__ = "land_item"
    __table_args__ = (UniqueConstraint("land_list_id", "position"),)
    id: int | None = Field(default=None, primary_key=True)
    land_list_id: int = Field(foreign_key="land_list.id")
    position: int
    name: str = Field(max_length=200)
    unit_id: int | None = Field(default=None, foreign_key="unit.id")


class LandDemand(SQLModel, table=True):
    """What somebody asked for later: of an item of the list, or beyond it (`item_id` NULL)."""

    __tablename__ = "land_demand"
    __table_args__ = (Index("ix_land_demand_project", "project_id", "id"),)
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    project_id: int = Field(foreign_key="project.id")
    raised_on: date
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    text: str = Field(max_length=1000)
    item_id: int | None = Field(default=None, foreign_key="land_item.id")
    issue_id: int | None = Field(default=None, foreign_key="issue.id", index=True)
    by_id: int = Field(foreign_key="person.id")
    at: datetime


class LightChange(SQLModel, table=True):
    """A light that turned. `subject`: project:ID, milestone:ID or board:ID."""

    __tablename__ = "light_change"
    __table_args__ = (
        Index("ix_light_change_subject", "subject", "id"),
        Index(
            "ix_light_change_untold",
            "id",
            sqlite_where=text("told = 0"),
            postgresql_where=text("told = false"),
        ),
    )
    id: int | None = big_id()
    subject: str = Field(max_length=40)
    since: date
    at: datetime
    was: str = Field(default="", max_length=10)
    light: str = Field(max_length=10)
    reason: str = Field(default="", max_length=40)
    told: bool = Field(default=True)
    """False while a notice of it has still to be written."""


class BoardLight(SQLModel, table=True):
    """The light of a town or street, by its monthly tasks."""

    __tablename__ = "board_light"
    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", unique=True)
    light: str = Field(default="grey", max_length=10)
    light_reason: str = Field(default="", max_length=40)
    light_facts: dict[str, Any] = json_field(default_factory=dict)
    light_on: date | None = Field(default=None)
