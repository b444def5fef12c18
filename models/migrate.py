"""Bring a database to the schema of this version. No `alembic.ini` is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from time import sleep

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from models import gently
from models.engines import Limits, make_engine

_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)  # seconds


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the database at `url`.

    Repeating it is harmless, and of two that run at once the second waits for the first. A SQLite
    file and its folder are made when missing. A SQLite database, and a new one of PostgreSQL, are
    migrated in one transaction: wholly, or not at all. One of PostgreSQL that is in use takes each
    revision in a transaction of its own, so that nobody waits long (`models.gently`).
    """
    if make_url(url).get_backend_name() == "postgresql" and current(url) is not None:
        with _engine(url) as engine:
            gently.upgrade(engine, _Plan(revision))
        return
    with _migrating(url) as connection:
        command.upgrade(_config(connection), revision)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The way to a revision."""

    target: str
    script: ScriptDirectory = field(
        default_factory=lambda: ScriptDirectory.from_config(_config()), init=False
    )

    def steps(self, current: str | None) -> list[str]:
        """The revisions that are still to come, in order; none where it is past the target."""
        passed = {found.revision for found in self.script.iterate_revisions(current, "base")}
        wanted = self.script.iterate_revisions(self.target, "base")
        return [found.revision for found in wanted if found.revision not in passed][::-1]

    def large(self, step: str) -> Sequence[gently.Large]:
        """What the revision's file names."""
        found: Sequence[gently.Large] = getattr(
            self.script.get_revision(step).module, "LARGE_INDEXES", ()
        )
        return found

    def now(self, connection: Connection) -> str | None:
        """As the database says."""
        return revision_of(connection)

    def run(self, connection: Connection, step: str) -> None:
        """Through Alembic."""
        command.upgrade(_config(connection), step)


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


@contextmanager
def building(url: str) -> Iterator[Connection]:
    """A connection whose transaction may migrate (`move`) and fill a database, all of it or
    nothing; references between rows are looked at when it ends."""
    with _migrating(url) as connection:
        yield connection


def move(connection: Connection, revision: str = "head") -> None:
    """Bring the database of a `building` connection to a revision."""
    command.upgrade(_config(connection), revision)


@cache
def revisions() -> tuple[str, ...]:
    """Every revision that this version of the code knows, the oldest first."""
    script = ScriptDirectory.from_config(_config())
    return tuple(found.revision for found in script.walk_revisions())[::-1]


@cache
def head() -> str | None:
    """The newest revision this version of the code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = make_engine(url, Limits.usual().unlimited())
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _migrating(url: str) -> Iterator[Connection]:
    with _engine(url) as engine, _connect(engine) as connection:
        _suspend_foreign_keys(connection)
        with connection.begin():
            _lock(connection)
            yield connection
            _check_foreign_keys(connection)


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
        gently.alone(connection)


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    # The package is found by name, not by path: it lies elsewhere once installed.
    folder = str(files("migrations")).replace("%", "%%")
    config.set_main_option("script_location", folder)
    config.attributes["connection"] = connection
    return config
