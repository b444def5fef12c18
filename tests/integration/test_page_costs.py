"""What pages cost the database: statements are counted, plans are read, times are not taken."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, text

from benchmarks.bureau import NOW, found_bureau
from benchmarks.pages_data import fill
from models import tables
from models.db import Database, Session
from models.queries import edition, ledger_token
from models.queries.edition import kept
from models.queries.edition import ledger_token as token_of
from models.queries.issues import find_issue
from models.queries.ledger import LedgerFilter, page
from models.statements import upsert
from tests.portal import Portal
from tests.statements import asked_of
from tests.world import World
from workflow.case_whole import opened
from workflow.commands import supervision
from workflow.context import context

MOST = {
    "sqlite": {"/": 13, "/issues": 7, "an issue": 20},
    "postgresql": {"/": 12, "/issues": 4, "an issue": 10},
}
"""Statements of a page while the ledger stands still; PostgreSQL is asked for more at once, and
its transactions begin with what is in force."""
PAGES = ("/", "/issues", "/issues?phase=supervision&light=red&sort=level", "/supervision")


def costs(portal: Portal, path: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Statements of a page with nothing remembered, and of the same page again."""
    browser = portal.sign_in("chief")
    _counted(portal.world.db)
    for _ in range(2):
        browser.page(path)
    edition.forget(portal.world.db.engine)
    found = []
    for _ in range(2):
        with asked_of(portal.world.db) as sent:
            browser.page(path)
        found.append(len(sent))
    return found[0], found[1]


def test_the_number_of_statements_does_not_grow_with_the_ledger(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.at("2026-09-28 11:00")
    world = portal.world
    issues = [world.dispatched("2026-09-28 09:30") for _ in range(3)]
    before = {path: costs(portal, path, monkeypatch) for path in PAGES}
    issues += [world.acknowledged("2026-09-28 10:00") for _ in range(12)]
    assert {path: costs(portal, path, monkeypatch) for path in PAGES} == before
    most = MOST[world.db.engine.dialect.name]
    assert before["/"][1] <= most["/"]  # what waits on the project side is counted each time
    assert before["/issues"][1] <= most["/issues"]
    assert max(cold for cold, _warm in before.values()) <= 45


def test_the_page_of_an_issue_costs_the_same_with_a_long_history(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = portal.world.acknowledged("2026-09-28 10:00")
    portal.at("2026-09-28 15:00")
    before = costs(portal, f"/issues/{case.issue}", monkeypatch)
    for minute in range(20):
        at = f"2026-09-28 14:{minute + 10}"
        portal.world.do(supervision.progress, "zjj_liaison", at, task=case.task, text="已进场")
    assert costs(portal, f"/issues/{case.issue}", monkeypatch) == before
    assert before[1] <= MOST[portal.world.db.engine.dialect.name]["an issue"]


def test_what_is_no_part_of_the_ledger_leaves_its_figures_standing(world: World) -> None:
    """A visit, a heartbeat, a notice that was sent: figures stay; a report: they go."""
    world.reported("2026-09-28 10:00")
    before = _counted(world.db)
    with world.db.write() as s:
        upsert(s, tables.heartbeat, {"job": "sweep"}, worker="here:1", at=NOW)
    assert _token(world.db) == before
    world.reported("2026-09-28 10:05")
    assert _token(world.db) != before


def _counted(db: Database) -> Any:
    """The token once nothing older is under way, on a server that other tests use as well: until
    then it names a snapshot, which any transaction changes."""
    for _try in range(600):
        if len(token := _token(db)) > 1:
            return token
        time.sleep(0.1)
    raise AssertionError(token)


def test_an_event_committed_behind_a_newer_one_changes_the_token(
    postgresql_db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers are taken in one order and committed in another, while the base moves on."""
    monkeypatch.setattr(ledger_token, "RENEW_AFTER", 1)
    db = Database(postgresql_db_url)
    found_bureau(db)
    seen = []
    with db.engine.connect() as early, early.begin():
        early.execute(text("SELECT pg_current_xact_id()"))  # as every command's first write does
        _add_event(early, 1)
        for n in range(2, 6):
            with db.write() as s:
                _add_event(s.conn, n)
            seen += [_token(db), _token(db)]
    for n in range(6, 12):
        seen += [_token(db), _token(db)]
        with db.write() as s:
            _add_event(s.conn, n)
    seen.append(_token(db))
    # snapshots differ from counts, so the first ones may have two names; none names two ledgers
    states = [2, 2, 3, 3, 4, 4, 5, 5, *(m for n in range(6, 12) for m in (n, n)), 12]
    by_token: dict[Any, set[int]] = {}
    for token, state in zip(seen, states, strict=True):
        by_token.setdefault(token, set()).add(state)
    assert all(len(found) == 1 for found in by_token.values()), by_token
    assert seen[-2] == seen[-3]
    assert len(seen[-1]) > 1  # counted, although a writer was under way at first
    db.close()


def test_a_figure_wanted_by_many_at_once_is_made_once(world: World) -> None:
    world.reported("2026-09-28 10:00")
    for _ in range(2):
        _token(world.db)
    made, inside, go_on = [], threading.Event(), threading.Event()

    def make() -> int:
        made.append(1)
        inside.set()
        assert go_on.wait(60)
        return 7

    found: list[int] = []

    def ask() -> None:
        with world.db.read() as s:
            found.append(kept(s, "a figure", make))

    readers = [threading.Thread(target=ask) for _ in range(4)]
    for reader in readers:
        reader.start()
    assert inside.wait(60)
    go_on.set()
    for reader in readers:
        reader.join()
    assert found == [7] * 4
    assert len(made) == 1


def test_pages_of_a_full_ledger_never_read_a_whole_table(sqlite_db_url: str) -> None:
    db = Database(sqlite_db_url)
    found_bureau(db)
    fill(db, 2000)
    sent: list[tuple[str, Any]] = []

    def note(_c: Any, _cur: Any, sql: str, values: Any, *_rest: Any) -> None:
        sent.append((sql, values))

    event.listen(db.engine, "before_cursor_execute", note)
    with db.read() as s:
        chief = context(s).directory.by_username["chief"]
        page(s, chief, LedgerFilter(), now=NOW)  # counts everything once
        sent.clear()
        later = NOW + timedelta(seconds=1)
        page(s, chief, LedgerFilter(), now=later, sort="deadline")
        reads = [(sql, values) for sql, values in sent if sql.startswith("SELECT")]
        assert reads
        for sql, values in reads:
            plan = [row[3] for row in s.query(f"EXPLAIN QUERY PLAN {sql}", values)]
            assert not [step for step in plan if _reads_all(step)], (sql, plan)
    db.close()


def _reads_all(step: str) -> bool:
    return step.startswith("SCAN") and " USING " not in step and "json_each" not in step


def _token(db: Database) -> Any:
    with db.read() as s:
        return token_of(s)


def _add_event(conn: Any, n: int) -> None:
    conn.execute(tables.event.insert().values(
        stream="issue:1", seq=n, tag="task.progress", at=NOW, logical_at=NOW, data={},
        hash=f"{n:064d}", prev_hash="0" * 64,
    ))  # fmt: skip


def test_an_issue_is_found_along_indexes_on_postgresql(
    postgresql_db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = Database(postgresql_db_url)
    found_bureau(db)
    fill(db, 2000)
    sent: list[tuple[str, Any]] = []
    plainly = Session.query

    def noting(s: Session, sql: str, values: Any) -> list[Any]:
        sent.append((sql, values))
        return plainly(s, sql, values)

    with db.read() as s:
        chief = context(s).directory.by_username["chief"]
        number = s.execute(select(func.max(tables.issue.c.number))).scalar_one()
        with monkeypatch.context() as patch:
            patch.setattr(Session, "query", noting)
            assert opened(s, chief, number) is not None
            s.memo.clear()
            assert find_issue(s, chief, f"{number}-01") is not None
        assert len(sent) == 2
        for sql, values in sent:
            plan = "\n".join(row[0] for row in s.query(f"EXPLAIN {sql}", values))
            assert not [name for name in LARGE if f"Seq Scan on {name} " in plan], plan
    db.close()


LARGE = ("issue", "task", "notice", "event", "evidence", "deadline_version")
