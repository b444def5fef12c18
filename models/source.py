"""Platforms that hand issues in (12345, 一企来, 一网统管) and the news that goes back to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.fields import big_id, json_field


class SourceSystem(SQLModel, table=True):
    """A platform: whose account files its issues, and where it wants to hear of them.

    `secret_name` names the secret that signs the news; the secret itself is never stored here.
    """

    __tablename__ = "source_system"
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=80)
    person_id: int = Field(foreign_key="person.id")
    callback_url: str = Field(default="", max_length=300)
    secret_name: str = Field(default="", max_length=60)
    active: bool = Field(default=True)


class Callback(SQLModel, table=True):
    """One piece of news for a platform, its content frozen with the change it tells of.

    `state`: pending -> leased -> sent | failed. `event_id` is the id of the CloudEvents envelope
    and stays the same on every try, so that a repeat is recognised.
    """

    __tablename__ = "callback"
    __table_args__ = (
        UniqueConstraint("issue_id", "occasion"),
        Index(
            "ix_callback_open",
            "next_attempt_at",
            sqlite_where=text("state IN ('pending', 'leased')"),
            postgresql_where=text("state IN ('pending', 'leased')"),
        ),
    )
    id: int | None = big_id()
    event_id: str = Field(max_length=60, unique=True)
    source_id: int = Field(foreign_key="source_system.id")
    issue_id: int = Field(foreign_key="issue.id")
    occasion: str = Field(max_length=60)
    body: dict[str, Any] = json_field()
    state: str = Field(default="pending", max_length=10)
    attempts: int = Field(default=0)
    next_attempt_at: datetime
    leased_until: datetime | None = Field(default=None)
    leased_by: str = Field(default="", max_length=80)
    last_error: str = Field(default="", max_length=500)
    created_at: datetime
    sent_at: datetime | None = Field(default=None)
