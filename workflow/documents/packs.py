"""Several documents at once, e.g. all for a meeting: one ZIP, or one PDF to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.scope import visible_issues
from notifications.documents.kinds import KINDS
from notifications.documents.ooxml import package
from notifications.documents.pdf import merge_pdfs
from workflow.context import context
from workflow.documents import files, store
from workflow.documents.files import MEDIA, File
from workflow.errors import GuardFailed, Malformed, Reason

MOST = 200
"""So many documents go into one pack."""
PAPERS, MEETING = "文书", "会议材料"
"""What a pack's file is called: chosen documents, or all about chosen tasks and issues."""
FIRST = ("meeting_agenda", "meeting_minutes")
"""What a meeting reads first; then the others as they were prepared."""


def pack(
    s: Session,
    actor: PersonInfo,
    documents: Sequence[int],
    forms: Sequence[str],
    *,
    now: datetime,
    called: str = PAPERS,
) -> File:
    """One ZIP, in the order given, named after the day. What is in it bears its document's own
    time, so that the same documents give the same bytes on any day. Raises `NotVisible` for a
    document outside the scope, and `Malformed` for none or too many."""
    parts, moments = {}, {}
    for n, document in enumerate(_counted(documents), 1):
        moment = _moment(store.find_document(s, actor, document))
        for form in forms:
            found = files.render(s, actor, document, form)
            name = f"{n:02d} {found.name}"
            parts[name] = found.content
            at = moment.astimezone(context(s).calendar().tz)
            moments[name] = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    return File(_name(s, called, now, "zip"), MEDIA["zip"], package(parts, moments))


def merged(
    s: Session, actor: PersonInfo, documents: Sequence[int], *, now: datetime, called: str = PAPERS
) -> File:
    """One PDF with all of them in the order given, each with its own page numbers."""
    chosen = _counted(documents)
    contents = [files.render(s, actor, document, "pdf").content for document in chosen]
    newest = max(_moment(store.find_document(s, actor, document)) for document in chosen)
    return File(_name(s, called, now, "pdf"), MEDIA["pdf"], merge_pdfs(contents, newest))


def _moment(row: Any) -> datetime:
    """When a document became what it is."""
    moment: datetime = row.voided_at or row.signed_at or row.prepared_at
    return moment


def _name(s: Session, called: str, now: datetime, form: str) -> str:
    return f"{called}-{context(s).calendar().local_date(now):%Y%m%d}.{form}"


def _counted(documents: Sequence[int]) -> list[int]:
    chosen = list(dict.fromkeys(documents))
    if not chosen:
        raise nothing_chosen()
    if len(chosen) > MOST:
        raise Malformed(
            Reason(
                "pack_size",
                _("A pack holds 1 to {most} documents.").format(most=MOST),
                "document",
                _("Choose fewer documents."),
            )
        )
    return chosen


@dataclass(frozen=True, slots=True)
class Bare:
    """A chosen issue, or a task of it, about which there is no document."""

    issue: str
    task: str
    title: str
    unit: str


@dataclass(frozen=True, slots=True)
class About:
    """Documents about what was chosen, and what was chosen in vain; all within the scope."""

    documents: list[int] = field(default_factory=list)
    bare: list[Bare] = field(default_factory=list)


def nothing_chosen() -> Malformed:
    """A pack or a document was asked for about nothing."""
    remedy = _("Tick the tasks, issues or documents first.")
    return Malformed(Reason("nothing_chosen", _("Nothing was chosen."), "document", remedy))


def documents_about(
    s: Session, actor: PersonInfo, issues: Sequence[str], tasks: Sequence[str], kind: str = ""
) -> About:
    """Documents within the scope about these issues or tasks, those of a kind if one is named, the
    agenda first; void ones are left out. Raises `GuardFailed` where neither a document nor what
    was chosen is to be seen."""
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
    keys = [row.id for row in ordered]
    found = About(keys, _bare(s, actor, issues, tasks, keys) if len(keys) <= MOST else [])
    if not found.documents and not found.bare:
        raise GuardFailed(
            Reason(
                "no_documents",
                _("There is no document about them yet."),
                "document",
                _("Prepare one first."),
            )
        )
    return found


def _bare(
    s: Session, actor: PersonInfo, issues: Sequence[str], tasks: Sequence[str], keys: Sequence[int]
) -> list[Bare]:
    """What was chosen and is in none of the documents, as it was numbered."""
    subject, issue, task = tables.document_subject.c, tables.issue.c, tables.task.c
    told = select(subject.issue_id, subject.task_id).where(subject.document_id.in_(keys)).subquery()
    seen = visible_issues(actor)
    bare_issues = select(issue.number, issue.title).where(
        issue.number.in_(issues), seen, issue.id.not_in(select(told.c.issue_id))
    )
    of_tasks = select(told.c.task_id).where(told.c.task_id.is_not(None))
    bare_tasks = (
        select(issue.number, task.number.label("task"), issue.title, task.lead_unit_id)
        .join(tables.issue, issue.id == task.issue_id)
        .where(task.number.in_(tasks), seen, task.id.not_in(of_tasks))
    )
    people = context(s).directory
    found = [
        Bare(row.number, "", row.title, "") for row in s.execute(bare_issues.order_by(issue.id))
    ]
    return found + [
        Bare(row.number, row.task, row.title, people.unit_name(row.lead_unit_id))
        for row in s.execute(bare_tasks.order_by(task.id))
    ]


def _place(kind: str) -> int:
    return FIRST.index(kind) if kind in FIRST else len(FIRST)
