"""Figures stored with their snapshot when a month is frozen; read for tables and trends."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, insert, select

from models import tables
from models.db import Session
from projects.kpi.base import GAP, ZERO, Content, Figure, elapsed_of, value_of
from projects.kpi.compute import Table, frozen_table, table

_V, _S = tables.kpi_value.c, tables.snapshot.c
EXACT = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored figure of a month."""

    period: str
    scope: str
    kpi: str
    sort: str
    numerator: Decimal
    denominator: Decimal
    n: int

    @property
    def value(self) -> Decimal | None:
        """The figure to one decimal place."""
        elapsed = elapsed_of(self.period) if self.sort == GAP else ZERO
        return value_of(self.sort, self.numerator, self.denominator, elapsed)


def keep(s: Session, month: str, edition: int, content: Content) -> int:
    """Store every figure of a month that was just frozen and has any row behind it; how many."""
    snapshot = s.execute(
        select(_S.id).where(_S.kind == "month", _S.period == month, _S.edition == edition)
    ).scalar_one()
    rows = [
        {
            "snapshot_id": snapshot, "period": month, "scope": one.scope, "unit_id": _unit(one),
            "kpi": one.kpi, "sort": one.sort, "numerator": _exact(one.numerator),
            "denominator": _exact(one.denominator), "n": one.n,
        }
        for one in table(content).values()
        if one.n
    ]  # fmt: skip
    if rows:
        s.execute(insert(tables.kpi_value), rows)
    return len(rows)


def _exact(value: Decimal) -> Decimal:
    return value.quantize(EXACT)


def _unit(figure: Figure) -> int | None:
    kind, _colon, key = figure.scope.partition(":")
    return int(key) if kind == "unit" else None


def stored(s: Session, snapshot_id: int) -> dict[tuple[str, str], Stored]:
    """The figures that were stored with a snapshot, by key and scope."""
    chosen = select(_V.period, _V.scope, _V.kpi, _V.sort, _V.numerator, _V.denominator, _V.n).where(
        _V.snapshot_id == snapshot_id
    )
    return {(row.kpi, row.scope): Stored(**row._mapping) for row in s.execute(chosen)}


def trend(s: Session, kpi: str, scope: str, months: int = 24) -> list[Stored]:
    """A figure over the frozen months, oldest first, each by its newest edition."""
    newest = (
        select(_S.period, func.max(_S.edition).label("edition"))
        .where(_S.kind == "month")
        .group_by(_S.period)
        .subquery()
    )
    chosen = (
        select(_V.period, _V.scope, _V.kpi, _V.sort, _V.numerator, _V.denominator, _V.n)
        .join(tables.snapshot, _S.id == _V.snapshot_id)
        .join(newest, (newest.c.period == _S.period) & (newest.c.edition == _S.edition))
        .where(_V.kpi == kpi, _V.scope == scope)
        .order_by(_V.period.desc())
        .limit(months)
    )
    return [Stored(**row._mapping) for row in s.execute(chosen)][::-1]


def differences(s: Session, snapshot_id: int, content: Content, digest: str) -> list[str]:
    """Figures that are not what the snapshot gives, as "kpi scope"; none when all is well."""
    kept, made = stored(s, snapshot_id), frozen_table(content, digest)
    return [
        f"{kpi} {scope}"
        for kpi, scope in sorted({*kept, *(key for key, one in made.items() if one.n)})
        if _told(kept, (kpi, scope)) != _made(made, (kpi, scope))
    ]


Told = tuple[Decimal, Decimal, int] | None


def _told(kept: dict[tuple[str, str], Stored], key: tuple[str, str]) -> Told:
    one = kept.get(key)
    return (one.numerator, one.denominator, one.n) if one is not None else None


def _made(made: Table, key: tuple[str, str]) -> Told:
    one = made.get(key)
    if one is None:
        return None
    return (_exact(one.numerator), _exact(one.denominator), one.n)
