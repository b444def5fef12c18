"""Hostile texts, and a reader that finds out whether one of them came alive in a page."""

from __future__ import annotations

import html
from html.parser import HTMLParser

MARK = "zq9"
TAGS = (
    f"<script>{MARK}(1)</script>",
    f'"><img src=x onerror={MARK}(2)>',
    f"'><svg onload={MARK}(3)>",
    f"</textarea><{MARK}>",
    f"</title><{MARK}>",
    f"--><{MARK}>",
)
EVALUATED = "{{7*7}}" + MARK + "${7*7}" + MARK + "#{7*7}{%print(7*7)%}"
FORMULA = f"=cmd|'/c calc'!A1 {MARK}"
SQL = f"'; DROP TABLE issue;-- {MARK}"
LINK = f"javascript:{MARK}()"
LONG = " ".join((*TAGS, EVALUATED, SQL, LINK, FORMULA))
"""For fields that take a whole text."""
SHORT = FORMULA + TAGS[0] + TAGS[1]
"""For names and titles: begins as a formula, goes on as tags."""
NAME = f'"><i {MARK}>={{{{7*7}}}}'
"""For names of at most 30 characters."""

_LINKS = {"href", "src", "action", "formaction", "data", "xlink:href", "hx-get", "hx-post"}


class _Probe(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.alive: list[str] = []
        self.script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        links = [given[name].strip().lower() for name in given.keys() & _LINKS]
        if (
            MARK in tag
            or any(MARK in name or name.startswith("on") or name == "style" for name in given)
            or any(link.startswith(("javascript:", "data:", "vbscript:")) for link in links)
            or given.get("src") == "x"
        ):
            self.alive.append(self.get_starttag_text() or tag)
        self.script = tag == "script" and "src" not in given
        if self.script and given.get("type") != "application/json":
            self.alive.append(tag)

    def handle_data(self, data: str) -> None:
        if self.script and "<" in data:
            self.alive.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.script = False

    def handle_comment(self, data: str) -> None:
        if MARK in data:
            self.alive.append(data)


def alive(page: str) -> list[str]:
    """What of the hostile texts became markup, code, or was evaluated."""
    probe = _Probe()
    probe.feed(page)
    probe.close()
    evaluated = [part for part in (f"49{MARK}", f"{MARK}49#") if part in html.unescape(page)]
    return probe.alive + evaluated
