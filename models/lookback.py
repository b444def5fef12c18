"""Look-back (回头看): re-checks after closure, sampled by a recorded seed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel


class Lookback(SQLModel, table=True):
    """One planned re-check of a closed issue, and what the inspector found."""

    __tablename__ = "lookback"
    __table_args__ = (
        UniqueConstraint("issue_id", "cycle", "day"),
        Index(
            "ix_lookback_planned",
            "due_at",
            sqlite_where=text("state IN ('planned')"),
            postgresql_where=text("state IN ('planned')"),
        ),
        Index(
            "ix_lookback_relapse",
            "issue_id",
            sqlite_where=text("state IN ('relapse')"),
            postgresql_where=text("state IN ('relapse')"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issue.id")
    cycle: int
    day: int
    due_at: datetime
    basis: str = Field(max_length=40)
    seed: str = Field(default="", max_length=80)
    state: str = Field(default="planned", max_length=12)
    finding: str = Field(default="")
    inspector_id: int | None = Field(default=None, foreign_key="person.id")
    done_at: datetime | None = Field(default=None)
