"""Proof of completion (佐证材料), stored under its content hash."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel


class Evidence(SQLModel, table=True):
    """One piece of proof. `sha256` names the stored content; `cycle` the round it was given in."""

    __tablename__ = "evidence"
    id: int | None = Field(default=None, primary_key=True)
    task_id: int = Field(foreign_key="task.id", index=True)
    cycle: int = Field(default=1)
    kind: str = Field(max_length=30)
    name: str = Field(max_length=200)
    note: str = Field(default="", max_length=500)
    sha256: str | None = Field(default=None, max_length=64)
    size: int | None = Field(default=None)
    added_by_id: int = Field(foreign_key="person.id")
    added_at: datetime
