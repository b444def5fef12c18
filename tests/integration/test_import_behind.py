"""An import goes on while its writes are on their way: whatever happens, all of it or nothing."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from models import tables
from models.behind import Behind, Statements
from models.db import Database, Session
from models.passing import is_lost, sqlstate
from models.wire import forget
from tests.integration.test_import_together import WRITTEN, ledger, mapping, mixture, taken
from tests.integration.test_ledger_import import NOW, OFFICE, PROJECTS, READY
from tests.trying import tried
from tests.world import World, standing_zone
from workflow import audit
from workflow.ledgers import importer
from workflow.ledgers.faults import ImportReport
from workflow.ledgers.importer import import_ledger
from workflow.ledgers.together import road
from workflow.ledgers.together.road import Batch

ROWS = [READY | {"编号": f"H-{n}", "描述": f"第{n}处"} for n in range(120)]
WAYS: tuple[dict[str, Any], ...] = ({}, {"partial": True}, {"dry_run": True})
LAST = 3
"""The batch in which something happens: those before it are written or on their way."""


@pytest.fixture
def world(world: World) -> World:
    """The zone with its projects."""
    world.with_projects(*PROJECTS)
    return world


@pytest.fixture
def apart(founded: bool, postgresql_db_url: str) -> Iterator[World]:
    """The same where the server works apart from the program."""
    assert founded
    db = Database(postgresql_db_url)
    found = standing_zone(db)
    found.with_projects(*PROJECTS)
    yield found
    db.close()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four batches of thirty rows, each sent in three pieces."""
    monkeypatch.setattr(importer, "BATCH", 30)
    monkeypatch.setattr(road, "PIECE", 12)


def imported(
    world: World, folder: Path, rows: list[dict[str, str]] = ROWS, **how: Any
) -> ImportReport:
    """An import of these rows."""
    path = ledger(folder, rows)
    return import_ledger(world.db, path, mapping("dispatch = true"), actors=OFFICE, now=NOW, **how)


def in_the_midst(monkeypatch: pytest.MonkeyPatch, happens: Callable[[Behind], None]) -> None:
    """Let something happen once, while the first pieces of the third batch are on their way."""
    pieces, batches = Batch.pieces, list[int]()

    def interrupted(batch: Batch) -> Iterator[Statements]:
        batches.append(1)
        for n, piece in enumerate(pieces(batch)):
            if len(batches) == LAST and n == 2:
                happens(batch.s)
            yield piece

    monkeypatch.setattr(Batch, "pieces", interrupted)


def nothing_was_left(world: World, before: Any, how: dict[str, Any]) -> None:
    """As it was; of a partial import whole batches may be there."""
    threads = [one for one in threading.enumerate() if one.name.startswith("behind")]
    assert threads == []
    if not how.get("partial"):
        assert world.dump() == before
    there = len(world.rows(tables.issue))
    assert there % 30 == 0
    assert len(world.rows(tables.imported_row)) == len(world.rows(tables.task)) == there
    with world.db.read() as s:
        assert audit.verify(s).faults == []


def a_second_try_takes_the_rest(world: World, folder: Path) -> None:
    """Nothing stands in its way."""
    there = len(world.rows(tables.issue))
    report = imported(world, folder)
    assert (report.taken, report.unchanged, report.refused) == (120 - there, there, [])
    assert len(world.rows(tables.issue)) == 120
    with world.db.read() as s:
        assert audit.verify(s).faults == []


@pytest.mark.parametrize("how", WAYS, ids=str)
def test_an_error_of_the_server_ends_the_import(
    apart: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]
) -> None:
    with apart.db.write() as s:
        for statement in FULL:
            s.execute(text(statement))
    before = apart.dump()
    with pytest.raises(DBAPIError) as found:
        imported(apart, tmp_path, **how)
    assert sqlstate(found.value.orig) == "53100"
    nothing_was_left(apart, before, how)
    with apart.db.write() as s:
        s.execute(text("DROP TRIGGER full_disk ON deadline_version"))
        forget(s.conn)
    a_second_try_takes_the_rest(apart, tmp_path)


FULL = (
    "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF (SELECT problem FROM task WHERE id = NEW.task_id) = '第77处' THEN"
    " RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER full_disk BEFORE INSERT ON deadline_version"
    " FOR EACH ROW EXECUTE FUNCTION full_disk()",
)


@pytest.mark.parametrize("how", WAYS, ids=str)
def test_a_connection_that_is_cut_ends_the_import(
    apart: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]
) -> None:

    def cut(s: Behind) -> None:
        pid = s.conn.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
        with apart.db.engine.connect() as other:
            other.execute(text(f"SELECT pg_terminate_backend({pid}, 10000)"))

    before = apart.dump()
    with monkeypatch.context() as patch:
        in_the_midst(patch, cut)
        with pytest.raises(DBAPIError) as found:
            imported(apart, tmp_path, **how)
    assert is_lost(found.value)
    nothing_was_left(apart, before, how)
    a_second_try_takes_the_rest(apart, tmp_path)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("how", WAYS, ids=str)
def test_who_interrupts_an_import_leaves_nothing_behind(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]
) -> None:
    before = world.dump()
    with monkeypatch.context() as patch:
        in_the_midst(patch, lambda _s: signal.raise_signal(signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            imported(world, tmp_path, **how)
    nothing_was_left(world, before, how)
    a_second_try_takes_the_rest(world, tmp_path)


@pytest.mark.parametrize("seed", range(4))
def test_rows_that_the_database_refuses_are_named_in_whatever_batch_they_stand(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rows = mixture(seed)
    for n in (3, 21, 22, 58):
        world.reported("2026-03-02 09:10", source_system="zone", source_id=f"R-{n}")
        rows[n] = READY | {"编号": f"R-{n}"}
    found = []
    for worth in (10**9, 1):
        monkeypatch.setattr(road, "WORTH", worth)
        with tried(world, *WRITTEN) as s:
            told = taken(world, s, ledger(tmp_path, rows), "dispatch = true")
            stored = [(row["issue_id"], row["payload"]) for row in content_of(s)]
        refused = [(fault["row"], fault["column"]) for fault in told.pop("refused")]
        found.append((told, refused, [payload for _issue, payload in stored]))
        assert {5, 23, 24, 60} <= {row for row, _column in refused}
        assert len({issue for issue, _payload in stored}) == told["taken"] > 5
    assert found[0] == found[1]


def content_of(s: Session) -> list[Any]:
    """What is kept of rows that were taken, in their order."""
    rows = tables.imported_row
    return list(s.execute(select(rows).order_by(rows.c.id)).mappings())


def test_the_last_row_of_all_may_be_the_refused_one(world: World, tmp_path: Path) -> None:
    world.reported("2026-03-02 09:10", source_system="zone", source_id="H-119")
    before = world.dump()
    for how in WAYS[::2]:
        report = imported(world, tmp_path, **how)
        assert [fault.row for fault in report.refused] == [121]
        assert report.taken + report.held_back == 119
        assert not report.written
    assert world.dump() == before
    report = imported(world, tmp_path, partial=True)
    assert ([fault.row for fault in report.refused], report.taken) == ([121], 119)


def test_progress_is_told_while_rows_are_on_their_way(world: World, tmp_path: Path) -> None:
    told: list[int] = []
    imported(world, tmp_path, progress=told.append)
    assert told == [30, 60, 90, 120]


def test_the_connection_has_one_user_at_a_time(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users: dict[int, threading.Lock] = {}
    threads: set[str] = set()

    def alone(name: str) -> None:
        plain = getattr(Session, name)

        def used(s: Session, *given: Any) -> Any:
            mine = users.setdefault(id(s.conn), threading.Lock())
            assert mine.acquire(blocking=False), "two at once"
            try:
                threads.add(threading.current_thread().name.split("_")[0])
                return plain(s, *given)
            finally:
                mine.release()

        monkeypatch.setattr(Session, name, used)

    for name in ("query", "send", "execute"):
        alone(name)
    assert imported(world, tmp_path).taken == 120
    assert ("behind" in threads) == (world.db.engine.dialect.name == "postgresql")
