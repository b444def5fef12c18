"""A disk that is full or fails is told from what else a database or a system says."""

from __future__ import annotations

import errno
import sqlite3

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from cli.faults import BROKEN, answer
from models.passing import is_away, is_busy, is_unwritable


def sqlite_error(name: str) -> OperationalError:
    """As SQLite says it."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorname = name
    return OperationalError("INSERT", None, error)


def postgresql_error(kind: type[psycopg.Error]) -> DBAPIError:
    """As PostgreSQL says it."""
    found = DBAPIError.instance("INSERT", None, kind("could not extend file"), psycopg.Error)
    assert isinstance(found, DBAPIError)
    return found


@pytest.mark.parametrize("name", ["SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_READONLY"])
def test_sqlite_on_a_full_disk_is_away_and_not_busy(name: str) -> None:
    error = sqlite_error(name)
    assert is_unwritable(error) and is_away(error) and not is_busy(error)


def test_a_locked_file_is_busy_and_no_matter_of_the_disk() -> None:
    error = sqlite_error("SQLITE_BUSY")
    assert is_busy(error) and not is_unwritable(error)


def test_postgresql_on_a_full_disk_is_told_from_a_clash() -> None:
    assert is_unwritable(postgresql_error(psycopg.errors.DiskFull))
    assert not is_unwritable(postgresql_error(psycopg.errors.UniqueViolation))


@pytest.mark.parametrize(
    ("number", "told"), [(errno.ENOSPC, True), (errno.EROFS, True), (errno.ENOENT, False)]
)
def test_files_on_a_full_disk_are_told_from_files_that_are_not_there(
    number: int, told: bool
) -> None:
    assert is_unwritable(OSError(number, "no")) is told


def test_the_terminal_says_that_nothing_was_saved(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(sqlite_error("SQLITE_FULL"), as_json=True) == BROKEN
    assert '"storage_unwritable"' in capsys.readouterr().err
