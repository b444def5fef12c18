"""How figures stand in a snapshot: dates as texts, amounts as exact decimal texts, in 亿元."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from projects.history import plain

_PLAIN = frozenset({str, int, bool, type(None)})
WAN = 10_000
"""万元 in one 亿元."""


def yi_text(wan: int | None) -> str | None:
    """Whole 万元 as a text in 亿元 without needless zeros: 3500 -> "0.35"; None stays None."""
    if wan is None:
        return None
    sign, wan = ("-", -wan) if wan < 0 else ("", int(wan))
    head, rest = divmod(wan, WAN)
    return f"{sign}{head}.{rest:04d}".rstrip("0") if rest else f"{sign}{head}"


def to_yi(wan: int | None) -> Decimal | None:
    """Whole 万元 as 亿元, exact."""
    text = yi_text(wan)
    return None if text is None else Decimal(text)


def decimal(text: str | None) -> Decimal | None:
    """A text of a snapshot as the exact decimal that it was."""
    return None if text is None else Decimal(text)


def columns(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Columns of a row as JSON has them."""
    values = row._mapping
    return {
        name: value if type(value) in _PLAIN else plain(value)
        for name, value in ((name, values[name]) for name in names)
    }
