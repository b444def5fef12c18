"""Make the Word templates: `python -m notifications.documents.build_templates`.

An office edits the files themselves in Word and puts them into its own folder
(`XIAOHAO_DOCUMENT_TEMPLATES_DIR`); this script is how the shipped ones came about.
"""

from __future__ import annotations

from pathlib import Path

from notifications.documents.ooxml import (
    HEAD,
    TAB,
    border,
    control,
    mm,
    package,
    page_field,
    paragraph,
    part,
    run,
)
from notifications.documents.template_styles import styles

FOLDER = Path(__file__).parent / "templates"
LAYOUTS = ("file", "letter", "form")
_OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_PARTS = {
    "styles": "styles+xml",
    "settings": "settings+xml",
    "header_first": "header+xml",
    "footer_first": "footer+xml",
    "footer_odd": "footer+xml",
    "footer_even": "footer+xml",
}


def build(layout: str) -> bytes:
    """The template of a layout: `file`, `letter` or `form`."""
    letter = layout == "letter"
    prefix = "GbLetterPage" if letter else "GbPage"
    parts = {
        "styles": styles(),
        "settings": _settings(),
        "header_first": part("hdr", _letter_head() if letter else paragraph("GbTiny")),
        "footer_first": part("ftr", _letter_foot() if letter else paragraph("GbTiny")),
        "footer_odd": part("ftr", page_field(f"{prefix}Odd")),
        "footer_even": part("ftr", page_field(f"{prefix}Even")),
    }
    body = {"file": _file, "letter": _letter, "form": _form}[layout]()
    document = part("document", f"<w:body>{body}{_section(letter)}</w:body>")
    return package(
        {f"word/{name}.xml": content for name, content in parts.items()}
        | {"word/document.xml": document, **_plumbing()}
    )


def main() -> None:
    """Write every template."""
    FOLDER.mkdir(exist_ok=True)
    for layout in LAYOUTS:
        (FOLDER / f"{layout}.docx").write_bytes(build(layout))


# ---------------------------------------------------------------- page


def _section(letter: bool) -> str:
    """A4, 天头 37, 订口 28, type area 156 x 225 mm; a grid of 22 lines."""
    names = [("header", "first"), ("footer", "first"), ("footer", "odd"), ("footer", "even")]
    kinds = {"odd": "default"}
    links = "".join(
        f'<w:{what}Reference w:type="{kinds.get(which, which)}" r:id="{what}_{which}"/>'
        for what, which in names
    )
    footer = mm(20) if letter else mm(25.5)
    return (
        f'<w:sectPr>{links}<w:pgSz w:w="{mm(210)}" w:h="{mm(297)}"/>'
        f'<w:pgMar w:top="{mm(37)}" w:right="{mm(26)}" w:bottom="{mm(35)}" w:left="{mm(28)}" '
        f'w:header="{mm(30)}" w:footer="{footer}" w:gutter="0"/>'
        f'{"<w:titlePg/>" if letter else ""}<w:docGrid w:type="lines" w:linePitch="579"/>'
        "</w:sectPr>"
    )


def _settings() -> bytes:
    compat = '<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'  # noqa: E501
    return part("settings", f"<w:evenAndOddHeaders/>{compat}")


def _letter_head() -> str:
    return (
        paragraph("GbLetterMark", run("{{ mark }}"))
        + paragraph("GbLetterThick")
        + paragraph("GbLetterThin")
    )


def _letter_foot() -> str:
    return paragraph("GbFootThin") + paragraph("GbFootThick")


# ---------------------------------------------------------------- bodies


def _file() -> str:
    slots = (
        paragraph("GbCopyNo", run("{{ slots[0] }}"))
        + paragraph("GbSlot", run("{{ slots[1] }}"))
        + paragraph("GbSlot", run("{{ slots[2] }}"))
    )
    upward = paragraph(
        "GbNumberUp", run("{{ number }}"), TAB, run("签发人："), run("{{ signer }}", "GbSigner")
    )
    return (
        slots
        + paragraph("GbMark", run("{{ mark }}"))
        + control("if upward")
        + upward
        + control("else")
        + paragraph("GbNumber", run("{{ number }}"))
        + control("endif")
        + paragraph("GbRule")
        + paragraph("GbTitle", run("{{ title }}"))
        + _content()
        + _imprint()
        + paragraph("GbTiny")
    )


def _letter() -> str:
    return (
        paragraph("GbLetterNumber", run("{{ number }}"))
        + control("for slot in filled_slots")
        + paragraph("GbSlot", run("{{ slot }}"))
        + control("endfor")
        + paragraph("GbTitle", run("{{ title }}"))
        + _content()
        + control("for line in imprint")
        + paragraph("GbImprint", run("{{ line }}"))
        + control("endfor")
    )


def _content() -> str:
    levels = "".join(
        control(f"{'if' if n == 0 else 'elif'} p.level == {n}")
        + paragraph("GbBody" if n == 0 else f"GbLevel{n}", run("{{ p.text }}"))
        for n in range(5)
    )
    return (
        control("if addressees")
        + paragraph("GbAddressee", run("{{ addressees }}"))
        + control("endif")
        + control("for p in paragraphs")
        + levels
        + control("endif")
        + control("endfor")
        + control("for a in attachments")
        + control("if loop.first")
        + paragraph("GbAttachment", run("附件：{{ a }}"))
        + control("else")
        + paragraph("GbAttachmentNext", run("{{ a }}"))
        + control("endif")
        + control("endfor")
        + _signature()
        + control("if note")
        + paragraph("GbNote", run("（{{ note }}）"))
        + control("endif")
        + _annexes()
    )


def _signature() -> str:
    return paragraph("GbIssuer", run("{{ issuer }}")) + paragraph("GbDate", run("{{ date }}"))


def _annexes() -> str:
    return (
        control("for a in annexes")
        + paragraph("GbAnnex", run("附件{{ a.n }}"))
        + paragraph("GbAnnexTitle", run("{{ a.title }}"))
        + _grid("a.grid")
        + paragraph("GbTiny")
        + control("endfor")
    )


def _form() -> str:
    return (
        control("for slot in filled_slots")
        + paragraph("GbSlot", run("{{ slot }}"))
        + control("endfor")
        + paragraph("GbTitle", run("{{ title }}"))
        + paragraph(
            "GbFormNumber", run("{% if signer %}签发人：{{ signer }}　{% endif %}{{ number }}")
        )
        + _rows("r in rows", "{{ r.label }}", "{{ r.text }}")
        + control("if grid")
        + paragraph("GbTiny")
        + _grid("grid")
        + control("endif")
        + control("if strips")
        + paragraph("GbTiny")
        + _rows("s in strips", "{{ s }}", "")
        + control("endif")
        + control("if copies")
        + paragraph("GbCell", run("抄送：{{ copies }}。"))
        + control("endif")
        + control("if issuer")
        + _signature()
        + control("endif")
    )


# ---------------------------------------------------------------- tables


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


def _rows(loop: str, label: str, text: str) -> str:
    """Two columns: a label of 32 mm and its text; a strip to be filled by hand is higher."""
    left, right = mm(32), mm(156) - mm(32)
    height = '<w:trPr><w:trHeight w:val="680" w:hRule="atLeast"/></w:trPr>'
    row = (
        f"<w:tr>{height}{_cell(left, paragraph('GbLabel', run(label)))}"
        f"{_cell(right, paragraph('GbCell', run(text)))}</w:tr>"
    )
    columns = f'<w:gridCol w:w="{left}"/><w:gridCol w:w="{right}"/>'
    return _frame(_boxed(), columns, _loop(f"for {loop}") + row + _loop("endfor"))


def _grid(name: str) -> str:
    """As many columns as the data has; `notifications.documents.word` gives them their widths."""

    def cells(loop: str, style_key: str, text: str) -> str:
        width = mm(156) // 3
        return (
            _cell(width, paragraph(style_key, run("{%tc for " + loop + " %}")))
            + _cell(width, paragraph(style_key, run(text)))
            + _cell(width, paragraph(style_key, run("{%tc endfor %}")))
        )

    head = (
        f"<w:trPr><w:tblHeader/></w:trPr>{cells(f'c in {name}.columns', 'GbGridHead', '{{ c }}')}"
    )
    row = cells("c in row", "GbGridCell", "{{ c }}")
    rows = (
        f"<w:tr>{head}</w:tr>{_loop(f'for row in {name}.rows')}<w:tr>{row}</w:tr>{_loop('endfor')}"
    )
    return _frame(_boxed(), f'<w:gridCol w:w="{mm(156)}"/>', rows)


def _imprint() -> str:
    """版记 at the foot of the last page's type area: outer rules 0.35 mm, inner ones 0.25 mm."""
    outer, inner, width = 8, 6, mm(156)
    place = (
        '<w:tblpPr w:vertAnchor="margin" w:horzAnchor="margin" w:tblpXSpec="left" '
        'w:tblpYSpec="bottom" w:leftFromText="0" w:rightFromText="0"/><w:tblOverlap w:val="never"/>'
    )
    edges = (
        border("top", outer, "000000")
        + border("bottom", outer, "000000")
        + border("insideH", inner, "000000")
    )
    line = f"<w:tr>{_cell(width, paragraph('GbImprint', run('{{ line }}')))}</w:tr>"
    printed = paragraph("GbImprint", run("{{ printed_by }}"), TAB, run("{{ printed_on }}"))
    rows = (
        f"{_loop('for line in imprint')}{line}{_loop('endfor')}<w:tr>{_cell(width, printed)}</w:tr>"
    )
    return _frame(edges, f'<w:gridCol w:w="{width}"/>', rows, place, inset=0)


# ---------------------------------------------------------------- package


def _plumbing() -> dict[str, bytes]:
    overrides = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_OFFICE}.{kind}"/>'
        for name, kind in _PARTS.items()
    )
    types = (
        f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_OFFICE}.document.main+xml"/>'
        '<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
        f"{overrides}</Types>"
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    rels = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    links = "".join(
        f'<Relationship Id="{name}" Type="{office}/{name.partition("_")[0]}" Target="{name}.xml"/>'
        for name in _PARTS
    )
    root = (
        f'{HEAD}{rels}<Relationship Id="rId1" Type="{office}/officeDocument" '
        'Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.'
        'org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
        "</Relationships>"
    )
    core = (
        f'{HEAD}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/'
        'metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title></dc:title>'
        '<dc:creator></dc:creator><dcterms:created xsi:type="dcterms:W3CDTF">'
        "2026-01-01T00:00:00Z</dcterms:created></cp:coreProperties>"
    )
    return {
        "[Content_Types].xml": types.encode(),
        "_rels/.rels": root.encode(),
        "word/_rels/document.xml.rels": f"{HEAD}{rels}{links}</Relationships>".encode(),
        "docProps/core.xml": core.encode(),
    }


if __name__ == "__main__":
    main()
