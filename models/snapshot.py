"""What was frozen: the facts of a month, from which its figures can be worked out again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel


class Snapshot(SQLModel, table=True):
    """Facts as they stood. `content` is canonical JSON, compressed; `digest` is SHA-256 of the
    JSON. Rows never change: a second freeze of a period is a new `edition` with a reason.

    `kind`: month; `period`: "2026-09".
    """

    __tablename__ = "snapshot"
    __table_args__ = (UniqueConstraint("kind", "period", "edition"),)
    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=20)
    period: str = Field(max_length=10)
    edition: int = Field(default=1)
    at: datetime
    by_id: int | None = Field(default=None, foreign_key="person.id")
    reason: str = Field(default="", max_length=300)
    rules: int = Field(default=1)
    """Version of the shape of `content` and of the formulas over it."""
    size: int = Field(default=0)
    digest: str = Field(max_length=64)
    content: bytes = Field(sa_type=LargeBinary)
