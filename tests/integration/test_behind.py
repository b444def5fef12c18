"""Writes that a thread sends: in order, one user of the connection at a time, no error lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

from models import tables
from models.behind import Behind
from models.db import Database, Session

HOLD = tables.storm_hold
INSERT = "INSERT INTO storm_hold (at, most, state, reason) VALUES ({})"


def marks(s: Session, *numbers: int) -> list[tuple[str, list[Any]]]:
    """A row for each number."""
    sign = "?" if s.dialect == "sqlite" else "%s"
    text = INSERT.format(", ".join([sign] * 4))
    at = "2026-03-02 09:00:00.000000"
    return [(text, [(at, number, "held", "")]) for number in numbers]


def there(s: Session) -> list[int]:
    """The numbers that are there, in the order in which they came."""
    return list(s.execute(select(HOLD.c.most).order_by(HOLD.c.id)).scalars())


def behind(database: Database, plain: Session) -> Behind:
    """The same transaction with a thread."""
    assert plain.conn.engine is database.engine
    return Behind(plain.conn, plain.memo)


def never(error: Exception) -> None:
    """Nothing is refused here."""
    raise AssertionError(error)


class Held:
    """A thread that stops before one of its statements until it is let go; nobody else may use the
    connection meanwhile. `sent`: the numbers of the statements that went through."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
        self.reached, self.go = threading.Event(), threading.Event()
        self.sent: list[int] = []
        self._free = threading.Lock()
        send, execute = Session.send, Session.execute

        def slow(s: Session, sql: str, rows: list[Any]) -> int:
            with self._alone():
                if rows[0][1] == number:
                    self.reached.set()
                    assert self.go.wait(30)
                self.sent.append(rows[0][1])
                return send(s, sql, rows)

        def asked(s: Session, *given: Any) -> Any:
            with self._alone():
                return execute(s, *given)

        monkeypatch.setattr(Session, "send", slow)
        monkeypatch.setattr(Session, "execute", asked)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        assert self._free.acquire(blocking=False), "two at once"
        try:
            yield
        finally:
            self._free.release()

    def let_go_soon(self) -> None:
        """When whoever calls waits for it."""
        threading.Timer(0.05, self.go.set).start()


def test_what_is_handed_over_is_written_in_its_order(database: Database) -> None:
    with database.write() as plain, behind(database, plain) as s:
        for start in range(0, 40, 10):
            s.hand_over(marks(s, *range(start, start + 10)), never)
        s.wait()
        assert there(s) == list(range(40))
    with database.read() as s:
        assert there(s) == list(range(40))


def test_the_program_asks_between_two_statements(
    postgresql_db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, held = Database(postgresql_db_url), Held(monkeypatch, 2)
    with database.write() as plain, behind(database, plain) as s:
        s.hand_over(marks(s, 1, 2, 3), never)
        assert held.reached.wait(30)
        held.let_go_soon()
        assert there(s)[:2] == [1, 2]  # it waited for the second
        s.wait()
        assert there(s) == [1, 2, 3]
    database.close()


def test_nothing_follows_a_statement_that_failed_and_the_program_hears_of_it_first(
    database: Database,
) -> None:
    with database.write() as plain, behind(database, plain) as s:
        told: list[Exception] = []

        def refused(error: Exception) -> None:
            told.append(error)
            assert not s.conn.invalidated
            s.send("ROLLBACK TO SAVEPOINT here", [()])
            s.send(*marks(s, 9)[0])

        s.hand_over([*marks(s, 1), ("SAVEPOINT here", [()])], refused)
        s.hand_over([*marks(s, 2), *spoilt(s), *marks(s, 3)], refused)
        s.hand_over(marks(s, 4), refused)
        while not told:
            there(s)
        assert there(s) == [1, 9]
        assert [type(error) for error in told] == [IntegrityError]
        s.wait()
        s.hand_over(marks(s, 5), never)
        s.wait()
    with database.read() as after:
        assert there(after) == [1, 9, 5]


def spoilt(s: Session) -> list[tuple[str, list[Any]]]:
    """A row that no database takes."""
    text, _rows = marks(s, 0)[0]
    return [(text, [("2026-03-02 09:00:00.000000", None, "held", "")])]


def test_an_error_that_is_not_mended_ends_the_transaction(database: Database) -> None:
    asked = []
    with pytest.raises(IntegrityError), database.write() as plain, behind(database, plain) as s:
        s.hand_over([*marks(s, 1), *spoilt(s)], raised)
        for _ in range(2):  # whoever swallows it hears it again
            with pytest.raises(IntegrityError):
                s.wait()
            with pytest.raises(IntegrityError):
                asked.append(there(s))
    assert asked == []
    with database.read() as s:
        assert there(s) == []


def raised(error: Exception) -> None:
    """Nobody mends it."""
    raise error


def test_an_error_that_nobody_asked_about_is_raised_at_the_end(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as plain, behind(database, plain) as s:
        s.hand_over([*marks(s, 1), *spoilt(s)], never)
    with database.read() as s:
        assert there(s) == []


def test_who_leaves_by_an_error_waits_for_one_statement_only(
    postgresql_db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, held = Database(postgresql_db_url), Held(monkeypatch, 2)
    with (
        pytest.raises(KeyboardInterrupt),
        database.write() as plain,
        behind(database, plain) as s,
    ):
        s.hand_over(marks(s, 1, 2, 3), never)
        s.hand_over(marks(s, 4), never)
        assert held.reached.wait(30)
        ended = Behind._ended

        def ending(left: Behind) -> Any:
            held.go.set()
            return ended(left)

        monkeypatch.setattr(Behind, "_ended", ending)
        raise KeyboardInterrupt
    assert held.sent == [1, 2]
    assert not [one for one in threading.enumerate() if one.name.startswith("behind")]
    with database.read() as after:
        assert there(after) == []
    database.close()


def test_a_connection_that_is_lost_is_told_of_as_ever(postgresql_db_url: str) -> None:
    database = Database(postgresql_db_url)
    gone = ("SELECT pg_terminate_backend(pg_backend_pid())", [()])
    with (
        pytest.raises(DBAPIError) as found,
        database.write() as plain,
        behind(database, plain) as s,
    ):
        s.hand_over([*marks(s, 1), gone, *marks(s, 2)], raised)
        s.wait()
    assert found.value.connection_invalidated
    with database.read() as after:
        assert there(after) == []
    database.close()
