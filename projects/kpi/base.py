"""What a figure is: numerator, denominator, and the rows behind both. Pure, exact, of units only.

A formula turns the facts of a month into parts, one for each row that counts. A scope (the zone, a
class of units, a unit) takes the parts of its units. No figure is about a person, and none counts
activity: the rules on burdens of the grassroots (docs/kpis.md) bind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Content = dict[str, Any]
NONE: frozenset[int] = frozenset()
ZERO, ONE = Decimal(0), Decimal(1)
RATE, SHARE, GAP, MEAN, MEDIAN, COUNT, SUM = (
    "rate", "share", "gap", "mean", "median", "count", "sum",
)  # fmt: skip
"""Sorts: cases of cases in percent; an amount of an amount in percent; the same less the elapsed
share of the year, in points; working days on average, and in the middle; cases; an amount."""


@dataclass(frozen=True, slots=True)
class Part:
    """One row that counts. `ref` names it ("task:12"); `units` are those it counts for, `refused`
    those for which alone it is no hit (with the zone among them if there is any). Not `stated`:
    its amount was not reported; where nobody reported, there is no figure. `count`: how many
    cases it stands for."""

    ref: str
    units: frozenset[int]
    above: Decimal = ONE
    below: Decimal = ONE
    refused: frozenset[int] = NONE
    stated: bool = True
    count: int = 1


def hit(ref: str, units: Sequence[int] | frozenset[int], is_hit: bool) -> Part:
    """A case of a rate."""
    return Part(ref, frozenset(units), ONE if is_hit else ZERO)


class Month:
    """The facts of a month; moments are texts in UTC of one form, which compare as times do."""

    __slots__ = ("begin", "content", "name", "rank_from", "rules", "until")

    def __init__(self, content: Content) -> None:
        (period,) = content["period"]
        self.content = content
        self.name: str = content["month"]
        self.begin: str = period["begin"]
        self.until: str = period["until"]
        self.rank_from: int = period["rank_from"]
        self.rules: int = content.get("rules", 2)

    def rows(self, section: str) -> list[dict[str, Any]]:
        """A section's rows; one that was not kept then has none."""
        found: list[dict[str, Any]] = self.content.get(section, [])
        return found

    def has(self, moment: str | None) -> bool:
        """Whether a moment lies in the month, as far as it was seen."""
        return moment is not None and self.begin <= moment <= self.until

    def parked(self, row: dict[str, Any], moment: str | None = None) -> bool:
        """Whether its clock stood still (挂账) at a moment, or stands still at the end."""
        return any(
            start <= at and (end is None or at < end)
            for start, end in row["pauses"]
            for at in (moment or self.until, self.until)
        )


@dataclass(frozen=True, slots=True)
class Kpi:
    """One declared figure. `name` is Chinese, as documents say it; `english` its name otherwise;
    `formula` says in a sentence what is divided by what. `better`: "high", "low" or "" where
    neither is; only those with one are ranked. `section` names what the rows behind it are."""

    key: str
    name: str
    english: str
    sort: str
    section: str
    parts: Callable[[Month], list[Part]]
    above: str
    below: str
    better: str = ""

    def title(self, language: str) -> str:
        """Its name in a language."""
        return self.name if language.startswith("zh") else self.english


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a scope ("zone", "class:town", "unit:7"). `n` is how many cases are below."""

    kpi: str
    sort: str
    scope: str
    numerator: Decimal
    denominator: Decimal
    n: int
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    elapsed: Decimal = ZERO

    @property
    def value(self) -> Decimal | None:
        """The figure to one decimal place; None where there is nothing to divide by: blank."""
        return value_of(self.sort, self.numerator, self.denominator, self.elapsed)


def value_of(
    sort: str, numerator: Decimal, denominator: Decimal, elapsed: Decimal
) -> Decimal | None:
    """A figure from what is stored of it. `elapsed`: the share of the year that has gone by."""
    if sort in (COUNT, SUM):
        return numerator
    if denominator == 0:
        return None
    if sort in (RATE, SHARE):
        return _rounded(numerator * 100 / denominator)
    if sort == GAP:
        return _rounded(numerator * 100 / denominator - elapsed * 100)
    return _rounded(numerator / denominator)


def elapsed_of(month: str) -> Decimal:
    """序时进度 at the end of a month: months gone by of twelve."""
    return Decimal(int(month[5:])) / 12


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), ROUND_HALF_UP)


def counted(kpi: Kpi, scope: str, units: frozenset[int] | None, parts: list[Part]) -> tuple[
    Decimal, Decimal, int, tuple[str, ...], tuple[str, ...]
]:  # fmt: skip
    """Numerator, denominator, n and the rows of both, of the parts of these units (None: all)."""
    mine = [p for p in parts if units is None or p.units & units]
    if kpi.sort in (SHARE, GAP) and not any(p.stated for p in mine):
        return ZERO, ZERO, 0, (), ()
    hits = [p for p in mine if p.above != 0 and not _refused(p, units)]
    below = tuple(p.ref for p in mine)
    above = tuple(p.ref for p in hits)
    if kpi.sort == MEDIAN:
        return _median([p.above for p in mine]), ONE if mine else ZERO, len(mine), below, below
    top = sum((p.above for p in hits), ZERO)
    if kpi.sort in (COUNT, SUM):
        return top, ZERO, len(mine), above, below
    if kpi.sort == MEAN:
        return top, Decimal(len(mine)), len(mine), below, below
    n = sum(p.count for p in mine)
    return top, sum((p.below for p in mine), ZERO), n, above, below


def _refused(part: Part, units: frozenset[int] | None) -> bool:
    return bool(part.refused if units is None else part.refused & units)


def _median(values: list[Decimal]) -> Decimal:
    if not values:
        return ZERO
    ordered, middle = sorted(values), len(values) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2
