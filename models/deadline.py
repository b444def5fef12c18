"""Every deadline a task ever had, each able to explain itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from models.fields import json_field


class DeadlineVersion(SQLModel, table=True):
    """Version `n` of a task's deadline with its cause and derivation (see `workflow.deadlines`)."""

    __tablename__ = "deadline_version"
    __table_args__ = (UniqueConstraint("task_id", "n"),)
    id: int | None = Field(default=None, primary_key=True)
    task_id: int = Field(foreign_key="task.id")
    n: int
    cause: str = Field(max_length=30)
    start_at: datetime
    due_at: datetime | None = Field(default=None)
    provisional: bool = Field(default=False)
    calendar_edition: int
    derivation: dict[str, Any] = json_field()
    created_at: datetime
