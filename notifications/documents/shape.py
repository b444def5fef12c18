"""Shapes of words that the standard asks for: titles, dates, numbers, numerals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

TITLE_LINE = 20
"""2号 characters in 156 mm."""
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2})?")
_CLOCK = r"(?:上午|中午|下午|晚上)?\s*\d{1,2}(?:[:：]\d{2}|[时点](?:\d{1,2}分?|半|整)?)"
_MOMENT = re.compile(
    r"(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?"
    r"\s*(?:[（(]?(?:星期|周)[一二三四五六日天][）)]?)?"
    rf"[T\s]*(?:{_CLOCK}(?:\s*(?:-|—|–|~|至|到)+\s*{_CLOCK})?)?"
)
_TIME = re.compile(r"(\d{1,2})[:：时点](\d{1,2})?")
_NUMERALS = "零一二三四五六七八九"


def zh_date(day: date) -> str:
    """`2026年9月28日`: Arabic figures, no leading zeros."""
    return f"{day.year}年{day.month}月{day.day}日"


def zh_moment(text: str) -> str:
    """`2026-09-28 17:30` or `2026-09-28` as a document says it; anything else as it is."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return text
    return zh_date(day) + (f" {text[11:16]}" if len(text) > 10 else "")


def zh_when(text: str) -> str:
    """`2026-10-12 14:00` as a document says it; a moment in other words as it is."""
    return zh_moment(text) if _ISO.fullmatch(text) else text


def is_moment(text: str) -> bool:
    """Whether a text is a day, mostly with a time or from one to another, and nothing else:
    `2026-10-12 14:00`, `2026年10月12日（星期一）下午2时30分`."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return False
    try:
        date(*(int(found[name]) for name in ("year", "month", "day")))
    except ValueError:
        return False
    times = _TIME.findall(text)
    return all(int(hour) < 24 and int(minute or 0) < 60 for hour, minute in times)


def document_number(word: str, series: str, year: int, n: int) -> str:
    """机关代字〔2026〕4号: hexagonal brackets, the whole year, no 第, no leading zero."""
    return f"{word}{series}〔{year}〕{n}号"


def numeral(n: int) -> str:
    """1 to 9,999 as 一 to 九千九百九十九; a gap is 零, and what begins with ten 十."""
    said, gap = "", False
    for digit, unit in zip(f"{n:04}", ("千", "百", "十", ""), strict=True):
        if digit != "0":
            said += ("零" if gap and said else "") + _NUMERALS[int(digit)] + unit
        gap = digit == "0"
    return said.removeprefix("一") if said.startswith("一十") else said


def title(words: Sequence[str]) -> str:
    """A title of unbroken words in lines of at most 20 characters, as even as the words allow, so
    that the centred lines form a trapezium.

    A word that is longer than a line by itself is cut where the line ends.
    """
    whole = "".join(words)
    if len(whole) <= TITLE_LINE:
        return whole
    pieces = [w[i : i + TITLE_LINE] for w in words for i in range(0, len(w), TITLE_LINE)]
    lines = -(-len(whole) // TITLE_LINE)
    while True:
        found = _filled(pieces, lines, -(-len(whole) // lines) + 2)
        if found is not None:
            return "\n".join(found)
        lines += 1


def _filled(pieces: Sequence[str], lines: int, target: int) -> list[str] | None:
    """Pieces in so many lines, each up to the target and never beyond the line's width."""
    for most in range(min(target, TITLE_LINE), TITLE_LINE + 1):
        rows = [""]
        for piece in pieces:
            if rows[-1] and len(rows[-1]) + len(piece) > most:
                rows.append("")
            rows[-1] += piece
        if len(rows) <= lines and all(len(row) <= TITLE_LINE for row in rows):
            return rows
    return None
