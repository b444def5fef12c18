"""The text of an SMS: what it is, number, title and link, cut to length, the link always whole."""

from __future__ import annotations

from dataclasses import dataclass

from notifications.channels.base import Outgoing
from notifications.channels.short import Line, cut, lines


@dataclass(frozen=True, slots=True)
class Wording:
    """The whole text, and its parts for gateways that have a template of their own."""

    text: str
    number: str
    title: str
    link: str

    def placeholders(self) -> dict[str, str]:
        """By the names that the settings know."""
        parts = {"number": self.number, "title": self.title, "link": self.link}
        return {"text": self.text, **parts}


def wording(message: Outgoing, portal: str, most: int) -> Wording:
    """At most `most` characters, unless number and link alone are longer."""
    told = lines(message, portal)
    first, several = told[0], len(told) > 1
    link = portal if several else first.link
    fixed = (_count(told, message.language) if several else first.kind, first.number)
    head = " ".join(part for part in fixed if part)
    room = most - len(head) - len(link) - 2
    title = cut(first.title, room) if room > 1 else ""
    text = " ".join(part for part in (head, title, link) if part)
    return Wording(text, first.number, title, link)


def _count(told: list[Line], language: str) -> str:
    return f"共{len(told)}件，首件" if language.startswith("zh") else f"{len(told)} notices, first"
