"""Texts of notices that administrators wrote, version by version."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

_IN_FORCE = text("published_at IS NOT NULL AND retired_at IS NULL")


class NoticeTemplate(SQLModel, table=True):
    """One version of a kind's subject or body in one language. Its text never changes.

    A draft has no `published_at`; what is in force has one and no `retired_at`; there is at most
    one of those, and where there is none the shipped text is used. `failed_at` and `failure` tell
    of the first time that it could not be rendered and the shipped text went out in its place.
    """

    __tablename__ = "notice_template"
    __table_args__ = (
        UniqueConstraint("kind", "part", "language", "version"),
        Index(
            "ix_notice_template_in_force",
            "kind",
            "part",
            "language",
            unique=True,
            sqlite_where=_IN_FORCE,
            postgresql_where=_IN_FORCE,
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=30)
    part: str = Field(max_length=10)
    language: str = Field(max_length=10)
    version: int
    text: str
    author_id: int | None = Field(default=None, foreign_key="person.id")
    created_at: datetime
    published_by_id: int | None = Field(default=None, foreign_key="person.id")
    published_at: datetime | None = Field(default=None)
    retired_by_id: int | None = Field(default=None, foreign_key="person.id")
    retired_at: datetime | None = Field(default=None)
    failed_at: datetime | None = Field(default=None)
    failure: str = Field(default="", max_length=300)
