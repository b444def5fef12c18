"""Sheets that show every part of GB/T 9704-2012, and the drawing of a PDF to be measured."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import pdfplumber
import pypdfium2

from notifications.documents import fonts, pdf, word
from notifications.documents.sheet import Annex, Grid, Para, Row, Sheet, Stamp

NAME = "江苏常州经济开发区经济发展局"
TEXT = (
    "根据重点项目攻坚推进工作机制有关要求现就你单位牵头办理的问题督办如下"
    "请认真组织落实并按时报送办理情况"
)
STAMP = Stamp("常经开经〔2026〕4号", "2026年9月8日", "钱永年", "", "2026-09-08T02:00:00+00:00")
DPI = 300


def sheet(layout: str, **changed: Any) -> Sheet:
    """A document with every part that its layout has."""
    return Sheet(
        **{
            "layout": layout,
            "mark": NAME + ("文件" if layout == "file" else ""),
            "title": "关于督促办理架空线影响桩基施工\n等3项任务的通知",
            "issuer": NAME,
            "addressees": "横林镇人民政府：",
            "paragraphs": (
                Para(TEXT),
                Para("一、督办事项", 1),
                Para("（一）线路迁移", 2),
                Para("1. " + TEXT, 3),
                Para("（1）" + TEXT, 4),
                *(Para(TEXT * 3) for _ in range(4)),
            ),
            "attachments": ("督办任务清单", "现场照片目录"),
            "note": "此件公开发布",
            "copies": "党政办公室，建设局",
            "printed_by": NAME,
            "annexes": (Annex("督办任务清单", Grid(("序号", "任务"), (1, 5), (("1", "迁移"),))),),
        }
        | changed
    )


def form() -> Sheet:
    """A form table."""
    return Sheet(
        "form", "", "督办单", NAME,
        rows=(Row("督办事由", TEXT), Row("督办要求", "按时\n办结")),
        grid=Grid(("序号", "任务编号"), (1, 4), (("1", "WT-2026-000001-01"),)),
        strips=("签收人", "签收时间"),
    )  # fmt: skip


def as_pdf(of: Sheet, stamp: Stamp = STAMP) -> bytes:
    """The sheet as PDF with the shipped layout."""
    layout = pdf.shipped_layout()
    return pdf.render_pdf(of, stamp, layout=layout, families=fonts.chosen())


def as_docx(of: Sheet, stamp: Stamp = STAMP) -> bytes:
    """The sheet as DOCX with the shipped template."""
    return word.render_docx(of, stamp, template=word.template_of(of.layout))


def mm(points: float) -> float:
    """Points in millimetres."""
    return points * 25.4 / 72


@dataclass(slots=True)
class Line:
    """Characters on one height. Positions in points from the page's top left corner."""

    text: str
    chars: list[dict[str, Any]]

    @property
    def left(self) -> float:
        """Where the first character's box begins."""
        return float(min(c["x0"] for c in self.chars))

    @property
    def right(self) -> float:
        """Where the last character's box ends."""
        return float(max(c["x1"] for c in self.chars))

    @property
    def base(self) -> float:
        """The baseline."""
        c = self.chars[0]
        return float(c["matrix"][5])

    @property
    def size(self) -> float:
        """The size of its characters."""
        return float(self.chars[0]["size"])

    @property
    def font(self) -> str:
        """The font of its first character."""
        return str(self.chars[0]["fontname"]).partition("+")[2]


@dataclass(slots=True)
class Drawn:
    """A PDF to be measured."""

    content: bytes
    pages: list[Any]

    def lines(self, page: int) -> list[Line]:
        """Lines of a page from top to bottom."""
        rows: dict[float, list[dict[str, Any]]] = {}
        for char in self.pages[page].chars:
            rows.setdefault(round(char["matrix"][5], 1), []).append(char)
        found = []
        for _base, chars in sorted(rows.items(), reverse=True):
            chars.sort(key=lambda c: c["x0"])
            found.append(Line("".join(c["text"] for c in chars), chars))
        return found

    def line(self, page: int, part: str) -> Line:
        """The first line that holds a text."""
        return next(line for line in self.lines(page) if part in line.text)

    def rules(self, page: int, *, red: bool) -> list[dict[str, Any]]:
        """Drawn horizontal rules from top to bottom."""
        found = [
            r
            for r in self.pages[page].lines + self.pages[page].rects
            if abs(r["top"] - r["bottom"]) < 0.5 and (r["stroking_color"] == (1, 0, 0)) == red
        ]
        return sorted(found, key=lambda r: r["top"])

    def ink(self, page: int, box: tuple[float, float, float, float]) -> tuple[float, ...]:
        """The box of the ink inside a box, all in mm (left, top, right, bottom)."""
        with pypdfium2.PdfDocument(self.content) as opened:
            picture = opened[page].render(scale=DPI / 72).to_pil().convert("L")
        unit = 25.4 / DPI
        part = picture.crop(tuple(round(v / unit) for v in box))
        found = part.point(lambda v: 255 if v < 200 else 0).getbbox()
        assert found is not None, "no ink"
        left, top = box[0], box[1]
        return tuple(base + v * unit for base, v in zip((left, top, left, top), found, strict=True))


def drawn(content: bytes) -> Drawn:
    """Open a PDF to measure it."""
    with pdfplumber.open(io.BytesIO(content)) as opened:
        pages = list(opened.pages)
        for page in pages:
            _ = page.chars
    return Drawn(content, pages)
