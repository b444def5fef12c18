"""Marks in the place of what is a row's own, and texts with holes where marks were.

A row is taken once with marks for its texts and with ids out of any range; wherever one of them
turns up in what was written, another row's own value belongs. All else is the same for every row
of the kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any

ISSUE, TASK = 7_700_000_000_000, 7_800_000_000_000
"""Stand for the ids of the issue and its task."""
FOUND_ON = "1907-07-07"
"""Stands for the day on which it was found, which nothing but its own column tells."""
TEXTS = ("title", "description", "measures", "no_project_reason", "source_id")
"""Fields that may be any text. That one is there or not makes a kind of its own."""
INSIDE = len(TEXTS)
"""So far behind the texts stand the same texts as JSON has them between its quotation marks."""
NUMBER, ISSUE_ID, TASK_ID, DAY, PROJECT, BEFORE, HEAD = range(2 * INSIDE, 2 * INSIDE + 7)
"""`BEFORE` and `HEAD`: of the chain of its events, with the event that is written."""
FIRST_FREE = HEAD + 1
_MARK = re.compile(f"\ue000([0-9]+)\ue001|(WT-[0-9]+-{ISSUE})|({ISSUE})|({TASK})")
_ANY = re.compile("[\ue000\ue001]|7[78]0000000|1907-07")
_LEFT = re.compile(f"[\ue000\ue001]|7[78]0000000[0-9]{{4}}|{FOUND_ON}")
Values = list[Any]
Fill = Callable[[Values], str]


class Unalike(Exception):
    """More was written than what belongs to rows of a kind: each is taken by itself."""


def mark(name: str) -> str:
    """Stands for one of `TEXTS`."""
    return f"\ue000{TEXTS.index(name)}\ue001"


def inside(text: str) -> str:
    """A text as JSON has it between its quotation marks."""
    return encode_basestring(text)[1:-1]


def lone(text: str) -> int | None:
    """The place of the one value that a text is, if it is nothing but a mark."""
    found = _MARK.fullmatch(text)
    return _place(found, structured=False) if found else None


def marked(text: str) -> bool:
    """Whether there may be marks in a text."""
    return _ANY.search(text) is not None


@lru_cache(maxsize=2000)
def fill(text: str, *, structured: bool) -> Fill | None:
    """Makes a row's own text of one with marks, if there are any. `structured`: it is JSON."""
    if not marked(text):
        return None
    parts = _MARK.split(text)
    places = [_place(found, structured) for found in _MARK.finditer(text)]
    plain = parts[:: _MARK.groups + 1]
    if any(_LEFT.search(part) for part in plain):
        raise Unalike("a text holds something of the row's own")
    if not places:
        return None
    whole = "%s".join(part.replace("%", "%%") for part in plain)
    chosen = itemgetter(*places)
    if len(places) == 1:
        return lambda values: whole % (chosen(values),)
    return lambda values: whole % chosen(values)


def _place(found: re.Match[str], structured: bool) -> int:
    if found[1] is not None:
        return int(found[1]) + (INSIDE if structured else 0)
    return NUMBER if found[2] else ISSUE_ID if found[3] else TASK_ID
