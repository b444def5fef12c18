"""Marks of writing transactions: see `models.marks`."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel


class CommitMark(SQLModel, table=True):
    """A transaction that was committed. Kept for a day, and in no backup or copy."""

    __tablename__ = "commit_mark"
    mark: str = Field(primary_key=True, max_length=32)
    at: datetime
