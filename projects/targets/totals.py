"""Whether the printed totals of a plan are the sums of its rows (S0: 19 of 19). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

Line = tuple[str, str, str, Decimal | None]
"""Level, metric, region, value."""


@dataclass(frozen=True, slots=True)
class AnnexTotal:
    """A figure for the whole zone beside the sum of its towns' and streets' (`rows` of them)."""

    level: str
    metric: str
    total: Decimal
    summed: Decimal
    rows: int

    @property
    def agrees(self) -> bool:
        """Whether total and sum are the same number."""
        return self.total == self.summed


def totals(lines: Iterable[Line], whole: str) -> list[AnnexTotal]:
    """Each total of `whole` that has rows beside the sum of them, by level and metric.

    A blank value is no target and takes no part; exact values only (`op` "=") should be given.
    """
    stated: dict[tuple[str, str], Decimal] = {}
    parts: dict[tuple[str, str], list[Decimal]] = {}
    for level, metric, region, value in lines:
        if value is None:
            continue
        if region == whole:
            stated[level, metric] = value
        else:
            parts.setdefault((level, metric), []).append(value)
    return [
        AnnexTotal(level, metric, total, sum(parts[level, metric], Decimal()),
                   len(parts[level, metric]))
        for (level, metric), total in sorted(stated.items()) if (level, metric) in parts
    ]  # fmt: skip
