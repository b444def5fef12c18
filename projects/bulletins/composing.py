"""From the office's words and a frozen month to the sheet of the document. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifications.documents.compose.parts import base, paras
from notifications.documents.kinds import KINDS
from notifications.documents.shape import numeral, title
from notifications.documents.sheet import Para, Sheet
from projects.bulletins.annexes import tables
from projects.bulletins.source import Source
from projects.bulletins.words import HEADS, filled

KIND = KINDS["bulletin"]


def zh_month(month: str) -> str:
    """2026-09 as documents say it."""
    return f"{int(month[:4])}年{int(month[5:])}月"


def filled_sections(row: Any, source: Source) -> dict[str, str]:
    """The sections with their figures filled in, by name."""
    return {name: filled(getattr(row, name), source) for name in HEADS}


def compose(row: Any, source: Source, facts: Mapping[str, Any]) -> Sheet:
    """The bulletin: three sections, what is asked next, tables. `facts` name issuer, addressees
    and, for a correction, the bulletin that it corrects."""
    name = zh_month(source.month)
    words = [Para(f"现将{name}重点项目攻坚推进情况通报如下：")]
    if facts["corrects"]:
        words.insert(0, Para(
            f"本通报更正{facts['corrects']}《{facts['corrects_title']}》，原通报相应内容以本通报为准。"
            f"更正原因：{row.correction}"
        ))  # fmt: skip
    told = [(HEADS[key], text) for key, text in filled_sections(row, source).items() if text]
    for n, (head, text) in enumerate(told, 1):
        words += [Para(f"{numeral(n)}、{head}", 1), *paras(text)]
    anew = ["更正"] if facts["corrects"] else []
    annexes = tuple(table.annex() for table in tables(source))
    return base(
        KIND,
        facts,
        title(["关于", *anew, name, "重点项目攻坚", "推进情况", "的通报"]),
        paragraphs=tuple(words),
        attachments=tuple(annex.title for annex in annexes),
        annexes=annexes,
    )  # fmt: skip


def body_characters(sheet: Sheet) -> int:
    """Characters of title and text; tables are annexes and are not counted."""
    texts = [sheet.title, *(paragraph.text for paragraph in sheet.paragraphs)]
    return sum(len("".join(text.split())) for text in texts)
