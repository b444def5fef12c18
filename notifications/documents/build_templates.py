"""Make the Word templates: `python -m notifications.documents.build_templates`.

An office edits the files themselves in Word and puts them into its own folder
(`XIAOHAO_DOCUMENT_TEMPLATES_DIR`); this script is how the shipped ones came about.
"""

from __future__ import annotations

from pathlib import Path

from notifications.documents.ooxml import mm, package, page_field, paragraph, part, run
from notifications.documents.template_bodies import BODIES
from notifications.documents.template_package import plumbing
from notifications.documents.template_styles import styles

FOLDER = Path(__file__).parent / "templates"
LAYOUTS = tuple(BODIES)


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
    body = BODIES[layout]()
    document = part("document", f"<w:body>{body}{_section(letter)}</w:body>")
    return package(
        {f"word/{name}.xml": content for name, content in parts.items()}
        | {"word/document.xml": document, **plumbing()}
    )


def main() -> None:
    """Write every template."""
    FOLDER.mkdir(exist_ok=True)
    for layout in LAYOUTS:
        (FOLDER / f"{layout}.docx").write_bytes(build(layout))


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


if __name__ == "__main__":
    main()
