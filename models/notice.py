"""The outbox: notices written with the change they tell of, and the messages that carry them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.fields import BigIdType, big_id, json_field


class Notice(SQLModel, table=True):
    """One thing told to one person through one channel, its facts frozen when it happened.

    `state`: pending (waits for its window) -> bundled (in a delivery) -> sent | failed.
    `occasion` tells apart what may lawfully repeat under one deadline: the rung, or the event.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint(
            "subject", "deadline_version", "kind", "occasion", "recipient_id", "channel"
        ),
        Index(
            "ix_notice_pending",
            "not_before",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_notice_recipient", "recipient_id", "id"),
        Index(
            "ix_notice_unread",
            "recipient_id",
            sqlite_where=text("channel = 'inapp' AND read_at IS NULL"),
            postgresql_where=text("channel = 'inapp' AND read_at IS NULL"),
        ),
        Index(
            "ix_notice_failed",
            "delivery_id",
            sqlite_where=text("state = 'failed'"),
            postgresql_where=text("state = 'failed'"),
        ),
    )
    id: int | None = big_id()
    subject: str = Field(max_length=40)
    issue_id: int | None = Field(default=None)
    task_id: int | None = Field(default=None)
    deadline_version: int = Field(default=0)
    kind: str = Field(max_length=30)
    occasion: str = Field(max_length=60)
    recipient_id: int
    channel: str = Field(max_length=20)
    language: str = Field(default="zh_CN", max_length=10)
    urgent: bool = Field(default=False)
    facts: dict[str, Any] = json_field()
    state: str = Field(default="pending", max_length=10)
    delivery_id: int | None = Field(default=None, index=True, sa_type=BigIdType)
    not_before: datetime
    created_at: datetime
    sent_at: datetime | None = Field(default=None)
    read_at: datetime | None = Field(default=None)
    reason: str = Field(default="", max_length=300)


class Delivery(SQLModel, table=True):
    """One message to one person: every notice of one channel and delivery window.

    `state`: (held ->) pending -> leased -> sent | failed. The lease is taken before sending and
    the mark is set after, so that a crash repeats a message (same `message_id`) and never loses it.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("recipient_id", "channel", "window_key"),
        Index(
            "ix_delivery_open",
            "next_attempt_at",
            sqlite_where=text("state IN ('pending', 'leased')"),
            postgresql_where=text("state IN ('pending', 'leased')"),
        ),
        Index(
            "ix_delivery_held",
            "hold_id",
            sqlite_where=text("state = 'held'"),
            postgresql_where=text("state = 'held'"),
        ),
    )
    id: int | None = big_id()
    message_id: str = Field(max_length=200, unique=True)
    recipient_id: int
    channel: str = Field(max_length=20)
    window_key: str = Field(max_length=60)
    state: str = Field(default="pending", max_length=10)
    attempts: int = Field(default=0)
    next_attempt_at: datetime
    leased_until: datetime | None = Field(default=None)
    leased_by: str = Field(default="", max_length=80)
    last_error: str = Field(default="", max_length=500)
    created_at: datetime
    sent_at: datetime | None = Field(default=None)
    hold_id: int | None = Field(default=None)
