"""Whether the printed totals of a plan are the sums of its rows (S0: 19 of 19). Pure.

A total that promises at least so much (≥, >) is kept where its rows sum to as much or more, one
that allows at most so much (≤, <) where they sum to as much or less. About (≈), a range, and an
exact total over rows that are not exact cannot be told from a sum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

Line = tuple[str, str, str, Decimal | None, str]
"""Level, metric, region, value, operator."""
EQUAL, AT_LEAST, AT_MOST, UNCHECKED = "equal", "at_least", "at_most", "unchecked"
_LEAST, _MOST = (">=", ">"), ("<=", "<")


@dataclass(frozen=True, slots=True)
class AnnexTotal:
    """A figure for the whole zone beside the sum of its towns' and streets' (`rows` of them)."""

    level: str
    metric: str
    total: Decimal
    summed: Decimal
    rows: int
    op: str = "="
    how: str = EQUAL

    @property
    def agrees(self) -> bool | None:
        """Whether total and sum are the same number, or the sum is at least or at most the total;
        None: not to be told."""
        if self.how == UNCHECKED:
            return None
        if self.how == AT_MOST:
            return self.summed <= self.total
        return self.summed >= self.total if self.how == AT_LEAST else self.summed == self.total


def totals(lines: Iterable[Line], whole: str) -> list[AnnexTotal]:
    """Each total of `whole` that has rows beside the sum of them, by level and metric.

    A blank value is no target and takes no part.
    """
    stated: dict[tuple[str, str], tuple[Decimal, str]] = {}
    parts: dict[tuple[str, str], list[tuple[Decimal, str]]] = {}
    for level, metric, region, value, op in lines:
        if value is None:
            continue
        if region == whole:
            stated[level, metric] = value, op
        else:
            parts.setdefault((level, metric), []).append((value, op))
    return [
        _beside(level, metric, total, op, parts[level, metric])
        for (level, metric), (total, op) in sorted(stated.items()) if (level, metric) in parts
    ]  # fmt: skip


def _beside(
    level: str, metric: str, total: Decimal, op: str, parts: list[tuple[Decimal, str]]
) -> AnnexTotal:
    summed = sum((value for value, _op in parts), Decimal())
    return AnnexTotal(level, metric, total, summed, len(parts), op, _how(op, parts))


def _how(op: str, parts: list[tuple[Decimal, str]]) -> str:
    ops = {each for _value, each in parts}
    if op == "=" and ops == {"="}:
        return EQUAL
    if op in _MOST and ops <= {"=", *_MOST}:
        return AT_MOST
    return AT_LEAST if op in _LEAST and ops <= {"=", *_LEAST} else UNCHECKED
