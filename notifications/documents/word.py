"""DOCX from a Word template: the same sheet, stamp and template give the same bytes on any day."""

from __future__ import annotations

import logging
import zipfile
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from config.settings import settings
from notifications.documents.ooxml import package
from notifications.documents.sheet import Sheet, Stamp

log = logging.getLogger(__name__)
_ESCAPES = ("{_{", "}_}", "{_%", "%_}")
"""docxtpl turns these into braces after it has filled in a text."""


class TemplateFault(Exception):
    """A Word template that cannot be filled; the text says why."""


def template_of(layout: str) -> bytes:
    """The office's own template of a layout, or the shipped one."""
    own = settings().document_templates_dir
    if own is not None and (Path(own) / f"{layout}.docx").is_file():
        return (Path(own) / f"{layout}.docx").read_bytes()
    return _shipped(layout)


@cache
def _shipped(layout: str) -> bytes:
    folder = files("notifications.documents").joinpath("templates")
    return folder.joinpath(f"{layout}.docx").read_bytes()


def usable_template(sheet: Sheet) -> tuple[bytes, str]:
    """The office's own template, or the shipped one and why the own cannot be filled: a broken
    template hinders no document."""
    template, shipped = template_of(sheet.layout), _shipped(sheet.layout)
    if template == shipped:
        return shipped, ""
    try:
        render_docx(sheet, Stamp(), template=template)
    except TemplateFault as fault:
        about = {"action": "document.template_broken", "layout": sheet.layout}
        log.warning("the office's own Word template cannot be filled: %s", fault, extra=about)
        return shipped, str(fault)
    return template, ""


def render_docx(sheet: Sheet, stamp: Stamp, *, template: bytes) -> bytes:
    """The document as DOCX. What was typed is data, never a template. Raises TemplateFault."""
    from docxtpl import DocxTemplate  # loaded where it is needed: it brings python-docx and lxml

    from notifications.documents.word_fit import fit

    word = DocxTemplate(BytesIO(template))
    try:
        word.render(_literal(_facts(sheet, stamp)), _environment(), autoescape=True)
        fit(word.docx, sheet, stamp)
    except Exception as error:  # an office's own template may fail in any way
        raise TemplateFault(f"{type(error).__name__}: {error}") from error
    moment = datetime.fromisoformat(stamp.moment)
    core = word.docx.core_properties
    core.title, core.author = sheet.title.replace("\n", ""), sheet.issuer
    core.created = core.modified = moment
    core.last_modified_by, core.revision = sheet.issuer, 1
    made = BytesIO()
    word.docx.save(made)
    with zipfile.ZipFile(made) as archive:
        return package({name: archive.read(name) for name in archive.namelist()})


def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)


def _literal(value: Any) -> Any:
    """Facts in which nothing is left for docxtpl to change."""
    if isinstance(value, str):
        if not any(part in value for part in _ESCAPES):
            return value
        return Markup(str(escape(value)).replace("_", "&#95;"))
    if is_dataclass(value) and not isinstance(value, type):
        return _literal({one.name: getattr(value, one.name) for one in fields(value)})
    if isinstance(value, dict):
        return {key: _literal(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_literal(part) for part in value]
    return value


def _facts(sheet: Sheet, stamp: Stamp) -> dict[str, Any]:
    """What a template may name."""
    state = stamp.state or sheet.urgency
    slots = [sheet.copy_no, sheet.secrecy, state]
    several = len(sheet.attachments) > 1
    return {
        "mark": sheet.mark,
        "title": sheet.title,
        "number": stamp.number,
        "date": stamp.date,
        "signer": stamp.signer,
        "issuer": sheet.issuer,
        "addressees": sheet.addressees,
        "paragraphs": sheet.paragraphs,
        "attachments": [
            f"{n}. {name}" if several else name for n, name in enumerate(sheet.attachments, 1)
        ],
        "note": sheet.note,
        "annexes": [
            {"n": n if len(sheet.annexes) > 1 else "", "title": a.title, "grid": a.grid}
            for n, a in enumerate(sheet.annexes, 1)
        ],
        "copies": sheet.copies,
        "imprint": sheet.imprint,
        "printed_by": sheet.printed_by,
        "printed_on": f"{stamp.date}印发" if stamp.date else "",
        "rows": sheet.rows,
        "grid": sheet.grid,
        "strips": sheet.strips,
        "upward": sheet.upward,
        "slots": slots,
        "filled_slots": [slot for slot in slots if slot],
    }
