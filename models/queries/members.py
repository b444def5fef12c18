"""Which issues a person's figures are about, as a set of bits that many figures share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.edition import kept
from models.queries.ledger import LedgerFilter, filter_key, whole

_I = tables.issue.c


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


def members(s: Session, actor: PersonInfo, wanted: LedgerFilter, now: datetime) -> Members:
    """The issues in the actor's scope that meet the filter."""

    def make() -> Members:
        where = whole(s, actor, wanted, now)
        rows = s.execute(select(_I.id).where(*where)).scalars() if where else None
        return Members(rows)

    if wanted.text:  # finds by projects' names, which are no part of the ledger's history
        return make()
    key = ("members", *filter_key(s, actor, wanted, now))
    return kept(s, key, make, now=now if wanted.follows_clock else None)
