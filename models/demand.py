"""Demands of enterprises (一企来, S4 4.5) and the index that finds similar ones."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.fields import BigIdType


class Demand(SQLModel, table=True):
    """What an enterprise asks for. `state` is written by `projects.demands` alone:

    received -> taken_up -> answered -> confirmed, beside them declined (不予受理) and disputed (the
    enterprise does not accept the result). `link_hash` is the digest of the secret address under
    which the enterprise follows it. `repeat`: linked to an issue that was there before;
    `relapse_candidate`: that one had been closed, not longer ago than the policy says.
    """

    __tablename__ = "demand"
    __table_args__ = (
        Index(
            "ix_demand_source",
            "source_system",
            "source_id",
            unique=True,
            sqlite_where=text("source_id IS NOT NULL"),
            postgresql_where=text("source_id IS NOT NULL"),
        ),
        Index("ix_demand_state", "state", "id"),
        Index("ix_demand_board", "board_id", "id"),
        Index("ix_demand_received", "received_at"),
        Index(
            "ix_demand_issue",
            "issue_id",
            sqlite_where=text("issue_id IS NOT NULL"),
            postgresql_where=text("issue_id IS NOT NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(max_length=40, unique=True)
    version: int = Field(default=1)
    state: str = Field(default="received", max_length=12)
    enterprise: str = Field(max_length=200)
    credit_code: str = Field(default="", max_length=18)
    contact: str = Field(max_length=60)
    phone: str = Field(max_length=30)
    board_id: int | None = Field(default=None, foreign_key="unit.id")
    project_text: str = Field(default="", max_length=200)
    """The project as the enterprise names it: a stranger is told nothing of the library."""
    body: str = Field(default="")
    language: str = Field(default="zh_CN", max_length=10)
    source_system: str = Field(default="", max_length=40)
    source_id: str | None = Field(default=None, max_length=120)
    link_hash: str = Field(max_length=64, unique=True)
    link_since: datetime
    received_at: datetime
    take_up_due_at: datetime
    contacted_at: datetime | None = Field(default=None)
    """When the office first acted on it; the enterprise sees it on its page at once."""
    category: str = Field(default="", max_length=60)
    issue_id: int | None = Field(default=None, foreign_key="issue.id")
    linked_at: datetime | None = Field(default=None)
    """A closure of the issue is the answer only where it came after this."""
    repeat: bool = Field(default=False)
    relapse_candidate: bool = Field(default=False)
    answer: str = Field(default="")
    """What the enterprise is told; empty where the issue's closure is the answer."""
    result: str = Field(default="")
    """What the desk tells of the issue's result; empty until it does, and where the issue runs."""
    answered_at: datetime | None = Field(default=None)
    resolved: bool | None = Field(default=None)
    satisfied: bool | None = Field(default=None)
    feedback: str = Field(default="", max_length=2000)
    feedback_at: datetime | None = Field(default=None)
    rejections: int = Field(default=0)


class DemandFile(SQLModel, table=True):
    """A file that came with a demand, in the store of evidence under its content's hash."""

    __tablename__ = "demand_file"
    id: int | None = Field(default=None, primary_key=True)
    demand_id: int = Field(foreign_key="demand.id", index=True)
    name: str = Field(max_length=200)
    sha256: str = Field(max_length=64)
    size: int
    added_at: datetime


class SearchDoc(SQLModel, table=True):
    """A text of the index: an issue's or a demand's, as space-separated terms.

    Beside it stands what models cannot say: on SQLite the FTS5 table `search_fts`, on PostgreSQL
    the GIN index `ix_search_fts` (migration 0016).
    """

    __tablename__ = "search_doc"
    __table_args__ = (UniqueConstraint("kind", "ref_id"),)
    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=10)
    ref_id: int
    terms: str = Field(default="")


class SearchTerm(SQLModel, table=True):
    """In how many texts a term occurs: how much it says. Counted anew from time to time."""

    __tablename__ = "search_term"
    term: str = Field(primary_key=True, max_length=60)
    docs: int


class SearchMark(SQLModel, table=True):
    """How far the index has come: the newest event looked at, and the texts counted last.

    One row, whose id is 1.
    """

    __tablename__ = "search_mark"
    id: int | None = Field(default=None, primary_key=True)
    event_id: int = Field(default=0, sa_type=BigIdType)
    docs: int = Field(default=0)
    counted_at: datetime | None = Field(default=None)
