"""Writers of a SQLite file write in the order in which they came, and nobody waits for nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from models.db import Database
from models.turns import Turns, turns_of

WRITERS = 8
PATIENCE = 60.0


def started(work: Callable[[], None]) -> threading.Thread:
    """A thread at work."""
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def until_waiting(turns: Turns, number: int) -> None:
    """Wait until so many have queued up."""
    pause = threading.Event()
    while len(turns._waiting) < number:
        pause.wait(0.001)


def test_writers_are_served_in_the_order_in_which_they_came(sqlite_db_url: str) -> None:
    db, other = Database(sqlite_db_url), Database(sqlite_db_url)  # two engines, one file
    turns = turns_of(sqlite_db_url.removeprefix("sqlite:///"))
    order: list[int] = []

    def write(n: int) -> None:
        with (db if n % 2 else other).write() as s:
            order.append(n)
            s.execute(text("UPDATE engine_head SET calendar_edition = calendar_edition"))

    threads = []
    with db.write():
        for n in range(WRITERS):
            threads.append(started(lambda n=n: write(n)))  # type: ignore[misc]
            until_waiting(turns, n + 1)
        assert order == []
    for thread in threads:
        thread.join(PATIENCE)
    db.close()
    other.close()
    assert order == list(range(WRITERS))


def test_a_transaction_that_fails_gives_its_turn_back(sqlite_db_url: str) -> None:
    db = Database(sqlite_db_url)
    turns = turns_of(sqlite_db_url.removeprefix("sqlite:///"))
    with pytest.raises(ZeroDivisionError), db.write():
        raise ZeroDivisionError
    with pytest.raises(OperationalError), db.write() as s:
        s.execute(text("SELECT * FROM there_is_no_such_table"))
    assert turns.take(0)
    turns.give()
    db.close()


def test_readers_and_those_in_a_hurry_do_not_queue(sqlite_db_url: str) -> None:
    db = Database(sqlite_db_url)
    with db.write():
        with db.read() as s:
            s.execute(text("SELECT 1"))
        with pytest.raises(OperationalError), db.write_unless_busy():
            pass
    with db.write_unless_busy() as s:
        s.execute(text("SELECT 1"))
    db.close()


def test_whoever_gives_up_waiting_leaves_the_queue(tmp_path: Path) -> None:
    turns = turns_of(str(tmp_path / "x.db"))
    assert turns is turns_of(str(tmp_path / "." / "x.db"))
    assert turns.take(PATIENCE)
    assert not turns.take(PATIENCE)  # it would wait for itself
    late: list[bool] = []
    started(lambda: late.append(turns.take(0.01))).join(PATIENCE)
    assert late == [False]
    turns.give()
    assert turns.take(0)
    turns.give()
