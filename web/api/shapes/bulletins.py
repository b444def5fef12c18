"""Figures of units, the rows behind them, and monthly bulletins."""

from __future__ import annotations

from web.api.shapes.base import Shape


class KpiFigure(Shape):
    """A figure of a scope: "zone", "class:town" or "unit:7". Decimals are texts, exact."""

    kpi: str
    name: str
    scope: str
    unit: str | None
    sort: str
    value: str | None
    numerator: str
    denominator: str
    n: int
    rank: int | None
    of: int | None
    rows: str


class KpiMonth(Shape):
    """A month's figures in the caller's sight; `edition` is null while it is not frozen."""

    month: str
    edition: int | None
    digest: str | None
    until: str
    rank_from: int
    items: list[KpiFigure]


class KpiRow(Shape):
    """A row behind a figure, as it stood then; `hit`: it counts in the numerator."""

    ref: str
    kind: str
    number: str
    title: str
    units: list[str]
    state: str
    days: dict[str, str]
    hit: bool


class KpiRows(Shape):
    """The rows of a numerator or a denominator."""

    month: str
    kpi: str
    scope: str
    total: int
    items: list[KpiRow]
    next: str | None
    next_cursor: str | None


class BulletinLine(Shape):
    """A monthly bulletin."""

    id: int
    version: int
    month: str
    n: int
    state: str
    document: int | None
    number: str | None
    title: str | None
    corrects: int | None


class BulletinPage(Shape):
    """Bulletins, newest first."""

    items: list[BulletinLine]
    next: str | None
    next_cursor: str | None


class BulletinFile(BulletinLine):
    """A bulletin with its words, its figures filled in, and where they come from."""

    edition: int
    digest: str
    correction: str
    words: dict[str, str]
    filled: dict[str, str]
