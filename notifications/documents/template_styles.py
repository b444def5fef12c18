"""Paragraph styles of the Word templates, with the figures of GB/T 9704-2012."""

from __future__ import annotations

from notifications.documents.ooxml import (
    CHAR,
    FOUR,
    PITCH,
    TWO,
    border,
    fonts,
    mm,
    part,
    style,
)

SONG, FANG, KAI, HEI, TITLE = "宋体", "仿宋_GB2312", "楷体_GB2312", "黑体", "方正小标宋简体"
RED = "FF0000"
THIN, THICK = 6, 16
"""Rules in eighths of a point: 0.75 pt and 2 pt."""
TWO_CHARS = f'w:firstLineChars="200" w:firstLine="{2 * CHAR}"'
MARK_BEFORE = mm(35) - 3 * PITCH
"""The mark's top edge lies 35 mm below the type area's; three of its lines are for 份号 etc."""
BEYOND = f'w:left="-{mm(8)}" w:right="-{mm(6)}"'
"""A letter's rules are 170 mm wide and centred on the page."""


def _level(n: int, name: str, font: str) -> str:
    kept = "<w:keepNext/>" if n < 3 else ""  # a heading stays with what follows it
    return style(f"GbLevel{n}", name, font=font, indent=TWO_CHARS, more=kept)


def _ruled(key: str, name: str, line: int, eighths: int, indent: str = "") -> str:
    below = f"<w:pBdr>{border('bottom', eighths, RED)}</w:pBdr>"
    return style(key, name, font=FANG, size=2, line=line, indent=indent, more=below)


def _page(key: str, name: str, side: str, align: str, after: int) -> str:
    indent = f'w:{side}Chars="100" w:{side}="{FOUR * 10}"'
    return style(
        key, name, font=SONG, size=FOUR, line=FOUR * 10, align=align, indent=indent, spacing=0,
        after=after,
    )  # fmt: skip


def _marks() -> list[str]:
    return [
        style("GbCopyNo", "份号", font=FANG, align="left"),
        style("GbSlot", "密级和紧急程度", font=HEI, align="left"),
        style(
            "GbMark", "发文机关标志", font=TITLE, size=72, line=720, before=MARK_BEFORE,
            align="center", colour=RED, spacing=0,
        ),
        style("GbNumber", "发文字号", font=FANG, line=320, before=2 * PITCH, align="center"),
        style(
            "GbNumberUp", "上行文发文字号", font=FANG, line=320, before=2 * PITCH, align="left",
            indent=f'w:leftChars="100" w:left="{CHAR}" w:rightChars="100" w:right="{CHAR}"',
            more=f'<w:tabs><w:tab w:val="right" w:pos="{mm(156) - CHAR}"/></w:tabs>',
        ),
        _ruled("GbRule", "红色分隔线", mm(4), 12),
        style(
            "GbLetterMark", "信函发文机关标志", font=TITLE, size=72, line=720, align="center",
            colour=RED, spacing=0,
        ),
        _ruled("GbLetterThick", "信函双线（粗）", mm(4), THICK, BEYOND),
        _ruled("GbLetterThin", "信函双线（细）", 30, THIN, BEYOND),
        _ruled("GbFootThin", "信函下双线（细）", 30, THIN, BEYOND),
        _ruled("GbFootThick", "信函下双线（粗）", 30, THICK, BEYOND),
        style("GbLetterNumber", "信函发文字号", font=FANG, line=320, before=280, align="right"),
    ]  # fmt: skip


def _text() -> list[str]:
    hanging = f'w:leftChars="600" w:left="{6 * CHAR}" w:hangingChars="{{}}" w:hanging="{{}}"'
    return [
        style(
            "GbTitle", "公文标题", font=TITLE, size=TWO, before=2 * PITCH, align="center", spacing=0
        ),
        style("GbFormTitle", "表单标题", font=TITLE, size=TWO, align="center", spacing=0),
        style("GbAddressee", "主送机关", font=FANG, before=PITCH, align="left"),
        style("GbBody", "公文正文", font=FANG, indent=TWO_CHARS),
        _level(1, "一级标题", HEI),
        _level(2, "二级标题", KAI),
        _level(3, "三级标题", FANG),
        _level(4, "四级标题", FANG),
        style(
            "GbAttachment", "附件说明", font=FANG, before=PITCH, align="left",
            indent=hanging.format(400, 4 * CHAR),
        ),
        style(
            "GbAttachmentNext", "附件说明续", font=FANG, align="left",
            indent=hanging.format(100, CHAR),
        ),
        style(
            "GbIssuer", "发文机关署名", font=FANG, align="right", before=PITCH,
            more="<w:keepNext/><w:keepLines/>",
        ),
        style(
            "GbDate", "成文日期", font=FANG, align="right",
            indent=f'w:rightChars="400" w:right="{4 * CHAR}"', more="<w:keepLines/>",
        ),
        style("GbNote", "附注", font=FANG, indent=TWO_CHARS),
        style("GbAnnex", "附件标识", font=HEI, align="left", more="<w:pageBreakBefore/>"),
        style(
            "GbAnnexTitle", "附件标题", font=TITLE, size=TWO, before=PITCH, after=PITCH,
            align="center", spacing=0,
        ),
    ]  # fmt: skip


def _small() -> list[str]:
    fourteen = FOUR * 10
    return [
        style(
            "GbImprint", "版记", font=FANG, size=FOUR, align="left", spacing=0,
            indent=f'w:leftChars="100" w:left="{fourteen}" w:rightChars="100" w:right="{fourteen}"',
            more=f'<w:tabs><w:tab w:val="right" w:pos="{mm(156) - fourteen}"/></w:tabs>',
        ),
        style(
            "GbFormNumber", "表单编号", font=FANG, size=FOUR, align="right", spacing=0
        ),
        style("GbCell", "表格文字", font=FANG, size=FOUR, line=400, align="left", spacing=0),
        style("GbLabel", "表格栏目", font=HEI, size=FOUR, line=400, align="center", spacing=0),
        style("GbGridCell", "清单文字", font=FANG, size=24, line=340, align="left", spacing=0),
        style("GbGridHead", "清单栏目", font=HEI, size=24, line=340, align="center", spacing=0),
        style("GbTiny", "占位", font=FANG, size=2, line=20),
        # the dash's middle lies 7 mm below the type area; in a letter the footer ends 20 mm above
        # the page's edge, for the sake of its first page, and the number is lifted
        _page("GbPageOdd", "页码（单页）", "right", "right", 0),
        _page("GbPageEven", "页码（双页）", "left", "left", 0),
        _page("GbLetterPageOdd", "信函页码（单页）", "right", "right", mm(5.5)),
        _page("GbLetterPageEven", "信函页码（双页）", "left", "left", mm(5.5)),
    ]  # fmt: skip


def styles() -> bytes:
    """styles.xml."""
    normal = (
        f"<w:docDefaults><w:rPrDefault><w:rPr>{fonts(FANG)}"
        '<w:sz w:val="32"/><w:szCs w:val="32"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/>'
        "</w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>"
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
        "<w:qFormat/></w:style>"
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal">'
        '<w:name w:val="Normal Table"/></w:style>'
        '<w:style w:type="character" w:customStyle="1" w:styleId="GbSigner">'
        f'<w:name w:val="签发人姓名"/><w:rPr>{fonts(KAI)}</w:rPr></w:style>'
    )
    return part("styles", normal + "".join([*_marks(), *_text(), *_small()]))
