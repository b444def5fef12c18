"""Several documents at once, e.g. all for a meeting: one ZIP, or one PDF to print."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, or_, select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from notifications.documents.kinds import KINDS
from notifications.documents.ooxml import package
from notifications.documents.pdf import merge_pdfs
from workflow.documents import files, store
from workflow.documents.files import MEDIA, File
from workflow.errors import GuardFailed, Malformed, Reason

MOST = 200
"""So many documents go into one pack."""
FIRST = ("meeting_agenda", "meeting_minutes")
"""What a meeting reads first; then the others as they were prepared."""


def pack(s: Session, actor: PersonInfo, documents: Sequence[int], forms: Sequence[str]) -> File:
    """One ZIP, in the order given. Raises `NotVisible` for a document outside the scope, and
    `Malformed` for none or too many."""
    parts = {}
    for n, document in enumerate(_counted(documents), 1):
        for form in forms:
            found = files.render(s, actor, document, form)
            parts[f"{n:02d} {found.name}"] = found.content
    return File("documents.zip", MEDIA["zip"], package(parts))


def merged(s: Session, actor: PersonInfo, documents: Sequence[int]) -> File:
    """One PDF with all of them in the order given, each with its own page numbers."""
    chosen = _counted(documents)
    contents = [files.render(s, actor, document, "pdf").content for document in chosen]
    rows = [store.find_document(s, actor, document) for document in chosen]
    newest = max(row.voided_at or row.signed_at or row.prepared_at for row in rows)
    return File("documents.pdf", MEDIA["pdf"], merge_pdfs(contents, newest))


def _counted(documents: Sequence[int]) -> list[int]:
    chosen = list(dict.fromkeys(documents))
    if not 0 < len(chosen) <= MOST:
        raise Malformed(
            Reason(
                "pack_size",
                _("A pack holds 1 to {most} documents.").format(most=MOST),
                "document",
                _("Choose fewer documents."),
            )
        )
    return chosen


def documents_about(
    s: Session, actor: PersonInfo, issues: Sequence[str], tasks: Sequence[str], kind: str = ""
) -> list[int]:
    """Documents within the scope about these issues or tasks, those of a kind if one is named, the
    agenda first; void ones are left out. Raises `GuardFailed` where there is none."""
    document, subject = tables.document, tables.document_subject.c
    issue, task = tables.issue.c, tables.task.c
    named = or_(
        subject.issue_id.in_(select(issue.id).where(issue.number.in_(issues))),
        subject.task_id.in_(select(task.id).where(task.number.in_(tasks))),
    )
    about = exists().where(subject.document_id == document.c.id, named)
    chosen = select(document.c.id, document.c.kind).where(
        about, document.c.state != "void", store.visible_documents(actor)
    )
    if kind in KINDS:
        chosen = chosen.where(document.c.kind == kind)
    rows = s.execute(chosen.order_by(document.c.id).limit(MOST + 1))
    ordered = sorted(rows, key=lambda row: (_place(row.kind), row.id))
    if not ordered:
        raise GuardFailed(
            Reason(
                "no_documents",
                _("There is no document about them yet."),
                "document",
                _("Prepare one first."),
            )
        )
    return [row.id for row in ordered]


def _place(kind: str) -> int:
    return FIRST.index(kind) if kind in FIRST else len(FIRST)
