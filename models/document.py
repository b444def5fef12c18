"""Official documents: their frozen words, their numbers, and to whom they went."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.fields import json_field


class Document(SQLModel, table=True):
    """One document. `facts` never change; a number, once given, stays even when it is void.

    `state`: prepared -> signed -> issued; aside void. `series` and `n` make the number; kinds that
    stay lists inside the system have none. `docx_template` and `pdf_layout` name what it is laid
    out with, `fonts` the families used and `substitutions` those that stand in for others.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("series", "n"),
        Index("ix_document_state", "state", "id"),
        Index("ix_document_issuer", "issuer_unit_id", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(default=1)
    kind: str = Field(max_length=30)
    state: str = Field(default="prepared", max_length=10)
    title: str = Field(max_length=200)
    issuer_unit_id: int = Field(foreign_key="unit.id")
    number: str | None = Field(default=None, max_length=60, unique=True)
    series: str | None = Field(default=None, max_length=60)
    n: int | None = Field(default=None)
    facts: dict[str, Any] = json_field()
    docx_template: str = Field(max_length=64, foreign_key="document_template.sha256")
    pdf_layout: str = Field(max_length=64, foreign_key="document_template.sha256")
    fonts: dict[str, Any] = json_field()
    substitutions: dict[str, Any] = json_field()
    dated: date | None = Field(default=None)
    prepared_by_id: int = Field(foreign_key="person.id")
    prepared_at: datetime
    signed_by_id: int | None = Field(default=None, foreign_key="person.id")
    signed_at: datetime | None = Field(default=None)
    issued_by_id: int | None = Field(default=None, foreign_key="person.id")
    issued_at: datetime | None = Field(default=None)
    voided_by_id: int | None = Field(default=None, foreign_key="person.id")
    voided_at: datetime | None = Field(default=None)
    void_reason: str = Field(default="", max_length=500)


class DocumentSubject(SQLModel, table=True):
    """An issue, or a task of it, that a document is about."""

    __tablename__ = "document_subject"
    __table_args__ = (UniqueConstraint("document_id", "issue_id", "task_id"),)
    id: int | None = Field(default=None, primary_key=True)
    document_id: int = Field(foreign_key="document.id")
    issue_id: int = Field(foreign_key="issue.id", index=True)
    task_id: int | None = Field(default=None, foreign_key="task.id")


class DocumentAddressee(SQLModel, table=True):
    """A unit that a document goes to (`to`) or is copied to (`copy`), and its 签收."""

    __tablename__ = "document_addressee"
    __table_args__ = (
        UniqueConstraint("document_id", "unit_id"),
        Index("ix_document_addressee_unit", "unit_id", "document_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    document_id: int = Field(foreign_key="document.id")
    unit_id: int = Field(foreign_key="unit.id")
    role: str = Field(max_length=4)
    received_by_id: int | None = Field(default=None, foreign_key="person.id")
    received_at: datetime | None = Field(default=None)


class DocumentTemplate(SQLModel, table=True):
    """A template or layout by its content, kept so that old documents look as they did."""

    __tablename__ = "document_template"
    sha256: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=60)
    content: bytes = Field(sa_type=LargeBinary)
    created_at: datetime
