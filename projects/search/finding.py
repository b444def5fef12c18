"""Finding texts like a given one. The database proposes, one formula for both of them decides.

The rarest terms of the text are asked for, since a term that every other demand has ("企业",
"项目") tells nothing; what comes back is weighed by BM25 with each term counted once, as a share of
what the text would reach against itself: 1 is the same text, 0 nothing in common.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, select, text

from models import tables
from models.db import Session
from projects.search.index import mark
from projects.search.terms import terms_of

CANDIDATES = 200
POSTINGS = 8_000
"""The database is asked for the rarest terms, as many as have so many places in all: what a
search costs hangs on those, so it stays the same however many texts there are."""
FEWEST_ASKED = 6
YOUNG = 40
"""An index with fewer texts is weighed as if it had so many."""
LENGTH, SATURATION, USUAL_TERMS = 0.5, 1.2, 60
LEAST = 0.06
"""What shares less than this with a text is not like it (benchmarks/demands.py)."""

_FIND = {
    "sqlite": text(
        "SELECT d.id, d.kind, d.ref_id, d.terms FROM search_fts AS f JOIN search_doc AS d "
        "ON d.id = f.rowid WHERE search_fts MATCH :query ORDER BY f.rank LIMIT :most"
    ),
    "postgresql": text(
        "SELECT id, kind, ref_id, terms FROM search_doc WHERE "
        "array_to_tsvector(string_to_array(terms, ' ')) @@ CAST(:query AS tsquery) "
        "ORDER BY ts_rank(array_to_tsvector(string_to_array(terms, ' ')), CAST(:query AS tsquery))"
        " DESC, id DESC LIMIT :most"
    ),
}
_DOCS = select(tables.search_term).where(
    tables.search_term.c.term.in_(bindparam("terms", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A text of the index that is like the one asked about: `score` from 0 to 1, and the terms
    that speak for it, the most telling first."""

    kind: str
    ref_id: int
    score: float
    shared: tuple[str, ...]


def find(
    s: Session, content: str, *, leave_out: tuple[str, int] | None = None, limit: int = 20
) -> list[Hit]:
    """The texts most like this one, best first. They are not narrowed to anybody's scope yet."""
    asked = list(dict.fromkeys(terms_of(content)))
    if not asked:
        return []
    docs = {row.term: row.docs for row in s.execute(_DOCS, {"terms": asked})}
    total = _total(s)
    weights = {term: weight(docs.get(term, 1), total) for term in asked}
    hits = []
    for row in s.execute(_FIND[s.dialect], _query(s.dialect, rarest(asked, docs))):
        if (row.kind, row.ref_id) != leave_out:
            hits.append(_hit(row.kind, row.ref_id, row.terms.split(" "), weights))
    hits.sort(key=lambda hit: (-hit.score, hit.kind, -hit.ref_id))
    return [hit for hit in hits if hit.score >= LEAST][:limit]


def _total(s: Session) -> int:
    """How many texts there are; a young office is taken for one with a few already, so that what
    its first texts share is not thought to be common everywhere."""
    found = mark(s)
    return max(found.docs if found is not None else 0, YOUNG)


def rarest(asked: list[str], docs: Mapping[str, int]) -> list[str]:
    """The terms to ask for, rarest first, within the budget of places. Pure."""
    chosen: list[str] = []
    spent = 0
    for term in sorted(asked, key=lambda t: docs.get(t, 1)):
        spent += docs.get(term, 1)
        if spent > POSTINGS and len(chosen) >= FEWEST_ASKED:
            break
        chosen.append(term)
    return chosen


def _query(dialect: str, chosen: list[str]) -> dict[str, object]:
    """The terms as the database's own expression; they hold letters and digits only."""
    quote, joint = ('"', " OR ") if dialect == "sqlite" else ("'", " | ")
    return {"query": joint.join(f"{quote}{term}{quote}" for term in chosen), "most": CANDIDATES}


def weight(docs: int, total: int) -> float:
    """How much a term says that `docs` of `total` texts have (BM25's inverse frequency)."""
    return math.log(1 + (max(total - docs, 0) + 0.5) / (docs + 0.5))


def _hit(kind: str, ref_id: int, terms: Iterable[str], weights: Mapping[str, float]) -> Hit:
    own = set(terms)
    shared = sorted((t for t in weights if t in own), key=lambda t: -weights[t])
    return Hit(kind, ref_id, likeness(weights, own), tuple(shared))


def likeness(weights: Mapping[str, float], other: set[str]) -> float:
    """The share of a text's weight that another one has, a long one counting for less. Pure.

    0 where nothing is shared, 1 at most.
    """
    whole = sum(weights.values())
    shared = sum(value for term, value in weights.items() if term in other)
    stretch = 1 - LENGTH + LENGTH * max(len(other) / USUAL_TERMS, 1.0)
    found = shared * (SATURATION + 1) / (1 + SATURATION * stretch)
    return min(found / whole, 1.0) if whole else 0.0
