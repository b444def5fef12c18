"""Numbers of documents: one series per issuer, kind and year, without a gap.

A number is taken in the transaction that signs. The row of its series is locked until that ends,
so that a signing that fails gives its number back before anybody else can take one.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import update

from models import tables
from models.db import Session

_FIRST = (
    f"INSERT INTO {tables.number_series.name} (name, last) VALUES ('{{}}', 0) "
    "ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A place in a series."""

    series: str
    n: int


def take(s: Session, issuer_unit_id: int, kind: str, year: int) -> Taken:
    """The next number of an issuer, a kind and a year, from 1."""
    name = f"document:{issuer_unit_id}:{kind}:{year}"
    s.conn.exec_driver_sql(_FIRST.format(name))
    table = tables.number_series
    moved = (
        update(table)
        .where(table.c.name == name)
        .values(last=table.c.last + 1)
        .returning(table.c.last)
    )
    return Taken(name, int(s.execute(moved).scalar_one()))
