"""Telling the leaders that a bulletin is out. Nobody is told twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from config.roles import Role
from models import tables
from models.db import Database, Session
from projects.bulletins.reading import Line
from projects.telling import tell
from workflow.context import context


def tell_leaders(s: Session, line: Line, now: datetime) -> int:
    """The units have the document in hand; the leaders are told that it is out."""
    directory = context(s).directory
    people = [
        p for role in (Role.PRINCIPAL, Role.DEPUTY_DIRECTOR) for p in directory.with_role(role)
    ]
    return tell(
        s, "bulletin_issued", people, subject=f"bulletin:{line.row.id}", occasion="issued",
        title=f"{line.document.title}（{line.document.number}）", path=f"/bulletins/{line.row.id}",
        now=now,
    )  # fmt: skip


def tell_issued(db: Database, now: datetime) -> int:
    """Daily: tell of bulletins whose document was issued from the page of documents. Telling is
    keyed by the bulletin, so that nobody is told twice."""
    with db.write() as s:
        document = tables.document.c
        chosen = (
            select(tables.bulletin, document.id.label("document"))
            .join(tables.document, document.id == tables.bulletin.c.document_id)
            .where(document.state == "issued")
            .order_by(tables.bulletin.c.id.desc())
            .limit(3)
        )
        lines = [Line(row, _document(s, row.document_id)) for row in s.execute(chosen)]
        return sum(tell_leaders(s, line, now) for line in lines)


def _document(s: Session, key: int) -> Any:
    return s.execute(select(tables.document).where(tables.document.c.id == key)).one()
