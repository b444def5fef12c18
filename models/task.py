"""The task (任务): one lead unit, one measure, one deadline; and its supporting units."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

RUNNING = "state IN ('pending_ack', 'in_progress') AND dispatched_at IS NOT NULL"


class Task(SQLModel, table=True):
    """A part of an issue handed to one lead unit.

    `dispatched_at` is empty while the task is only planned. `due_at` belongs to the newest row
    of `deadline_version`; `next_rung_at` is the next moment at which the clock has work here.
    """

    __tablename__ = "task"
    __table_args__ = (
        Index(
            "ix_task_due",
            "next_rung_at",
            sqlite_where=text("next_rung_at IS NOT NULL"),
            postgresql_where=text("next_rung_at IS NOT NULL"),
        ),
        Index("ix_task_lead", "lead_unit_id", "issue_id"),
        Index("ix_task_verifier", "verifier_unit_id", "issue_id"),
        # the words of these conditions are those of `models.queries.running`
        Index(
            "ix_task_deadline",
            "due_at",
            "id",
            sqlite_where=text(RUNNING),
            postgresql_where=text(RUNNING),
        ),
        Index(
            "ix_task_level",
            "level",
            "id",
            "lead_unit_id",
            "issue_id",
            sqlite_where=text(RUNNING),
            postgresql_where=text(RUNNING),
        ),
        Index(
            "ix_task_submitted",
            "verifier_unit_id",
            "issue_id",
            sqlite_where=text("state IN ('submitted')"),
            postgresql_where=text("state IN ('submitted')"),
        ),
        Index(
            "ix_task_late",
            "submitted_at",
            "due_at",
            "issue_id",
            sqlite_where=text("submitted_at > due_at"),
            postgresql_where=text("submitted_at > due_at"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(max_length=50, unique=True)
    issue_id: int = Field(foreign_key="issue.id", index=True)
    version: int = Field(default=1)
    state: str = Field(max_length=20)
    state_since: datetime
    problem: str = Field(default="")
    measures: str = Field(default="")
    standard: str = Field(default="")
    category: str = Field(max_length=60)
    lead_unit_id: int = Field(foreign_key="unit.id")
    verifier_unit_id: int | None = Field(default=None, foreign_key="unit.id")
    responsible_leader_id: int | None = Field(default=None, foreign_key="person.id")
    responsible_person_id: int | None = Field(default=None, foreign_key="person.id")
    predecessor_id: int | None = Field(default=None, foreign_key="task.id")
    policy_version_id: int = Field(foreign_key="policy_version.id")
    workflow_version_id: int = Field(foreign_key="workflow_version.id")
    urgent: bool = Field(default=False)
    limit_class: str = Field(max_length=40)
    limit_n: int | None = Field(default=None)
    fixed_due_at: datetime | None = Field(default=None)
    dispatched_at: datetime | None = Field(default=None)
    acknowledged_at: datetime | None = Field(default=None)
    submitted_at: datetime | None = Field(default=None)
    verified_at: datetime | None = Field(default=None)
    submitted_by_id: int | None = Field(default=None, foreign_key="person.id")
    verified_by_id: int | None = Field(default=None, foreign_key="person.id")
    result: str = Field(default="")
    deadline_version: int = Field(default=0)
    due_at: datetime | None = Field(default=None)
    original_due_at: datetime | None = Field(default=None)
    deadline_since: datetime | None = Field(default=None)
    climbed: str = Field(default="", max_length=400)
    resumed_at: datetime | None = Field(default=None)
    extension_days: int = Field(default=0)
    provisional: bool = Field(default=False)
    paused_at: datetime | None = Field(default=None)
    frozen_at: datetime | None = Field(default=None)
    last_progress_at: datetime | None = Field(default=None)
    open_requests: int = Field(default=0)
    co_unit_count: int = Field(default=0)
    extension_count: int = Field(default=0)
    return_refused: bool = Field(default=False)
    rejection_count: int = Field(default=0)
    red_count: int = Field(default=0)
    yellow_count: int = Field(default=0)
    level: int = Field(default=0)
    light: str = Field(default="green", max_length=10)
    light_reason: str = Field(default="", max_length=200)
    next_rung_at: datetime | None = Field(default=None)


class CoUnit(SQLModel, table=True):
    """A supporting unit's part in a task: its input must be in, or waived, before submission."""

    __tablename__ = "co_unit"
    __table_args__ = (
        UniqueConstraint("task_id", "unit_id"),
        Index("ix_co_unit_unit", "unit_id", "task_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    task_id: int = Field(foreign_key="task.id")
    unit_id: int = Field(foreign_key="unit.id")
    state: str = Field(default="awaited", max_length=12)
    text: str = Field(default="")
    due_at: datetime | None = Field(default=None)
    answered_at: datetime | None = Field(default=None)
    answered_by_id: int | None = Field(default=None, foreign_key="person.id")
