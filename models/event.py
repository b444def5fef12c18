"""The append-only history. The database itself refuses to update or delete these rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.fields import big_id, json_field


class Event(SQLModel, table=True):
    """One fact. `stream` is `issue:ID` or `system`; `hash` chains each row to the one before.

    `at` is when it was written, `logical_at` when it counts from (they differ after an outage).
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("stream", "seq"),
        Index(
            "ix_event_counted",
            "tag",
            "logical_at",
            "stream",
            sqlite_where=text("tag IN ('issue.approve', 'issue.relapse')"),
            postgresql_where=text("tag IN ('issue.approve', 'issue.relapse')"),
        ),
    )
    id: int | None = big_id()
    stream: str = Field(max_length=40)
    seq: int
    tag: str = Field(max_length=60)
    task_id: int | None = Field(default=None)
    actor_id: int | None = Field(default=None)
    at: datetime
    logical_at: datetime
    data: dict[str, Any] = json_field()
    prev_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class ChainHead(SQLModel, table=True):
    """Newest event of a stream that is not an issue's (an issue keeps its own head)."""

    __tablename__ = "chain_head"
    stream: str = Field(primary_key=True, max_length=40)
    chain_seq: int = Field(default=0)
    chain_hash: str = Field(default="", max_length=64)
