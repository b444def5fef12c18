"""The monthly bulletin (情况通报): the office's words around the figures of a frozen month."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel


class Bulletin(SQLModel, table=True):
    """A bulletin of a month; `n` counts those of the same month (a correction is a new one).

    Figures are no part of the words: these hold placeholders that the snapshot fills. Where it
    stands follows from its document: none, or one voided before it was signed: a draft; then
    prepared, signed, issued, void. `compared_id` is the snapshot of the same month a year before.
    """

    __tablename__ = "bulletin"
    __table_args__ = (UniqueConstraint("month", "n"),)
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    month: str = Field(max_length=7)
    n: int = Field(default=1)
    snapshot_id: int = Field(foreign_key="snapshot.id")
    compared_id: int | None = Field(default=None, foreign_key="snapshot.id")
    corrects_id: int | None = Field(default=None, foreign_key="bulletin.id")
    correction: str = Field(default="", max_length=300)
    starts: str = Field(default="", max_length=4000)
    investment: str = Field(default="", max_length=4000)
    progress: str = Field(default="", max_length=4000)
    requirements: str = Field(default="", max_length=2000)
    document_id: int | None = Field(default=None, foreign_key="document.id", index=True)
    drafted_by_id: int = Field(foreign_key="person.id")
    drafted_at: datetime
