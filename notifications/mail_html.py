"""A message as HTML for mail programs, built from the words of its text.

Who writes a template writes text only: a line `Label: words` becomes a row of a table, the line
with the link a button, every other line a paragraph. Nothing is loaded from outside, everything is
escaped, and layout is by tables with inline styles, because Outlook knows nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from notifications.sandbox import environment

_LABELS = {
    "zh_CN": re.compile(r"([^\s：:，。；！？、,.;!?()]{2,12})：(.*)"),
    "en": re.compile(r"([A-Z][A-Za-z' -]{1,30}):(?: (.*)|$)"),
}
_INDENT = "    "
"""Before the further lines of what somebody typed: see `render._inert`."""


@dataclass(frozen=True, slots=True)
class Section:
    """One notice of a message. `link` is where its button leads."""

    subject: str
    text: str
    link: str


@dataclass(slots=True)
class Block:
    """A paragraph, a heading, a table of labelled rows, or a button."""

    sort: Literal["words", "heading", "rows", "button"]
    lines: list[str] = field(default_factory=list)
    rows: list[tuple[str, list[str]]] = field(default_factory=list)


def mail_html(
    sections: Sequence[Section], language: str, subject: str, context: Mapping[str, Any]
) -> str:
    """The document. `context` is what the text's layout got, for greeting and introduction."""
    shown = [
        {
            "subject": section.subject,
            "link": section.link,
            "blocks": [
                {"sort": block.sort, "lines": block.lines, "rows": block.rows}
                for block in blocks(section.text, language, section.link)
            ],
        }
        for section in sections
    ]  # data only: templates reach no attributes of objects
    template = environment(html=True).get_template("_html/message.j2")
    return template.render(**context, sections=shown, language=language, subject=subject)


def blocks(text: str, language: str, link: str) -> Iterator[Block]:
    """A notice's text in parts. A row or a button takes a line of its own; others keep theirs."""
    label = _LABELS[language]
    block: Block | None = None
    for line in [*text.splitlines(), ""]:
        if block is not None and line.startswith(_INDENT):
            (block.rows[-1][1] if block.rows else block.lines).append(line.strip())
            continue
        found = _block(line, label, link)
        if block is not None and found is not None and found.sort == block.sort == "rows":
            block.rows += found.rows
            continue
        if block is not None:
            yield block
        block = found


def _block(line: str, label: re.Pattern[str], link: str) -> Block | None:
    if not line.strip():
        return None
    if leads_somewhere(link) and line.endswith(link):
        return Block("button", [line.removesuffix(link).rstrip("：: ") or link])
    matched = label.fullmatch(line)
    if matched is None:
        return Block("words", [line])
    name, words = matched[1], (matched[2] or "").strip()
    return Block("rows", rows=[(name, [words])]) if words else Block("heading", [line])


def leads_somewhere(link: str) -> bool:
    """Whether it may become a link: an address of the web, nothing that a program would run."""
    return link.startswith(("https://", "http://")) and not set(link) & set(' "<>')
