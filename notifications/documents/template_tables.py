"""Tables of the Word templates: forms, lists, 版记. Lengths are twips."""

from __future__ import annotations

from notifications.documents.ooxml import TAB, border, mm, paragraph, run

WHOLE = "<w:cantSplit/>"
"""A row of a list is never cut by the end of a page."""


def _frame(edges: str, columns: str, rows: str, place: str = "", inset: int = 80) -> str:
    sides = "".join(f'<w:{side} w:w="{inset}" w:type="dxa"/>' for side in ("left", "right"))
    return (
        f'<w:tbl><w:tblPr>{place}<w:tblW w:w="{mm(156)}" w:type="dxa"/>'
        f'<w:tblBorders>{edges}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        f"<w:tblCellMar>{sides}</w:tblCellMar></w:tblPr>"
        f"<w:tblGrid>{columns}</w:tblGrid>{rows}</w:tbl>"
    )


def _cell(width: int, content: str) -> str:
    size = f'<w:tcW w:w="{width}" w:type="dxa"/>'
    return f'<w:tc><w:tcPr>{size}<w:vAlign w:val="center"/></w:tcPr>{content}</w:tc>'


def _boxed() -> str:
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    return "".join(border(side, 4, "000000") for side in sides)


def _loop(tag: str) -> str:
    return f"<w:tr>{_cell(100, paragraph('GbCell', run('{%tr ' + tag + ' %}')))}</w:tr>"


def rows(loop: str, label: str, text: str, *, height: float = 9) -> str:
    """Two columns: a label of 36 mm and its text; a strip to be filled by hand is higher."""
    left, right = mm(36), mm(156) - mm(36)
    least = f'<w:trHeight w:val="{mm(height)}" w:hRule="atLeast"/>'
    row = (
        f"<w:tr><w:trPr>{least}</w:trPr>{_cell(left, paragraph('GbLabel', run(label)))}"
        f"{_cell(right, paragraph('GbCell', run(text)))}</w:tr>"
    )
    columns = f'<w:gridCol w:w="{left}"/><w:gridCol w:w="{right}"/>'
    return _frame(_boxed(), columns, _loop(f"for {loop}") + row + _loop("endfor"))


def grid(name: str) -> str:
    """As many columns as the data has; `notifications.documents.word` gives them their widths."""

    def cells(loop: str, style_key: str, text: str) -> str:
        width = mm(156) // 3
        return (
            _cell(width, paragraph(style_key, run("{%tc for " + loop + " %}")))
            + _cell(width, paragraph(style_key, run(text)))
            + _cell(width, paragraph(style_key, run("{%tc endfor %}")))
        )

    titles = cells(f"c in {name}.columns", "GbGridHead", "{{ c }}")
    head = f"<w:trPr>{WHOLE}<w:tblHeader/></w:trPr>{titles}"
    row = cells("c in row", "GbGridCell", "{{ c }}")
    rows = (
        f"<w:tr>{head}</w:tr>{_loop(f'for row in {name}.rows')}"
        f"<w:tr><w:trPr>{WHOLE}</w:trPr>{row}</w:tr>{_loop('endfor')}"
    )
    return _frame(_boxed(), f'<w:gridCol w:w="{mm(156)}"/>', rows)


def imprint(*, ruled: bool) -> str:
    """版记 at the foot of the last page's type area: outer rules 0.35 mm, inner ones 0.25 mm.

    That of a letter has neither rules nor the printing office.
    """
    width, line = mm(156), paragraph("GbImprint", run("{{ line }}"))
    printed = paragraph("GbImprint", run("{{ printed_by }}"), TAB, run("{{ printed_on }}"))
    last = f"<w:tr>{_cell(width, printed)}</w:tr>" if ruled else ""
    found = (
        f"{_loop('for line in imprint')}<w:tr>{_cell(width, line)}</w:tr>{_loop('endfor')}{last}"
    )
    edges = _imprint_edges() if ruled else ""
    return _frame(edges, f'<w:gridCol w:w="{width}"/>', found, _at_foot(), inset=0)


def _imprint_edges() -> str:
    outer, inner = 8, 6
    sides = {"top": outer, "bottom": outer, "insideH": inner}
    return "".join(border(side, eighths, "000000") for side, eighths in sides.items())


def _at_foot() -> str:
    """From the page's edge: LibreOffice lets no table float that is as wide as the text."""
    return (
        f'<w:tblpPr w:vertAnchor="margin" w:horzAnchor="page" w:tblpX="{mm(28)}" '
        'w:tblpYSpec="bottom" w:leftFromText="0" w:rightFromText="0"/><w:tblOverlap w:val="never"/>'
    )
