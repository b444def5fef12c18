"""Orders and pages of the ledger, and what they cost."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from sqlalchemy import event

from benchmarks.bureau import NOW
from models.db import Database, Session
from models.queries import edition
from models.queries.ledger import (
    BadCursor,
    LedgerFilter,
    LedgerRow,
    count,
    page,
    rows_for_export,
)
from models.queries.paging import ORDERS
from tests.integration.test_ledger_queries import (
    BOARD,
    DEPARTMENT,
    EARLIER,
    SPARSE,
    WIDE,
    all_pages,
    asking,
    numbers,
    seen_by,
)
from tests.statements import asked_of
from tests.world import World


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, filled_ledgers: dict[str, Database]) -> Database:
    """A filled ledger of each kind in turn; tests that use it only read."""
    return filled_ledgers[request.param]


# ------------------------------------------------------------ orders and pages


def best(row: LedgerRow, sort: str) -> Any:
    """What the order goes by, the first the smallest."""
    if sort == "deadline":
        return (row.due_at is None, row.due_at or 0)
    if sort == "level":
        return -row.level
    if sort == "light":
        return ("red", "yellow", "green", "grey").index(row.issue.light)
    if sort == "updated":
        return -row.issue.state_since.timestamp()
    return row.issue.id if sort == "oldest" else -row.issue.id


@pytest.mark.parametrize("username", [WIDE, BOARD, SPARSE])
@pytest.mark.parametrize("sort", ORDERS)
def test_pages_put_together_are_the_whole_list_in_order(
    db: Database, username: str, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with asking(db, username) as (s, actor):
        whole = list(rows_for_export(s, actor, LedgerFilter(), NOW, sort=sort))
        assert {r.issue.id for r in whole} == seen_by(s, actor)
        assert len(whole) == count(s, actor, LedgerFilter(), NOW)
        assert [best(r, sort) for r in whole] == sorted(best(r, sort) for r in whole)
        assert numbers(all_pages(s, actor, LedgerFilter(), sort, 7)) == numbers(whole)


@pytest.mark.parametrize("sort", ORDERS)
def test_a_walk_and_a_remembered_result_give_the_same_pages(
    db: Database, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = LedgerFilter(boards=(3, 4), lights=("red", "yellow", "grey"))
    for username in (WIDE, DEPARTMENT, SPARSE):
        with asking(db, username) as (s, actor):
            remembered = numbers(all_pages(s, actor, wanted, sort, 9))
            monkeypatch.setattr("models.queries.ledger.MOST_IDS", 1)
            monkeypatch.setattr(edition, "_FIGURES", WeakKeyDictionary())
            walked = numbers(all_pages(s, actor, wanted, sort, 9))
            monkeypatch.undo()
        assert walked == remembered


@pytest.mark.parametrize("sort", ORDERS)
def test_the_way_back_shows_the_same_pages(db: Database, sort: str) -> None:
    with asking(db, WIDE) as (s, actor):
        forth, cursor, found = [], None, None
        for _ in range(6):
            found = page(s, actor, LedgerFilter(), now=NOW, sort=sort, cursor=cursor, limit=40)
            forth.append(numbers(found.rows))
            cursor = found.next_cursor
        back = []
        while found is not None and found.previous_cursor is not None:
            cursor = found.previous_cursor
            found = page(s, actor, LedgerFilter(), now=NOW, sort=sort, cursor=cursor, limit=40)
            back.append(numbers(found.rows))
    assert back == forth[-2::-1]


def test_a_new_issue_does_not_move_the_next_page(world: World) -> None:
    known = [world.reported("2026-09-28 10:00") for _ in range(6)]
    with asking(world.db, "chief") as (s, actor):
        first = page(s, actor, LedgerFilter(), now=NOW, limit=3)
    world.reported("2026-09-28 11:00")
    with asking(world.db, "chief") as (s, actor):
        second = page(s, actor, LedgerFilter(), now=NOW, cursor=first.next_cursor, limit=3)
    seen = [r.issue.number for r in (*first.rows, *second.rows)]
    assert (seen, second.total) == (known[::-1], 7)


def _coded(*values: Any) -> str:
    raw = json.dumps(values).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "%%%", "AAAA", "é", "[" * 5000, _coded("oldest", 0, 0, 5), _coded("newest", 1, 0, 5),
        _coded("newest", -1, 0, 5), _coded("newest", True, 0, 5), _coded("newest", 0, 0),
        _coded("newest", 0, 0, "5"), _coded("newest", 0, 0, 2**70), _coded("newest", 0, 0, 2**31),
        _coded("newest", 0, 7, 5), _coded("newest", 0, 0, 1.5), _coded("newest"), _coded(),
    ],
)  # fmt: skip
def test_a_cursor_that_is_none_of_ours_is_refused(db: Database, cursor: str) -> None:
    with asking(db, WIDE) as (s, actor), pytest.raises(BadCursor):
        page(s, actor, LedgerFilter(), now=NOW, cursor=cursor)


@pytest.mark.parametrize(
    "moment",
    [
        "yesterday",
        "2026-11-18T10:30:00",
        5,
        None,
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_a_cursor_with_a_moment_that_is_none_is_refused(db: Database, moment: Any) -> None:
    with asking(db, WIDE) as (s, actor), pytest.raises(BadCursor):
        page(
            s,
            actor,
            LedgerFilter(),
            now=NOW,
            sort="updated",
            cursor=_coded("updated", 0, 0, moment, 1),
        )


def test_a_search_for_text_stops_counting(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.queries.ledger.MOST_IDS", 10)
    with asking(db, WIDE) as (s, actor):
        found = page(s, actor, LedgerFilter(text="现场核查"), now=NOW, limit=20)
        assert (found.total, found.at_least, len(found.rows)) == (10, True, 20)
        rare = page(s, actor, LedgerFilter(text="(77)"), now=NOW)
        assert (rare.total, rare.at_least) == (1, False)


# ------------------------------------------------------------ what it costs


@pytest.mark.parametrize("sort", ORDERS)
@pytest.mark.parametrize("username", [WIDE, BOARD])
def test_statements_do_not_grow_with_the_rows(
    db: Database, username: str, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edition, "_FIGURES", WeakKeyDictionary())
    sent = []
    for limit in (5, 50):
        with asking(db, username) as (s, actor), asked_of(db) as seen:
            monkeypatch.setattr(edition, "_FIGURES", WeakKeyDictionary())
            page(s, actor, LedgerFilter(open_only=True), now=NOW, sort=sort, limit=limit)
        sent.append(len(seen))
    # a larger page may have to go on into further segments of its order
    assert sent[1] <= sent[0] + len(ORDERS[sort]) - 1 <= 10


def plan(s: Session, sql: str, values: Any) -> str:
    explain = "EXPLAIN QUERY PLAN " if s.dialect == "sqlite" else "EXPLAIN "
    return "\n".join(str(row[-1]) for row in s.conn.exec_driver_sql(explain + sql, values))


@pytest.mark.parametrize("username", [WIDE, BOARD, DEPARTMENT])
@pytest.mark.parametrize("sort", ORDERS)
def test_no_page_reads_all_tasks_or_events(
    filled_ledgers: dict[str, Database], username: str, sort: str
) -> None:
    db, sent = filled_ledgers["sqlite"], []

    def note(_c: Any, _cursor: Any, sql: str, values: Any, *_rest: Any) -> None:
        sent.append((sql, values))

    wanted = LedgerFilter(open_only=True, closed_from=None)
    with asking(db, username) as (s, actor):
        event.listen(db.engine, "before_cursor_execute", note)
        page(s, actor, replace(wanted, overdue=True), now=NOW, sort=sort)
        page(s, actor, LedgerFilter(closed_from=EARLIER), now=NOW, sort=sort)
        event.remove(db.engine, "before_cursor_execute", note)
        for sql, values in sent:
            for line in plan(s, sql, values).splitlines():
                whole = line.startswith("SCAN") and "USING" not in line
                assert not (whole and ("task" in line or "event" in line)), (line, sql)
