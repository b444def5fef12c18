"""Official documents held against their history: words by their hash, number and state by steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Session
from workflow.audit_report import AuditFault
from workflow.documents.store import digest_of

GUARDED = ("document", "document_addressee", "document_subject", "document_template")
"""Tables that triggers of their own protect."""
_STATES = ("prepared", "signed", "issued", "void")


def documents(s: Session) -> list[AuditFault]:
    """Documents whose words, number or state their events do not explain, and events without one.

    A document about several issues has each step in the history of each of them.
    """
    told = _told(s)
    table = tables.document
    rows = s.execute(select(table.c.id, table.c.state, table.c.number, table.c.facts))
    found, elsewhere = [], _elsewhere(s)
    for row in rows:
        history = told.pop(row.id, {})
        if history or row.id not in elsewhere:
            found += [_fault(row.id, detail) for detail in _differences(row, history)]
    return found + [_fault(key, "it is gone") for key in told]


def _elsewhere(s: Session) -> set[int]:
    """Documents about archived issues: where all of their issues are, no history here tells."""
    subject, issue = tables.document_subject.c, tables.issue.c
    chosen = select(subject.document_id).join(tables.issue, issue.id == subject.issue_id)
    return set(s.execute(chosen.where(issue.archived_at.is_not(None))).scalars())


def _told(s: Session) -> dict[int, dict[str, Any]]:
    """What the newest event of each document says: state, number, hash of its words."""
    event = tables.event.c
    tags = [f"document.{step}" for step in _STATES]
    rows = s.execute(select(event.tag, event.data).where(event.tag.in_(tags)).order_by(event.id))
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        state = row.tag.removeprefix("document.")
        found.setdefault(row.data["document"], {}).update(row.data, state=state)
    return found


def _differences(row: Any, history: dict[str, Any]) -> Iterator[str]:
    if row.state != history.get("state"):
        yield "its state is not that of its history"
    if (row.number or "") != history.get("number", ""):
        yield "its number is not that of its history"
    if digest_of(row.facts) != history.get("sha256"):
        yield "its words are not those that were prepared"


def _fault(document: int, detail: str) -> AuditFault:
    return AuditFault("document", str(document), 0, None, "document", detail)
