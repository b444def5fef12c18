"""Following the ledger: issues enter the index when their texts are new, demands when they come in.

An issue's command pays nothing for it. Whoever files a demand or opens the desk lets the index
catch up first, and so does the daily job, which also looks at everything the marks could have
missed and counts the terms anew.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select

from models import tables
from models.db import Database, Session
from projects.search import index

LAG = 1_000
"""So many events before the mark are looked at again: on PostgreSQL one that was numbered earlier
may be committed later. A text that is the same costs one look."""
TAGS = ("issue.created", "issue.edit")
BATCH = 500
GROWTH = 1.2
CONTACT_HEAD = "【来源联系信息】"
"""As `workflow.intake` and `projects.demands.deciding` write it: a label of stored data."""
_E, _I, _D = tables.event.c, tables.issue.c, tables.search_doc.c


def behind(s: Session) -> bool:
    """Whether events have come in since the index looked last. One small look."""
    found = index.mark(s)
    newest = s.execute(select(func.max(_E.id))).scalar() or 0
    return found is None or newest > found.event_id


def catch_up(s: Session, now: datetime, *, limit: int = BATCH) -> int:
    """Index the texts of issues that are new or corrected; returns how many were.

    About `limit` are looked at; the rest is left for the next time.
    """
    found = index.mark(s, lock=True)
    assert found is not None  # the lock has made it
    newest = s.execute(select(func.max(_E.id))).scalar() or 0
    if newest <= found.event_id:
        return 0
    chosen = select(_E.id, _E.stream).where(_E.id > found.event_id - LAG, _E.tag.in_(TAGS))
    changed = s.execute(chosen.order_by(_E.id).limit(LAG + limit)).all()
    cut_off = len(changed) == LAG + limit
    done = _index(s, sorted({int(row.stream.partition(":")[2]) for row in changed}))
    index.move(s, event_id=changed[-1].id if cut_off else newest)
    if done:
        _count_when_grown(s, now)
    return done


def missed(s: Session, now: datetime, *, limit: int = BATCH) -> int:
    """Index issues that the index does not know at all; returns how many there were."""
    index.mark(s, lock=True)
    known = exists().where(_D.kind == index.ISSUE, _D.ref_id == _I.id)
    ids = [row.id for row in s.execute(select(_I.id).where(~known).order_by(_I.id).limit(limit))]
    return _index(s, ids)


def rebuild(s: Session, now: datetime) -> int:
    """Put everything in anew, in one transaction; returns how many texts there are."""
    index.mark(s, lock=True)
    index.clear(s)
    while missed(s, now):
        pass
    for row in s.execute(select(tables.demand)).all():
        index.put(s, index.DEMAND, row.id, row.body)
    newest = s.execute(select(func.max(_E.id))).scalar() or 0
    index.move(s, event_id=newest)
    return index.count(s, now)


def run(db: Database, now: datetime) -> int:
    """The daily job: catch up, find what was missed, count the terms anew; texts that were new."""
    done = 0
    for step in (catch_up, missed):
        while True:
            with db.write() as s:
                n = step(s, now)
            done += n
            if not n:
                break
    if not done and _counted(db):
        return 0
    with db.write() as s:
        index.mark(s, lock=True)
        index.count(s, now)
    return done


def _counted(db: Database) -> bool:
    """Whether the terms were counted over all the texts that there are."""
    with db.read() as s:
        found = index.mark(s)
        docs = s.execute(select(func.count()).select_from(tables.search_doc)).scalar_one()
        return found is not None and found.counted_at is not None and found.docs == docs


def _index(s: Session, ids: list[int]) -> int:
    rows = s.execute(select(_I.id, _I.title, _I.description).where(_I.id.in_(ids))) if ids else ()
    return sum(index.put(s, index.ISSUE, row.id, _content(row)) for row in rows)


def _content(row: Any) -> str:
    """Title and description, without the block of whom to call back: a phone is no likeness."""
    return f"{row.title}\n{row.description.partition(CONTACT_HEAD)[0]}"


def _count_when_grown(s: Session, now: datetime) -> None:
    found = index.mark(s)
    docs = s.execute(select(func.count()).select_from(tables.search_doc)).scalar_one()
    if found is None or docs > found.docs * GROWTH + 10:
        index.count(s, now)
