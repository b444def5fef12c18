"""Rows taken from outside ledgers, kept so that a repeated import changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from models.fields import json_field


class ImportedRow(SQLModel, table=True):
    """The last accepted text of a ledger's row and the issue it became."""

    __tablename__ = "imported_row"
    __table_args__ = (UniqueConstraint("source_system", "source_id"),)
    id: int | None = Field(default=None, primary_key=True)
    source_system: str = Field(max_length=40)
    source_id: str = Field(max_length=120)
    issue_id: int = Field(foreign_key="issue.id")
    payload: dict[str, Any] = json_field()
    imported_at: datetime
