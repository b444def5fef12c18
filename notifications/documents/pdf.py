"""PDF through typst: the same sheet, stamp, layout and fonts give the same bytes on any day."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from importlib.resources import files

import typst

from notifications.documents import fonts
from notifications.documents.sheet import Sheet, Stamp

LAYOUT = "document.typ"


def shipped_layout() -> bytes:
    """The layout as it comes with the program."""
    return files("notifications.documents").joinpath("templates", LAYOUT).read_bytes()


def render_pdf(sheet: Sheet, stamp: Stamp, *, layout: bytes, families: dict[str, str]) -> bytes:
    """The document as PDF. `families` name a font for each role (`fonts.chosen`).

    What was typed reaches the layout as data and is never compiled. Raises `typst.TypstError`.
    """
    data = {
        "sheet": sheet.plain() | {"imprint": sheet.imprint},
        "stamp": asdict(stamp),
        "fonts": families,
    }
    compiler = typst.Compiler(
        input=layout,
        font_paths=fonts.collection(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    moment = int(datetime.fromisoformat(stamp.moment).timestamp())
    made = compiler.compile(format="pdf", timestamp=moment)
    assert isinstance(made, bytes)  # a PDF is one file, and nothing was written to a path
    return made
