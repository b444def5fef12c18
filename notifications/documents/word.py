"""DOCX from a Word template: the same sheet, stamp and template give the same bytes on any day."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

from docx.oxml.ns import qn
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from config.settings import settings
from notifications.documents.ooxml import CHAR, mm, package
from notifications.documents.sheet import Grid, Sheet, Stamp

WIDTH = mm(156)
MARKS = {"GbMark": 60, "GbLetterMark": 40}
"""Styles of the red mark, and the largest size it has, in points."""


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


def render_docx(sheet: Sheet, stamp: Stamp, *, template: bytes) -> bytes:
    """The document as DOCX. What was typed is data, never a template. Raises TemplateFault."""
    word = DocxTemplate(BytesIO(template))
    try:
        word.render(_facts(sheet, stamp), _environment(), autoescape=True)
    except Exception as error:  # an office's own template may fail in any way
        raise TemplateFault(f"{type(error).__name__}: {error}") from error
    _fit(word.docx, sheet, stamp)
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


# ---------------------------------------------------------------- what depends on the words' width


def _fit(document: Any, sheet: Sheet, stamp: Stamp) -> None:
    """Sizes and indents that follow from the text: the mark, the place of the date, columns."""
    section = document.sections[0]
    bodies = [document.element.body, section.first_page_header._element]
    for paragraph in _paragraphs(bodies):
        name = _style(paragraph)
        if name in MARKS:
            _fit_mark(paragraph, sheet.mark, MARKS[name])
        elif name == "GbIssuer":
            _indent(paragraph, issuer_indent(sheet, stamp.date))
            _keep_with_text(paragraph)
        elif name == "GbDate":
            _indent(paragraph, date_indent(sheet, stamp.date))
    grids = [*([sheet.grid] if sheet.grid else []), *(a.grid for a in sheet.annexes)]
    for table, grid in zip(_grids(document), grids, strict=False):
        _widen(table, grid)


def text_width(text: str) -> int:
    """The width of a 3号 text in twips; what is not Chinese takes half a character."""
    return sum(CHAR if ord(c) > 0x2000 else CHAR // 2 for c in text)


def date_indent(sheet: Sheet, date: str) -> int:
    """How far the date ends from the right, in twips (4 characters where there is a seal)."""
    issuer, own = text_width(sheet.issuer), text_width(date)
    if sheet.with_seal:
        return 4 * CHAR + max(0, issuer // 2 - (4 * CHAR + own // 2))
    if own + 2 * CHAR > issuer:
        return 2 * CHAR
    return issuer - own


def issuer_indent(sheet: Sheet, date: str) -> int:
    """How far the issuer ends from the right: centred on the date, or 2 characters."""
    issuer, own = text_width(sheet.issuer), text_width(date)
    if sheet.with_seal:
        return max(0, date_indent(sheet, date) + (own - issuer) // 2)
    return max(2 * CHAR, 2 * CHAR + (own + 2 * CHAR - issuer))


def _paragraphs(roots: list[Any]) -> Iterator[Any]:
    for root in roots:
        yield from root.iter(qn("w:p"))


def _style(paragraph: Any) -> str:
    found = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    return found.get(qn("w:val")) if found is not None else ""


def _child(parent: Any, tag: str) -> Any:
    """A property of a paragraph or run, made in the place that the schema gives it."""
    found = parent.find(qn(tag))
    if found is None:
        found = parent.makeelement(qn(tag), {})
        order = ("w:pStyle", "w:keepNext", "w:spacing", "w:ind", "w:sz", "w:szCs")
        before = {qn(t) for t in order[: order.index(tag)]}
        index = sum(1 for child in parent if child.tag in before)
        parent.insert(index, found)
    return found


def _indent(paragraph: Any, twips: int) -> None:
    found = _child(paragraph.pPr, "w:ind")
    found.set(qn("w:rightChars"), "0")  # or Word would prefer the style's number of characters
    found.set(qn("w:right"), str(twips))


def _fit_mark(paragraph: Any, mark: str, most: int) -> None:
    """As large as fits on one line, in half points."""
    units = max(1.0, text_width(mark) / CHAR)
    size = min(most * 2, int((WIDTH / 20 - 1) * 2 / units))
    for run in paragraph.iter(qn("w:r")):
        properties = run.get_or_add_rPr()
        for tag in ("w:sz", "w:szCs"):
            _child(properties, tag).set(qn("w:val"), str(size))
    spacing = _child(paragraph.pPr, "w:spacing")
    spacing.set(qn("w:line"), str(size * 10))
    spacing.set(qn("w:lineRule"), "exact")


def _keep_with_text(issuer: Any) -> None:
    """The last paragraph of the text goes where the signature goes: it never stands alone."""
    before = issuer.getprevious()
    if before is not None and before.tag == qn("w:p"):
        _child(before.get_or_add_pPr(), "w:keepNext")


def _grids(document: Any) -> list[Any]:
    """Tables made of a `Grid`, in order: those whose cells have the style of one."""
    heads = ("GbGridHead",)
    return [
        table
        for table in document.element.body.iter(qn("w:tbl"))
        if any(_style(p) in heads for p in table.iter(qn("w:p")))
    ]


def _widen(table: Any, grid: Grid) -> None:
    """Give columns the widths that the data asks for."""
    widths = [WIDTH * w // sum(grid.widths) for w in grid.widths]
    columns = table.find(qn("w:tblGrid"))
    for column in list(columns):
        columns.remove(column)
    for width in widths:
        columns.append(columns.makeelement(qn("w:gridCol"), {qn("w:w"): str(width)}))
    for row in table.iter(qn("w:tr")):
        for cell, width in zip(row.iter(qn("w:tc")), widths, strict=False):
            cell.find(f"{qn('w:tcPr')}/{qn('w:tcW')}").set(qn("w:w"), str(width))
