"""The issue (问题): the obstacle that is tracked until it is struck off."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel


class Issue(SQLModel, table=True):
    """One obstacle. `state` is written by `workflow.transition` alone.

    Light, listing, coordination level and look-back are overlays, never states.
    `chain_seq` and `chain_hash` name the newest event, so that a cut-off tail shows.
    """

    __tablename__ = "issue"
    __table_args__ = (
        Index(
            "ix_issue_source",
            "source_system",
            "source_id",
            unique=True,
            sqlite_where=text("source_id IS NOT NULL"),
            postgresql_where=text("source_id IS NOT NULL"),
        ),
        Index(
            "ix_issue_due",
            "next_rung_at",
            sqlite_where=text("next_rung_at IS NOT NULL"),
            postgresql_where=text("next_rung_at IS NOT NULL"),
        ),
        # for lists and counts; who sees what is found through the first three
        Index("ix_issue_board", "board_id", "id"),
        Index("ix_issue_reporter", "reporter_unit_id", "id"),
        Index(
            "ix_issue_project",
            "project_id",
            sqlite_where=text("project_id IS NOT NULL"),
            postgresql_where=text("project_id IS NOT NULL"),
        ),
        Index("ix_issue_picture", "state", "light", "board_id", "category"),
        Index("ix_issue_since", "state_since", "id"),
        Index("ix_issue_reported", "reported_at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(max_length=40, unique=True)
    version: int = Field(default=1)
    state: str = Field(max_length=20)
    title: str = Field(max_length=200)
    description: str = Field(default="")
    category: str = Field(max_length=60)
    urgent: bool = Field(default=False)
    major: bool = Field(default=False)
    project_id: int | None = Field(default=None, foreign_key="project.id")
    no_project_reason: str = Field(default="", max_length=300)
    board_id: int | None = Field(default=None, foreign_key="unit.id")
    reporter_id: int = Field(foreign_key="person.id")
    reporter_unit_id: int = Field(foreign_key="unit.id")
    found_on: date | None = Field(default=None)
    source_system: str = Field(default="", max_length=40)
    source_id: str | None = Field(default=None, max_length=120)
    policy_version_id: int = Field(foreign_key="policy_version.id")
    workflow_version_id: int = Field(foreign_key="workflow_version.id")
    reported_at: datetime | None = Field(default=None)
    dispatched_at: datetime | None = Field(default=None)
    closed_at: datetime | None = Field(default=None)
    state_since: datetime
    approver_id: int | None = Field(default=None, foreign_key="person.id")
    rejection_by_id: int | None = Field(default=None, foreign_key="person.id")
    merged_into_id: int | None = Field(default=None, foreign_key="issue.id")
    listed: bool = Field(default=False)
    coordination_level: int = Field(default=1)
    relapse_count: int = Field(default=0)
    override_count: int = Field(default=0)
    park_review_on: date | None = Field(default=None)
    light: str = Field(default="green", max_length=10)
    light_reason: str = Field(default="", max_length=200)
    cycle: int = Field(default=1)
    next_rung_at: datetime | None = Field(default=None)
    chain_seq: int = Field(default=0)
    chain_hash: str = Field(default="", max_length=64)
    archived_at: datetime | None = Field(default=None)
    """Since when its history lies in an archive file (`models.archive`); nothing moves it then."""
