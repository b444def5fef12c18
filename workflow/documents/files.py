"""A document as a file: always the same bytes for the same state of the same document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from notifications.documents.kinds import KINDS
from notifications.documents.pdf import render_pdf
from notifications.documents.shape import zh_date
from notifications.documents.sheet import Sheet, Stamp, read
from notifications.documents.word import TemplateFault, render_docx
from workflow import system_events
from workflow.context import context
from workflow.documents import store
from workflow.errors import GuardFailed, Malformed, Reason

FORMATS = ("docx", "pdf")
_NO_NAME = re.compile(r'[\\/:*?"<>|]')
"""What no file may be called, here or on the reader's machine."""
MARKS = {"prepared": "草稿", "void": "作废"}


@dataclass(frozen=True, slots=True)
class File:
    """A name, a media type and the content."""

    name: str
    media_type: str
    content: bytes


MEDIA = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "zip": "application/zip",
}


def render(s: Session, actor: PersonInfo, document: int, form: str) -> File:
    """One document as `docx` or `pdf`. Raises `NotVisible`, `Malformed`; `GuardFailed` when the
    office's own template cannot be filled."""
    if form not in FORMATS:
        raise Malformed(
            Reason(
                "format_unknown",
                _("Unknown format {name}.").format(name=form),
                "format",
                _("Use docx or pdf."),
            )
        )
    row = store.find_document(s, actor, document)
    return File(f"{_name(row)}.{form}", MEDIA[form], _content(s, row, form))


def _content(s: Session, row: Any, form: str) -> bytes:
    return render_sheet(s, row, sheet_of(row), form)


def render_sheet(s: Session, row: Any, sheet: Sheet, form: str) -> bytes:
    """A sheet laid out as a document is: with its template, layout, fonts and stamp."""
    stamp = stamp_of(s, row)
    if form == "pdf":
        layout = store.template_content(s, row.pdf_layout)
        return render_pdf(sheet, stamp, layout=layout, families=row.fonts)
    try:
        return render_docx(sheet, stamp, template=store.template_content(s, row.docx_template))
    except TemplateFault as fault:
        raise GuardFailed(
            Reason(
                "template_broken",
                _("The Word template cannot be filled: {fault}").format(fault=fault),
                remedy=_("Mend the office's template, then prepare the document anew."),
            )
        ) from fault


def sheet_of(row: Any) -> Sheet:
    """What a stored document says."""
    return read(row.facts["sheet"])


def stamp_of(s: Session, row: Any) -> Stamp:
    """What its signing added, and the mark of a draft or a void document."""
    moment: datetime = row.voided_at or row.signed_at or row.prepared_at
    return Stamp(
        number=row.number or "",
        date=zh_date(row.dated) if row.dated else "",
        signer=_signer(s, row) if row.signed_by_id is not None else "",
        state=MARKS.get(row.state, ""),
        moment=moment.astimezone(UTC).isoformat(),
    )


def _signer(s: Session, row: Any) -> str:
    """Who signed, by the name of that day: a name that changes later changes no document."""
    issues = store.issues_of(s, row.id)
    stream = f"issue:{issues[0][0]}" if issues else system_events.STREAM
    event = tables.event.c
    chosen = select(event.data).where(
        event.stream == stream, event.tag == "document.signed", event.at == row.signed_at
    )
    told = [data for data in s.execute(chosen).scalars() if data["document"] == row.id]
    known: str = told[0].get("signer", "") if told else ""
    return known or context(s).directory.person_name(row.signed_by_id)


def _name(row: Any) -> str:
    """A harmless name: kind and number, or the key before there is one."""
    kind = KINDS[row.kind].zh
    label = f"{kind} {row.number}" if row.number else f"{kind} {row.id}"
    label = _NO_NAME.sub("-", label)  # the word in a number may be a unit's name: 招商局/重大办
    return label + (f" {MARKS[row.state]}" if row.state in MARKS else "")
