"""What the portal and the API remember beside the loop: saved views and answered requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from models.fields import json_field


class SavedView(SQLModel, table=True):
    """A person's named choice of filters and order in the ledger (its query string)."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("person_id", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    name: str = Field(max_length=60)
    query: str = Field(max_length=1000)
    created_at: datetime


class IdempotencyKey(SQLModel, table=True):
    """The answer to a creating call, given again to whoever repeats it with the same key.

    Written in the transaction of the call itself, so that neither exists without the other.
    `fingerprint` is the SHA-256 of method, path and body: a key is never reused for another call.
    """

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("person_id", "key"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    key: str = Field(max_length=200)
    fingerprint: str = Field(max_length=64)
    status: int
    answer: dict[str, Any] = json_field()
    headers: dict[str, Any] = json_field()
    created_at: datetime = Field(index=True)
