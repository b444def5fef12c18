"""The short form for chats and SMS: number, title and link, nothing of the content."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from notifications.channels.base import Outgoing
from notifications.items import Item
from notifications.kinds import KINDS, RANK
from notifications.render import PREFIX

_TITLE_CHARS = 60
_MARKUP = str.maketrans("<>", "＜＞")  # chats read <at ...> and <a ...> in plain text, too


@dataclass(frozen=True, slots=True)
class Line:
    """One notice: what it is (code and words), of which matter, where to read it."""

    code: str
    kind: str
    number: str
    title: str
    link: str

    @property
    def head(self) -> str:
        """Everything but the link."""
        return " ".join(part for part in (self.kind, self.number, self.title) if part)


def lines(message: Outgoing, portal: str) -> list[Line]:
    """The message's notices, gravest first; a message without any is its subject."""
    ordered: Sequence[Item] = sorted(message.items, key=_gravity)
    found = [_line(item, message.language, portal) for item in ordered]
    subject = message.subject.removeprefix(PREFIX.get(message.language, ""))
    return found or [Line("", "", "", inert(subject), portal)]


def text(message: Outgoing, portal: str, most_bytes: int, greeting: str = "") -> str:
    """Lines of number, title and link, as many as fit; of the others the number is told."""
    told = lines(message, portal)
    name = inert(greeting)
    head = (name and f"{name} ") + _prefix(message.language) + _count(len(told), message.language)
    parts = [head + told[0].head if len(told) == 1 else head.rstrip(), *_rest(told)]
    for kept in range(len(parts), 0, -1):
        left = len(parts) - kept
        tail = [_more(left, message.language, portal)] if left else []
        whole = "\n".join([*parts[:kept], *tail])
        if len(whole.encode()) <= most_bytes:
            break
    return whole


def inert(value: object) -> str:
    """One line without control characters and without anything that chats take for markup."""
    line = " ".join(str(value or "").split()).translate(_MARKUP)
    return "".join(char for char in line if unicodedata.category(char)[0] != "C")


def cut(line: str, most: int) -> str:
    """At most so many characters, the last one an ellipsis if some were dropped."""
    return line if len(line) <= most else line[: max(most - 1, 0)] + "…"


def _rest(told: list[Line]) -> list[str]:
    if len(told) == 1:
        return [told[0].link]
    return [f"{n}. {line.head}\n{line.link}" for n, line in enumerate(told, 1)]


def _line(item: Item, language: str, portal: str) -> Line:
    facts = item.facts
    kind = KINDS[item.kind].title(language) if item.kind in KINDS else ""
    numbers = ("document_number", "task_number", "issue_number")
    titles = ("issue_title", "document_title", "title", "project")
    number, title = (
        inert(next((facts[name] for name in names if facts.get(name)), ""))
        for names in (numbers, titles)
    )
    return Line(item.kind, kind, number, cut(title, _TITLE_CHARS), str(facts.get("link") or portal))


def _gravity(item: Item) -> tuple[bool, int]:
    return not item.urgent, RANK.get(item.kind, len(RANK))


def _prefix(language: str) -> str:
    return PREFIX.get(language, PREFIX["en"])


def _count(number: int, language: str) -> str:
    if number == 1:
        return ""
    return f"共{number}件 " if language.startswith("zh") else f"{number} notices "


def _more(number: int, language: str, portal: str) -> str:
    if language.startswith("zh"):
        return f"另有{number}件，请登录查看：{portal}"
    return f"{number} more: {portal}"
