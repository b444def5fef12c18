"""Official documents: their lines, one with all it says, kinds."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from web.api.shapes.base import Moment, PageOf, Shape


class Addressed(Shape):
    """A unit that it goes to, and its receipt."""

    unit: str
    role: str = Field(description="to or copy.")
    received_by: str
    received_at: Moment | None


class DocumentLine(Shape):
    """A document as the list tells it."""

    id: int
    version: int
    kind: str = Field(examples=["supervision_order"])
    kind_name: str
    number: str | None = Field(examples=["常经开经督〔2026〕4号"])
    title: str
    state: str = Field(examples=["issued"])
    state_name: str
    issuer: str = Field(description="The issuing unit's code.")
    dated: str | None = Field(description="The date that signing gave it.")
    prepared_at: Moment
    signed_at: Moment | None
    issued_at: Moment | None
    voided_at: Moment | None
    waits_for_you: bool = Field(description="Whether the caller's unit has yet to sign for it.")
    issues: list[str] = Field(description="Numbers of the issues that it is about.")
    tasks: list[str] = Field(description="Numbers of the tasks that it is about.")
    addressees: list[Addressed]


class DocumentPage(PageOf):
    """Documents, those first that were signed or prepared last."""

    items: list[DocumentLine]


class DocumentFile(DocumentLine):
    """A document with what it says."""

    prepared_by: str
    signed_by: str
    issued_by: str
    voided_by: str
    void_reason: str
    sha256: str = Field(description="Of its frozen words; each step's event in the history has it.")
    steps: list[int] = Field(description="Prepared steps of the ladder that it carries out.")
    sheet: dict[str, Any] = Field(description="Its parts in the order of GB/T 9704-2012.")
    may: dict[str, bool] = Field(description="What the caller may do with it now.")
    files: dict[str, str] = Field(description="Addresses of its files, by format.")


class DocumentDone(Shape):
    """Where a step has left a document."""

    id: int
    state: str
    version: int
    number: str | None
    warnings: list[str]


class DocumentField(Shape):
    """What a kind wants to be told."""

    name: str
    label: str
    sort: str
    required: bool
    least: int
    most: int


class DocumentKind(Shape):
    """A kind of document."""

    kind: str
    name: str
    form: str
    about: str
    numbered: bool
    fields: list[DocumentField]


class DocumentKinds(Shape):
    """Every kind."""

    items: list[DocumentKind]
