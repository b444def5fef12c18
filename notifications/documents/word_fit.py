"""Sizes and places in a Word file that follow from the words: mark, signature, columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docx.oxml.ns import qn

from notifications.documents.ooxml import CHAR, mm
from notifications.documents.sheet import Grid, Sheet, Stamp

WIDTH = mm(156)
MARKS = {"GbMark": 60, "GbLetterMark": 40}
"""Styles of the red mark, and the largest size it has, in points."""
BETWEEN = {"GbAttachment", "GbAttachmentNext", "GbTiny", "GbCell"}
ROWS_KEPT = 1
"""What may stand between text and signature, and how much of a form goes with the signature."""
SHORT = 6
"""A cell with so few characters is centred."""


def fit(document: Any, sheet: Sheet, stamp: Stamp) -> None:
    """Sizes and indents that follow from the text: the mark, the place of the date, columns."""
    for paragraph in _paragraphs([document.element.body, *_headers(document)]):
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
    issuer, own = _issuer_width(sheet), text_width(date)
    if sheet.with_seal:
        return 4 * CHAR + max(0, issuer // 2 - (4 * CHAR + own // 2))
    if own + 2 * CHAR > issuer:
        return 2 * CHAR
    return issuer - own


def issuer_indent(sheet: Sheet, date: str) -> int:
    """How far the issuer ends from the right: centred on the date, or 2 characters."""
    issuer, own = _issuer_width(sheet), text_width(date)
    if sheet.with_seal:
        return max(0, date_indent(sheet, date) + (own - issuer) // 2)
    return max(2 * CHAR, 2 * CHAR + (own + 2 * CHAR - issuer))


def _issuer_width(sheet: Sheet) -> int:
    """As wide as the issuer is in its lines: a long one takes more than one."""
    return min(text_width(sheet.issuer), WIDTH - (0 if sheet.with_seal else 2 * CHAR))


def _headers(document: Any) -> list[Any]:
    """The headers as they were filled in; python-docx still holds those of before."""
    links = document.part.rels.values()
    return [one.target_part.element for one in links if one.reltype.endswith("/header")]


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
        order = ("w:pStyle", "w:keepNext", "w:spacing", "w:ind", "w:jc", "w:sz", "w:szCs")
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
    """What stands before the signature goes where it goes: it never stands alone on a page."""
    before = issuer.getprevious()
    while before is not None and _style(before) in BETWEEN:
        _keep(before)
        before = before.getprevious()
    if before is not None:
        for part in list(before.iter(qn("w:tr")))[-ROWS_KEPT:] or [before]:
            _keep(part)


def _keep(part: Any) -> None:
    for paragraph in _paragraphs([part]):
        _child(paragraph.get_or_add_pPr(), "w:keepNext")


def _grids(document: Any) -> list[Any]:
    """Tables made of a `Grid`, in order: those whose cells have the style of one."""
    heads = ("GbGridHead",)
    return [
        table
        for table in document.element.body.iter(qn("w:tbl"))
        if any(_style(p) in heads for p in table.iter(qn("w:p")))
    ]


def _widen(table: Any, grid: Grid) -> None:
    """Give columns the widths that the data asks for; short texts stand in the middle."""
    widths = [WIDTH * w // sum(grid.widths) for w in grid.widths]
    columns = table.find(qn("w:tblGrid"))
    for column in list(columns):
        columns.remove(column)
    for width in widths:
        columns.append(columns.makeelement(qn("w:gridCol"), {qn("w:w"): str(width)}))
    for row in table.iter(qn("w:tr")):
        for cell, width in zip(row.iter(qn("w:tc")), widths, strict=False):
            cell.find(f"{qn('w:tcPr')}/{qn('w:tcW')}").set(qn("w:w"), str(width))
            if len("".join(t.text or "" for t in cell.iter(qn("w:t")))) <= SHORT:
                for paragraph in _paragraphs([cell]):
                    _child(paragraph.get_or_add_pPr(), "w:jc").set(qn("w:val"), "center")
