"""Requests on a task (return, extension, park, adjust) and their rulings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.fields import json_field


class Request(SQLModel, table=True):
    """One request with its ruling; at most one open of each kind per task."""

    __tablename__ = "request"
    __table_args__ = (
        Index(
            "ix_request_open",
            "task_id",
            "kind",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    task_id: int = Field(foreign_key="task.id", index=True)
    kind: str = Field(max_length=12)
    state: str = Field(default="open", max_length=12)
    asked_by_id: int = Field(foreign_key="person.id")
    asked_at: datetime
    timely: bool = Field(default=True)
    reason: str = Field(default="")
    basis: str = Field(default="")
    progress: str = Field(default="")
    new_due_at: datetime | None = Field(default=None)
    suggested_unit_id: int | None = Field(default=None, foreign_key="unit.id")
    review_on: date | None = Field(default=None)
    changes: dict[str, Any] = json_field(default_factory=dict)
    ruling_due_at: datetime | None = Field(default=None)
    ruled_by_id: int | None = Field(default=None, foreign_key="person.id")
    ruled_at: datetime | None = Field(default=None)
    opinion: str = Field(default="")
