"""The index: texts of issues and demands by their terms. Every change is the caller's transaction.

On SQLite an FTS5 table reads its content from `search_doc` and must be told of what goes; on
PostgreSQL the GIN index follows by itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update

from models import tables
from models.db import Session
from models.statements import upsert
from projects.search.terms import terms_of

ISSUE, DEMAND = "issue", "demand"
_D, _M = tables.search_doc.c, tables.search_mark.c
_ADD = text("INSERT INTO search_fts (rowid, terms) VALUES (:id, :terms)")
_DROP = text("INSERT INTO search_fts (search_fts, rowid, terms) VALUES ('delete', :id, :terms)")
_EMPTY = text("INSERT INTO search_fts (search_fts) VALUES ('delete-all')")
_COUNT = {
    "sqlite": text(
        "INSERT INTO search_term (term, docs) SELECT term, doc FROM search_fts_terms WHERE doc > 1"
    ),
    "postgresql": text(
        "INSERT INTO search_term (term, docs) SELECT word, ndoc FROM ts_stat("
        "'SELECT array_to_tsvector(string_to_array(terms, '' '')) FROM search_doc') WHERE ndoc > 1"
    ),
}


def put(s: Session, kind: str, ref_id: int, content: str) -> bool:
    """Keep a text under its kind and id, in place of an earlier one; returns whether it is new."""
    terms = " ".join(dict.fromkeys(terms_of(content)))
    known = s.execute(
        select(_D.id, _D.terms).where(_D.kind == kind, _D.ref_id == ref_id)
    ).one_or_none()
    if known is not None and known.terms == terms:
        return False
    if known is None:
        made = insert(tables.search_doc).values(kind=kind, ref_id=ref_id, terms=terms)
        key = s.execute(made.returning(_D.id)).scalar_one()
    else:
        key = known.id
        _fts(s, _DROP, key, known.terms)
        s.execute(update(tables.search_doc).where(_D.id == key).values(terms=terms))
    _fts(s, _ADD, key, terms)
    return True


def clear(s: Session) -> None:
    """Forget everything, before all of it is put in again."""
    if s.dialect == "sqlite":
        s.execute(_EMPTY)
    s.execute(delete(tables.search_doc))


def count(s: Session, now: datetime) -> int:
    """Count anew in how many texts each term occurs; returns the number of texts.

    What was not counted yet is taken for rare, so an old count costs quality and nothing else.
    """
    s.execute(delete(tables.search_term))
    s.execute(_COUNT[s.dialect])
    docs = int(s.execute(select(func.count()).select_from(tables.search_doc)).scalar_one())
    move(s, docs=docs, counted_at=now)
    return docs


def mark(s: Session, *, lock: bool = False) -> Any | None:
    """How far the index has come; locked, two that follow the ledger come one after the other."""
    if lock:
        upsert(s, tables.search_mark, {"id": 1}, event_id=_M.event_id)
    chosen = select(tables.search_mark).where(_M.id == 1)
    return s.execute(chosen.with_for_update() if lock else chosen).one_or_none()


def move(s: Session, **values: Any) -> None:
    """Note how far the index has come."""
    s.execute(update(tables.search_mark).where(_M.id == 1).values(values))


def _fts(s: Session, statement: Any, key: int, terms: str) -> None:
    if s.dialect == "sqlite":
        s.execute(statement, {"id": key, "terms": terms})
