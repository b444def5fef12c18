"""Cutting a text into terms: Chinese into characters and overlapping pairs, the rest into words.

No database cuts Chinese: PostgreSQL and SQLite's `unicode61` take a whole clause for one word, and
SQLite's `trigram` cannot see the two-character words that the office's language is made of (环评,
用地, 杆线). Pairs need no dictionary, so names of places, firms and substances are found, too; and
single characters join what says the same in other words (补助 and 奖补, 拆除 and 拆迁). Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

MOST_TERMS = 2_000
"""Of a longer text its beginning speaks for it."""
_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[a-z0-9]+")
_PARTICLES = re.compile("[的了和与及等在是我们请把被将对于向为就都也很还有希望贵司]")
"""Characters that join words. Pairs across them say nothing; what stands between them does."""


def terms_of(text: str) -> list[str]:
    """The terms of a text in order, repeats included.

    >>> terms_of("我公司的10kV杆线")
    ['公', '10kv', '杆', '线', '杆线']
    """
    return list(_cut(unicodedata.normalize("NFKC", text).lower()))[:MOST_TERMS]


def _cut(text: str) -> Iterator[str]:
    for run in _RUN.findall(text):
        if run[0] < "\u3400":
            yield run[:40]
            continue
        for part in _PARTICLES.split(run):
            yield from _pieces(part)


def _pieces(run: str) -> Iterator[str]:
    yield from run
    for n in range(len(run) - 1):
        yield run[n : n + 2]
