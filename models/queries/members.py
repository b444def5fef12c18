"""Which issues a person's figures are about, and how many there are of each kind.

Both come from one look at them: the set as bits that many figures share, the numbers by what the
pages show.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.edition import kept, ledger_token
from models.queries.ledger import LedgerFilter, filter_key, whole

_I = tables.issue.c
_KIND = (_I.state, _I.light, _I.board_id, _I.category)


class Members:
    """A set of ids of issues in one bit each; without bits it holds every issue."""

    __slots__ = ("_bits",)

    def __init__(self, ids: Iterable[int] | None) -> None:
        self._bits: bytearray | None = None if ids is None else _bits(list(ids))

    def of(self, ids: Iterable[int]) -> set[int]:
        """The different ones among these ids that belong to the set."""
        bits = self._bits
        if bits is None:
            return set(ids)
        size = len(bits) << 3
        return {n for n in ids if n < size and bits[n >> 3] >> (n & 7) & 1}


def _bits(ids: list[int]) -> bytearray:
    bits = bytearray((max(ids, default=0) >> 3) + 1)
    for n in ids:
        bits[n >> 3] |= 1 << (n & 7)
    return bits


class Cell(NamedTuple):
    """A number of issues of one state, light, board and category."""

    state: str
    light: str
    board_id: int | None
    category: str
    n: int


def members(s: Session, actor: PersonInfo, wanted: LedgerFilter, now: datetime) -> Members:
    """The issues in the actor's scope that meet the filter."""
    return _looked_at(s, actor, wanted, now)[0]


def cells(s: Session, actor: PersonInfo, wanted: LedgerFilter, now: datetime) -> list[Cell]:
    """How many of them there are of each kind; kinds of which there is none are left out."""
    return _looked_at(s, actor, wanted, now)[1]


def _looked_at(
    s: Session, actor: PersonInfo, wanted: LedgerFilter, now: datetime
) -> tuple[Members, list[Cell]]:
    def make() -> tuple[Members, list[Cell]]:
        where = whole(s, actor, wanted, now)
        return _each(s, where) if where else (Members(None), _grouped(s))

    if wanted.text:  # finds by projects' names, which are no part of the ledger's history
        return _within(s, f"searched:{actor.id}:{wanted!r}:{now.isoformat()}", make)
    key = ("members", *filter_key(s, actor, wanted, now))
    return kept(s, key, make, now=now if wanted.follows_clock else None)


def _within(
    s: Session, key: str, make: Callable[[], tuple[Members, list[Cell]]]
) -> tuple[Members, list[Cell]]:
    """Remembered in one reading transaction, whose several figures need the same costly look."""
    if ledger_token(s) is None:
        return make()
    if key not in s.memo:
        s.memo[key] = make()
    found: tuple[Members, list[Cell]] = s.memo[key]
    return found


def _grouped(s: Session) -> list[Cell]:
    """Of the whole ledger, along an index that has these columns."""
    return [Cell._make(row) for row in s.execute(select(*_KIND, func.count()).group_by(*_KIND))]


def _each(s: Session, where: list[ColumnElement[bool]]) -> tuple[Members, list[Cell]]:
    ids, counts = array("q"), Counter[tuple[Any, ...]]()
    for row in s.execute(select(_I.id, *_KIND).where(*where)):
        ids.append(row[0])
        counts[row[1:]] += 1
    return Members(ids), [Cell._make((*kind, n)) for kind, n in counts.items()]
