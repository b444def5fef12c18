"""The few pieces of WordprocessingML that our templates are made of. Lengths are twips (1/20 pt).

Written by hand so that a template holds nothing but what the standard asks for, and so that the
same script always makes the same file.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
EPOCH = (1980, 1, 1, 0, 0, 0)
NEVER: Mapping[str, tuple[int, int, int, int, int, int]] = {}

PITCH = 579
"""28.95 pt: 22 lines in a type area of 225 mm."""
THREE, TWO, FOUR = 32, 44, 28
"""3号, 2号 and 4号 in half points."""
CHAR = 315
"""A 3号 character with its spacing of -0.25 pt: 28 of them in 156 mm."""


def mm(length: float) -> int:
    """Millimetres in twips."""
    return round(length * 1440 / 25.4)


def paragraph(style: str, *runs: str) -> str:
    """A paragraph of a style."""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{"".join(runs)}</w:p>'


def run(text: str, style: str = "") -> str:
    """A run of text, of a character style if one is given."""
    properties = f'<w:rPr><w:rStyle w:val="{style}"/></w:rPr>' if style else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{text}</w:t></w:r>'


TAB = "<w:r><w:tab/></w:r>"


def control(tag: str, style: str = "GbBody") -> str:
    """A paragraph that only steers docxtpl, e.g. `{%p if note %}`; it leaves nothing behind."""
    return paragraph(style, run("{%p " + tag + " %}"))


def fonts(name: str) -> str:
    """One family for Chinese and Latin."""
    return f'<w:rFonts w:ascii="{name}" w:hAnsi="{name}" w:eastAsia="{name}" w:cs="{name}"/>'


def style(
    key: str,
    name: str,
    *,
    font: str,
    size: int = THREE,
    line: int = PITCH,
    before: int = 0,
    after: int = 0,
    align: str = "both",
    indent: str = "",
    colour: str = "000000",
    spacing: int = -5,
    more: str = "",
) -> str:
    """A paragraph style. `line` is the exact pitch, `spacing` that of characters, in twips."""
    return (
        f'<w:style w:type="paragraph" w:customStyle="1" w:styleId="{key}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>{more}'
        # a figure beside a Chinese character takes no extra space, or 28 would not fit on a line
        f'<w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/><w:snapToGrid w:val="0"/>'
        f'<w:spacing w:before="{before}" w:after="{after}" w:line="{line}" w:lineRule="exact"/>'
        f'{f"<w:ind {indent}/>" if indent else ""}<w:jc w:val="{align}"/></w:pPr>'
        f'<w:rPr>{fonts(font)}<w:color w:val="{colour}"/><w:spacing w:val="{spacing}"/>'
        f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr></w:style>'
    )


def border(side: str, eighths: int, colour: str, space: int = 0) -> str:
    """One side's rule, in eighths of a point."""
    return f'<w:{side} w:val="single" w:sz="{eighths}" w:space="{space}" w:color="{colour}"/>'


def page_field(style_key: str) -> str:
    """A page number between dashes."""
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        '<w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    return paragraph(style_key, run("— "), field, run(" —"))


def part(tag: str, content: str) -> bytes:
    """A part of the package."""
    return f'{HEAD}<w:{tag} xmlns:w="{W}" xmlns:r="{R}">{content}</w:{tag}>'.encode()


def package(
    parts: Mapping[str, bytes], moments: Mapping[str, tuple[int, int, int, int, int, int]] = NEVER
) -> bytes:
    """A zip file in which nothing depends on when, where or by whom it was packed; `moments` are
    the local times that its parts bear, from 1980 on."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(parts, key=lambda n: (n != "[Content_Types].xml", n)):
            entry = zipfile.ZipInfo(name, moments.get(name, EPOCH))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, parts[name])
    return made.getvalue()
