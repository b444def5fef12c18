"""PDF through typst: the same sheet, stamp, layout and fonts give the same bytes on any day."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from notifications.documents import fonts
from notifications.documents.sheet import Sheet, Stamp

LAYOUT = "document.typ"


MERGED = """#set page(paper: "a4", margin: 0pt)
#for part in json("parts.json") {
  for n in range(1, part.pages + 1) { page(image(part.name, page: n, width: 100%)) }
}
"""


def merge_pdfs(contents: Sequence[bytes], moment: datetime) -> bytes:
    """Documents one after another in one file, as they are; each keeps its own page numbers.

    The same documents and moment give the same bytes. Only for PDFs of `render_pdf`.
    """
    import typst  # loaded where it is needed: see `fonts`

    with TemporaryDirectory() as made:
        folder = Path(made)
        parts = []
        for n, content in enumerate(contents):
            (folder / f"{n}.pdf").write_bytes(content)
            parts.append({"name": f"{n}.pdf", "pages": page_count(content)})
        (folder / "parts.json").write_text(json.dumps(parts))
        (folder / "main.typ").write_text(MERGED)
        compiler = typst.Compiler(input=folder / "main.typ", root=folder, ignore_system_fonts=True)
        found = compiler.compile(format="pdf", timestamp=int(moment.timestamp()))
    assert isinstance(found, bytes)  # as in render_pdf
    return found


def page_count(content: bytes) -> int:
    """How many pages a PDF of `render_pdf` has, as its page tree says."""
    return max(int(n) for n in re.findall(rb"/Type\s*/Pages\b.*?/Count (\d+)", content, re.S))


def shipped_layout() -> bytes:
    """The layout as it comes with the program."""
    return files("notifications.documents").joinpath("templates", LAYOUT).read_bytes()


def render_pdf(sheet: Sheet, stamp: Stamp, *, layout: bytes, families: dict[str, str]) -> bytes:
    """The document as PDF. `families` name a font for each role (`fonts.chosen`).

    What was typed reaches the layout as data and is never compiled. Raises `typst.TypstError`.
    """
    import typst

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
