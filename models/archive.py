"""Issues that were moved into archive files, and what stays of them (see `storage.archive`)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.fields import BigIdType, big_id

STANDING = text("restored_at IS NULL")


class Archive(SQLModel, table=True):
    """One file: the issues that ended in a month and have rested since `before`.

    `state`: planned -> approved -> verified -> done. `verified`: the file was written and read
    back, and its issues are being moved; in no other state does the database let history go.
    `digest` is the SHA-256 of the file's manifest.
    """

    __tablename__ = "archive"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=80, unique=True)
    month: str = Field(max_length=7)
    before: datetime
    state: str = Field(default="planned", max_length=10)
    planned: int = Field(default=0)
    issues: int = Field(default=0)
    size: int = Field(default=0)
    sealed: bool = Field(default=False)
    digest: str = Field(default="", max_length=64)
    planned_by_id: int = Field(foreign_key="person.id")
    planned_at: datetime
    approved_by_id: int | None = Field(default=None, foreign_key="person.id")
    approved_at: datetime | None = Field(default=None)
    reason: str = Field(default="", max_length=300)
    written_at: datetime | None = Field(default=None)
    done_at: datetime | None = Field(default=None)


class ArchivedIssue(SQLModel, table=True):
    """What stays of an issue beside its line in the ledger: where it is, and what proves it.

    `chain_seq` and `chain_hash` name the newest event of the chain that was moved, `digest` the
    issue's line in the file, `standing` what the ledger still says of it. The rows of a `batch`
    are hashed into the system's own history.
    """

    __tablename__ = "archived_issue"
    __table_args__ = (
        Index("ix_archived_issue_standing", "issue_id", unique=True, sqlite_where=STANDING,
              postgresql_where=STANDING),
        Index("ix_archived_issue_stream", "stream"),
        UniqueConstraint("archive_id", "issue_id"),
    )  # fmt: skip
    id: int | None = Field(default=None, primary_key=True)
    archive_id: int = Field(foreign_key="archive.id")
    issue_id: int = Field(foreign_key="issue.id")
    stream: str = Field(max_length=40)
    batch: int
    chain_seq: int
    chain_hash: str = Field(max_length=64)
    digest: str = Field(max_length=64)
    standing: str = Field(max_length=64)
    rows: int
    restored_at: datetime | None = Field(default=None)


class ArchivedEvent(SQLModel, table=True):
    """Reports, closures, relapses, refusals and mergers of archived issues: what figures count.

    The columns are those of `event` without what was said.
    """

    __tablename__ = "archived_event"
    __table_args__ = (
        UniqueConstraint("stream", "seq"),
        Index("ix_archived_event_counted", "tag", "logical_at", "stream"),
    )
    id: int | None = big_id()
    event_id: int = Field(sa_type=BigIdType)
    stream: str = Field(max_length=40)
    seq: int
    tag: str = Field(max_length=60)
    at: datetime
    logical_at: datetime
    hash: str = Field(max_length=64)
