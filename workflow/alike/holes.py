"""Texts with holes in which each issue puts its own values, and the marks that make them.

A plan is worked out from rows that have marks where their own values would stand. Wherever a mark
turns up in what comes out, an issue's own value belongs. A mark may be carried along and be put
into texts; a rule that looked at one (is it empty? how does it begin?) would decide for all issues
by one of them, so that is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NoReturn

_MARK = re.compile("\ue000([0-9]+)\ue001")
_LEFT = re.compile("[\ue000\ue001]|-77000[0-9]{6}")
ISSUE_ID = -77_000_000_000
"""Stands for the issue's id. Ids of its tasks, their units and people follow downwards."""
_APART = 100_000
ISSUE_TEXTS = ("number", "title", "description", "category", "category_en")
TASK_TEXTS = (
    "number", "problem", "measures", "standard", "lead_unit", "responsible_leader",
    "responsible_person", "start",
)  # fmt: skip
Fill = Callable[[Sequence[str]], str]


class Unalike(Exception):
    """What the clock does for an issue depends on what is its own: the ordinary road is taken."""


class Mark(str):
    """Stands for a text of the issue or a task."""

    __slots__ = ()

    def _refuse(self, *_given: Any) -> NoReturn:
        raise Unalike("a rule looks at a text")

    __hash__ = str.__hash__
    __eq__ = __ne__ = _refuse
    __bool__ = __len__ = __getitem__ = __contains__ = __iter__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __mod__ = __add__ = _refuse
    strip = split = startswith = endswith = replace = lower = upper = _refuse  # type: ignore[assignment]
    partition = rpartition = encode = removeprefix = removesuffix = _refuse  # type: ignore[assignment]


def issue_mark(name: str) -> Mark:
    """Stands for one of `ISSUE_TEXTS`."""
    return _mark(ISSUE_TEXTS.index(name))


def task_mark(index: int, name: str) -> Mark:
    """Stands for one of `TASK_TEXTS` of the issue's task with that place."""
    return _mark(len(ISSUE_TEXTS) + index * len(TASK_TEXTS) + TASK_TEXTS.index(name))


def _mark(number: int) -> Mark:
    return Mark(f"\ue000{number}\ue001")


def task_id(index: int) -> int:
    """Stands for the id of the issue's task with that place."""
    return ISSUE_ID - 1 - index


def related_id(index: int, number: int) -> int:
    """Stands for the id of a unit or person that a task names, by the number of the column."""
    return task_id(index) - _APART * (number + 1)


def bare(text: str) -> str:
    """A text in which no mark is left; `Unalike` where one is."""
    if _LEFT.search(text):
        raise Unalike("a text holds something of the issue's own")
    return text


def template(text: str) -> Fill:
    """Fills the holes of a text, each with the value of its number in a list of texts."""
    parts = _MARK.split(text)
    holes = [int(number) for number in parts[1::2]]
    for part in parts[::2]:
        bare(part)
    chosen = itemgetter(*holes) if len(holes) > 1 else lambda values: [values[n] for n in holes]

    def fill(values: Sequence[str]) -> str:
        whole = parts.copy()
        whole[1::2] = chosen(values)
        return "".join(whole)

    return fill
