"""An office moves to another database whole, goes on after an interruption, and says the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models import tables
from models.db import Database
from storage import filling, rows
from storage.copying import copy
from tests.terminal import ROOT
from tests.world import World, at
from workflow.errors import GuardFailed
from workflow.sweep import tick

NOW = at("2026-09-28 10:00")
LATER = at("2026-10-20 10:00")


def quiet(_what: str, _done: int, _all: int) -> None:
    """Nobody watches the progress."""


@pytest.fixture
def office(world: World) -> World:
    """Issues at several steps, overdue ones among them, one merged into another."""
    world.closed(NOW)
    world.acknowledged(NOW)
    world.submitted(NOW)
    tick(world.db, LATER)
    return world


def numbers(db: Database) -> set[str]:
    with db.read() as s:
        return {row.number for row in s.execute(tables.issue.select())}


def test_a_copy_says_the_same_and_goes_on_working(office: World, empty_db_url: str) -> None:
    found = copy(office.db, empty_db_url, quiet)
    assert found.faults == []
    assert found.events == len(office.rows(tables.event))
    there = World(Database(empty_db_url), office.units, office.people)
    fresh = there.reported(at("2026-10-21 10:00"))
    assert fresh not in numbers(office.db)
    assert numbers(there.db) == numbers(office.db) | {fresh}
    there.db.close()


def test_a_copy_that_was_interrupted_goes_on_and_does_nothing_twice(
    office: World, empty_db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "PAGE", 3)
    fill, left = filling.fill, [25]

    def failing(*arguments: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise ConnectionError("the line is cut")
        fill(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(filling, "fill", failing)
    with pytest.raises(ConnectionError):
        copy(office.db, empty_db_url, quiet)
    monkeypatch.setattr(filling, "fill", fill)
    assert copy(office.db, empty_db_url, quiet).faults == []
    assert copy(office.db, empty_db_url, quiet).faults == []


def test_what_was_written_between_two_runs_shows_as_a_difference(
    office: World, empty_db_url: str
) -> None:
    copy(office.db, empty_db_url, quiet)
    [task] = [row.number for row in office.rows(tables.task) if row.state == "submitted"]
    office.verify(task, at("2026-10-21 11:00"))
    found = copy(office.db, empty_db_url, quiet)
    assert {fault.split(":")[0] for fault in found.faults} >= {"task", "issue"}
    assert copy(office.db, empty_db_url, quiet, anew=True).faults == []


def test_a_database_of_others_is_refused_and_left_as_it_is(
    office: World, sqlite_template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "others.db"
    path.write_bytes(sqlite_template.read_bytes())
    other = Database(f"sqlite:///{path}")
    with other.write() as s:
        s.execute(tables.target.insert(), [
            {"plan": "p", "level": "l", "region": "r", "metric": str(n), "kind": "target"}
            for n in range(3)
        ])  # fmt: skip
    with pytest.raises(GuardFailed) as refused:
        copy(office.db, other.url, quiet)
    assert [r.code for r in refused.value.reasons] == ["copy_not_empty"]
    with other.read() as s:
        assert rows.count(s, tables.target) == 3
    other.close()


STOPS = """
import sys, time
from storage import filling, rows
rows.PAGE, fill, pages = 4, filling.fill, []
def stops(s, table, page):
    fill(s, table, page)
    pages.extend([table.name] if table.name == "event" else [])
    if len(pages) == 3:
        print("now", flush=True)
        time.sleep(600)
filling.fill = stops
from cli.main import cli
cli(["db", "copy", "--from", sys.argv[1], "--to", sys.argv[2]])
"""
"""A copy that stops in its third page of events, with the transaction open, and says so."""


def test_a_copy_whose_process_was_killed_goes_on_when_it_is_started_again(
    office: World, empty_db_url: str
) -> None:
    every = len(office.rows(tables.event))
    process = subprocess.Popen(
        [sys.executable, "-c", STOPS, office.db.url, empty_db_url], cwd=ROOT, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "now\n"
    finally:
        process.kill()  # SIGKILL: nothing is tidied up
        process.communicate()
    assert arrived(empty_db_url) == 8 < every
    told: list[tuple[str, int, int]] = []
    found = copy(office.db, empty_db_url, lambda *said: told.append(said))
    assert found.faults == []
    assert found.events == every
    copied = [(done, total) for what, done, total in told if what == "copy"]
    assert copied == sorted(copied)
    assert copied[-1] == (found.rows, found.rows)
    assert copied[0][0] > 0  # what was there is not copied again


def arrived(url: str) -> int:
    """How many events were committed."""
    db = Database(url)
    with db.read() as s:
        n = rows.count(s, tables.event)
    db.close()
    return n
