"""What the clock has done: rungs fired or passed over, and steps that wait for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.fields import big_id, json_field


class RungFiring(SQLModel, table=True):
    """A rung that fired, or was superseded by a higher one, once per (subject, version, rung).

    `subject` is `task:ID` or `issue:ID`. `level` is the ladder's level, or NULL for a side limit
    (acknowledgement, ruling, verification, ...). `logical_at` is the moment it was due.
    """

    __tablename__ = "rung_firing"
    __table_args__ = (UniqueConstraint("subject", "deadline_version", "rung"),)
    id: int | None = big_id()
    subject: str = Field(max_length=40)
    deadline_version: int
    rung: str = Field(max_length=40)
    level: int | None = Field(default=None)
    outcome: str = Field(max_length=12)
    logical_at: datetime
    at: datetime


class PreparedAction(SQLModel, table=True):
    """A step that the ladder prepared: one click (levels 3-4) or a person's decision (5-6)."""

    __tablename__ = "prepared_action"
    __table_args__ = (
        UniqueConstraint("task_id", "deadline_version", "rung"),
        Index(
            "ix_prepared_open",
            "level",
            sqlite_where=text("state = 'prepared'"),
            postgresql_where=text("state = 'prepared'"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    task_id: int = Field(foreign_key="task.id")
    deadline_version: int
    rung: str = Field(max_length=40)
    level: int
    kind: str = Field(max_length=30)
    mode: str = Field(max_length=12)
    state: str = Field(default="prepared", max_length=12)
    facts: dict[str, Any] = json_field()
    prepared_at: datetime
    decided_by_id: int | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None)
    reason: str = Field(default="")
    document_id: int | None = Field(default=None, foreign_key="document.id", index=True)
    """The document that carries the step out on paper; it may carry out several."""
