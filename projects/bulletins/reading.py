"""Bulletins as they may be seen: the bureau sees drafts, a unit what was issued to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import sees_business
from projects.bulletins.composing import compose
from projects.bulletins.source import Source, source_of
from workflow.case import not_visible
from workflow.documents import files, store

_B, _D = tables.bulletin.c, tables.document.c
DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Line:
    """A bulletin with its document. `state`: draft, prepared, signed, issued or void."""

    row: Any
    document: Any

    @property
    def state(self) -> str:
        """Where it stands: a document that was voided before it was signed leaves a draft."""
        if self.document is None:
            return DRAFT
        if self.document.state == "void" and self.document.signed_at is None:
            return DRAFT
        return str(self.document.state)


def listed(s: Session, actor: PersonInfo, *, before_id: int | None = None, limit: int = 50) -> list[
    Line
]:  # fmt: skip
    """Bulletins in the actor's sight, newest first."""
    chosen = select(tables.bulletin).where(_seen(actor)).order_by(_B.id.desc()).limit(limit)
    if before_id is not None:
        chosen = chosen.where(_B.id < before_id)
    rows = list(s.execute(chosen))
    documents = _documents(s, [row.document_id for row in rows])
    return [Line(row, documents.get(row.document_id)) for row in rows]


def find(s: Session, actor: PersonInfo, bulletin_id: int, *, lock: bool = False) -> Line:
    """One bulletin. Raises `NotVisible` for what the actor may not know of."""
    chosen = select(tables.bulletin).where(_B.id == bulletin_id, _seen(actor))
    row = s.execute(chosen.with_for_update() if lock else chosen).first()
    if row is None:
        raise not_visible(str(bulletin_id))
    return Line(row, _documents(s, [row.document_id]).get(row.document_id))


def issued_of(s: Session, actor: PersonInfo, month: str) -> list[Line]:
    """The issued bulletins of a month in the actor's sight."""
    found = [line for line in listed(s, actor, limit=200) if line.row.month == month]
    return [line for line in found if line.state == "issued"]


def _seen(actor: PersonInfo) -> ColumnElement[bool]:
    if actor.sees_all:
        return _B.id.is_not(None)
    if not sees_business(actor):
        raise not_visible("bulletin")
    reached = select(_D.id).where(store.visible_documents(actor), _D.issued_at.is_not(None))
    return _B.document_id.in_(reached)


def _documents(s: Session, keys: list[int | None]) -> dict[int, Any]:
    wanted = [key for key in keys if key is not None]
    if not wanted:
        return {}
    rows = s.execute(select(tables.document).where(_D.id.in_(wanted)))
    return {row.id: row for row in rows}


@dataclass(frozen=True, slots=True)
class Regenerated:
    """A bulletin's file made anew from its snapshot; `same`: byte for byte what was issued."""

    name: str
    media_type: str
    content: bytes
    same: bool
    digest: str


def regenerate(s: Session, actor: PersonInfo, bulletin_id: int, form: str) -> Regenerated:
    """Work out every figure of a prepared bulletin from its snapshot again, and lay it out.

    The words, issuer and addressees are those frozen with the document. Raises `NotVisible`, also
    for a draft, which has no document yet; `Malformed` for an unknown form.
    """
    line = find(s, actor, bulletin_id)
    if line.document is None:
        raise not_visible(str(bulletin_id))
    stored = files.render(s, actor, line.document.id, form)
    source = source_of(s, line.row)
    sheet = compose(line.row, source, line.document.facts["facts"])
    anew = files.render_sheet(s, line.document, sheet, form)
    return Regenerated(
        stored.name, stored.media_type, anew, anew == stored.content, source.frozen.digest
    )


def source(s: Session, line: Line) -> Source:
    """What a bulletin's figures come from."""
    return source_of(s, line.row)
