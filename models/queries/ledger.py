"""The ledger (问题台账): lists of issues within the actor's scope, by page, by count, or whole.

The total of a list and every figure that links to it come from the same conditions. What is
found is remembered as long as the ledger stands still (`models.queries.edition`): a small result
as its ids, which any later page only has to fetch; of a large one only the number, for then a
walk along the order meets the next page within a few steps.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Integer, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries import foresight
from models.queries.definitions import definitions, rights_key
from models.queries.edition import kept
from models.queries.issues import forget_tasks
from models.queries.ledger_filter import LedgerFilter, conditions
from models.queries.ledger_rows import LedgerRow, lines_of, rows_of
from models.queries.paging import (
    ORDERS,
    BadCursor,
    Place,
    Segment,
    read_cursor,
    statement,
    write_cursor,
)
from models.queries.scope import scope_key, visible_ids, visible_issues
from models.queries.waiting import today

__all__ = ["BadCursor", "LedgerFilter", "LedgerRow", "Page", "count", "page", "rows_for_export"]
T = TypeVar("T")
_I = tables.issue.c
MOST_IDS = 4000
"""Up to so many ids are remembered of a result; beyond, one issue in some dozens is a match."""
LARGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the ledger. `total` counts the whole list, exactly, unless `at_least`.

    A search for text stops counting at `MOST_IDS`; then `at_least` is set and there are more.
    """

    rows: list[LedgerRow]
    total: int
    at_least: bool
    next_cursor: str | None
    previous_cursor: str | None


@dataclass(frozen=True, slots=True)
class _Found:
    total: int
    ids: array[int] | None
    at_least: bool = False


def page(
    s: Session,
    actor: PersonInfo,
    wanted: LedgerFilter,
    *,
    now: datetime,
    sort: str = "newest",
    cursor: str | None = None,
    limit: int = 50,
) -> Page:
    """A page of the list, on from `cursor` (or back, with a `previous_cursor`).

    `limit` is at most 1000. Raises `BadCursor` for a cursor of another order or none of ours,
    `KeyError` for an unknown order.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    place = read_cursor(sort, cursor) if cursor else Place(0, ())
    what, again = (sort, place, limit), not wanted.free_moments and not wanted.text
    question = (actor.id, wanted, *what)
    if again:
        foresight.look_ahead(s, actor, question)
    found = _found(s, actor, wanted, now)

    def walk() -> tuple[list[int], list[Place], bool]:
        return _walk(s, ORDERS[sort], _where(s, actor, wanted, now, found), place, limit)

    ids, places, more = _known(s, actor, wanted, now, what, walk) if again else walk()
    following, previous = _cursors(sort, place, places, more)
    rows = _lines(s, ids, question if again else None)
    return Page(rows, found.total, found.at_least, following, previous)


def _lines(s: Session, ids: list[int], question: Hashable) -> list[LedgerRow]:
    """The lines of a page, read unless they were foreseen; then they will be, the next time."""
    rows = foresight.lines_of(s, ids)
    if rows is None:
        rows = lines_of(s, ids)
        if question is not None:
            foresight.note(s, question, ids)
    return rows


def count(s: Session, actor: PersonInfo, wanted: LedgerFilter, now: datetime) -> int:
    """How many issues the list has; of a search for text at most `MOST_IDS` are counted."""
    return _found(s, actor, wanted, now).total


def ids(s: Session, actor: PersonInfo, wanted: LedgerFilter, now: datetime) -> list[int] | None:
    """Ids of a list, or None where there are more than `MOST_IDS`."""
    known = _found(s, actor, wanted, now).ids
    return None if known is None else list(known)


def nearest(
    s: Session, actor: PersonInfo, wanted: LedgerFilter, now: datetime, limit: int, sort: str
) -> tuple[int, list[int]]:
    """How many the list has, and the ids of its first few in order (`rows_of` reads them)."""
    found = _found(s, actor, wanted, now)
    if not found.total:
        return 0, []
    where = _where(s, actor, wanted, now, found)
    numbers, _places, _more = _walk(s, ORDERS[sort], where, Place(0, ()), limit)
    return found.total, numbers


def rows_for_export(
    s: Session,
    actor: PersonInfo,
    wanted: LedgerFilter,
    now: datetime,
    *,
    sort: str = "newest",
    batch: int = LARGEST_PAGE,
) -> Iterator[LedgerRow]:
    """The whole list in order, a batch in memory at a time, as one transaction sees it."""
    found = _found(s, actor, wanted, now)
    where = _where(s, actor, wanted, now, found)
    place, more = Place(0, ()), True
    while more:
        numbers, places, more = _walk(s, ORDERS[sort], where, place, batch)
        yield from rows_of(s, numbers)
        forget_tasks(s, numbers)
        place = places[-1] if places else place


# ------------------------------------------------------------ what is found


def filter_key(
    s: Session, actor: PersonInfo, wanted: LedgerFilter, now: datetime
) -> tuple[Hashable, ...]:
    """What a list depends on, the state of the ledger apart."""
    key: tuple[Hashable, ...] = (scope_key(s, actor), wanted)
    if wanted.waiting:
        key += (rights_key(actor), today(definitions(s), now))
    return key


def _found(s: Session, actor: PersonInfo, wanted: LedgerFilter, now: datetime) -> _Found:
    return _known(s, actor, wanted, now, ("found",), lambda: _search(s, actor, wanted, now))


def _known(
    s: Session,
    actor: PersonInfo,
    wanted: LedgerFilter,
    now: datetime,
    what: tuple[Hashable, ...],
    make: Callable[[], T],
) -> T:
    """What is remembered of a list, computed unless it is."""
    if wanted.text:  # a project's name is no part of the ledger's history
        return make()
    key = (*what, *filter_key(s, actor, wanted, now))
    return kept(s, key, make, now=now if wanted.follows_clock else None)


def _search(s: Session, actor: PersonInfo, wanted: LedgerFilter, now: datetime) -> _Found:
    where = whole(s, actor, wanted, now)
    if where or wanted.text:
        rows = s.execute(select(_I.id).where(*where).limit(MOST_IDS + 1))
        known = array("q", [row[0] for row in rows])
        if len(known) <= MOST_IDS:
            return _Found(len(known), known)
        if wanted.text:
            return _Found(MOST_IDS, None, at_least=True)
    total = s.execute(select(func.count()).select_from(tables.issue).where(*where)).scalar_one()
    return _Found(int(total), None)


def whole(
    s: Session, actor: PersonInfo, wanted: LedgerFilter, now: datetime
) -> list[ColumnElement[bool]]:
    """Scope and filter as conditions on `issue` that suit a look at all of it.

    What waits for somebody is a small part of what he sees: each of those is asked about by
    itself. Otherwise the scope is laid out first.
    """
    filtered = conditions(s, actor, wanted, now)
    scope = visible_ids(actor)
    if scope is None:
        return filtered
    seen = visible_issues(actor) if wanted.waiting else _I.id.in_(scope)
    return [seen, *filtered]


def _where(
    s: Session, actor: PersonInfo, wanted: LedgerFilter, now: datetime, found: _Found
) -> list[ColumnElement[bool]]:
    """The same for a walk: ids where they are known, else a question to each issue met."""
    if found.ids is not None:
        return [_among(s, found.ids)]
    return [visible_issues(actor), *conditions(s, actor, wanted, now)]


def _among(s: Session, known: array[int]) -> ColumnElement[bool]:
    """One of the remembered ids: one text of SQL whatever their number."""
    if s.dialect == "sqlite":
        listed = func.json_each(json.dumps(known.tolist())).table_valued("value")
        return _I.id.in_(select(listed.c.value))
    return any_(literal(known.tolist(), ARRAY(Integer))) == _I.id


# ------------------------------------------------------------ walking


def _walk(
    s: Session,
    segments: tuple[Segment, ...],
    where: list[ColumnElement[bool]],
    place: Place,
    limit: int,
) -> tuple[list[int], list[Place], bool]:
    """Ids of the next `limit` issues from a place, the places of each, and whether more follow."""
    found: list[int] = []
    places: list[Place] = []
    back = place.backwards
    order = range(place.segment, -1, -1) if back else range(place.segment, len(segments))
    for n in order:
        start = place if n == place.segment else Place(n, (), back)
        left = limit + 1 - len(found)
        for row in s.execute(statement(segments[n], where, start).limit(left)):
            found.append(row[0])
            places.append(Place(n, tuple(row[1:]), back))
        if len(found) > limit:
            break
    more = len(found) > limit
    found, places = found[:limit], places[:limit]
    return (found[::-1], places[::-1], more) if back else (found, places, more)


def _cursors(
    sort: str, place: Place, places: list[Place], more: bool
) -> tuple[str | None, str | None]:
    """Cursors onward and back; a page reached by a cursor has rows on the side it came from."""
    if not places:
        return None, None
    first = Place(places[0].segment, places[0].values, True)
    last = Place(places[-1].segment, places[-1].values, False)
    onward = more if not place.backwards else True
    backward = bool(place.values) if not place.backwards else more
    return (
        write_cursor(sort, last) if onward else None,
        write_cursor(sort, first) if backward else None,
    )
