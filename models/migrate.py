"""Bring a database to the schema of this version. No `alembic.ini` is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from time import sleep

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from models.db import make_engine

# Any fixed number will do, as long as nothing else of ours locks it.
_LOCK_KEY = 7_265_900_811
_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)  # seconds


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the database at `url` in one transaction: wholly, or not at all.

    Repeating it is harmless, and of two that run at once the second waits for the first.
    A SQLite file and its folder are made when missing.
    """
    with _migrating(url) as connection:
        command.upgrade(_config(connection), revision)


def revise(url: str, message: str) -> None:
    """Write a new migration: the difference between the tables and the database at `url`."""
    with _migrating(url) as connection:
        command.revision(_config(connection), message, autogenerate=True)


def current(url: str) -> str | None:
    """The revision of the database at `url`, or None when it was never migrated."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return revision_of(connection)
    finally:
        engine.dispose()


def revision_of(connection: Connection) -> str | None:
    """As `current`, asked of an open connection."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def head() -> str | None:
    """The newest revision this version of the code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


@contextmanager
def _migrating(url: str) -> Iterator[Connection]:
    engine = make_engine(url)
    try:
        with _connect(engine) as connection:
            _suspend_foreign_keys(connection)
            with connection.begin():
                _lock(connection)
                yield connection
                _check_foreign_keys(connection)
    finally:
        engine.dispose()


def _connect(engine: Engine) -> Connection:
    """A connection, at the second try if need be.

    Of two processes that both turn a new SQLite file to WAL, one is refused without waiting.
    """
    for pause in _PAUSES if engine.dialect.name == "sqlite" else ():
        try:
            return engine.connect()
        except OperationalError:
            sleep(pause)
    return engine.connect()


def _suspend_foreign_keys(connection: Connection) -> None:
    """SQLite rebuilds a table by dropping the old one, which would delete its children.

    The pragma does nothing inside a transaction, so it goes to the driver before one begins.
    """
    if connection.dialect.name == "sqlite":
        connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
        if orphans:
            raise RuntimeError(f"the migration left rows without their parents: {orphans[:5]}")


def _lock(connection: Connection) -> None:
    """Wait for another upgrade to end. On SQLite `BEGIN IMMEDIATE` has done so already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    # The package is found by name, not by path: it lies elsewhere once installed.
    folder = str(files("migrations")).replace("%", "%%")
    config.set_main_option("script_location", folder)
    config.attributes["connection"] = connection
    return config
