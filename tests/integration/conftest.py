"""Fixtures of the command line, and the portal where the kind of database does not matter."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path

import pytest

from benchmarks.bureau import found_bureau
from benchmarks.pages_data import fill
from models.db import Database
from models.migrate import upgrade
from tests.databases import sqlite_url
from tests.integration.accounts_kit import Office, open_office
from tests.portal import Portal, opened
from tests.servers import Server, servers
from tests.terminal import Terminal, found, fresh_settings
from tests.world import World, found_in, standing_zone

_OFFICES = count(1)


@pytest.fixture(scope="session")
def filled_ledgers(
    fresh: Callable[[str], AbstractContextManager[str]],
) -> Iterator[dict[str, Database]]:
    """Two databases with the same 400 issues, one of each kind. Nobody writes to them."""
    with fresh("sqlite") as file, fresh("postgresql") as url:
        found = {"sqlite": Database(file), "postgresql": Database(url)}
        for db in found.values():
            found_bureau(db)
            fill(db, 400)
        yield found
        for db in found.values():
            db.close()


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """An embedded database that was not there before, and the people of a small zone."""
    monkeypatch.setenv("XIAOHAO_VAR_DIR", str(tmp_path / "var"))
    with fresh_settings():
        terminal = Terminal(sqlite_url(tmp_path / "new" / "xiaohao.db"))
        found(terminal)
        yield terminal


@pytest.fixture
def terminal(world: World) -> Terminal:
    """The whole zone's command line, over a database of each kind in turn."""
    return Terminal(world.db.engine.url.render_as_string(hide_password=False))


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    """A file that proves something."""
    path = tmp_path / "验收单.pdf"
    path.write_bytes(b"%PDF-1.7 accepted")
    return path


@pytest.fixture
def office(world: World, cheap_hashes: None) -> Office:
    """People with accounts."""
    return open_office(world)


@pytest.fixture
def edge(founded_sqlite: Path, tmp_path: Path) -> Iterator[Portal]:
    """The portal over one SQLite database: what is tried here does not reach the database."""
    path = tmp_path / "edge.db"
    shutil.copyfile(founded_sqlite, path)
    db = Database(sqlite_url(path))
    with opened(standing_zone(db), tmp_path / "var") as portal:
        yield portal
    db.close()


@pytest.fixture(scope="session")
def own_server() -> Iterator[Server]:
    """A PostgreSQL server that tests may restart, with a database `founded` to be copied.

    Whoever asks for it belongs to the xdist group `own-postgresql`.
    """
    with servers(1, "max_connections=60") as [server]:
        server.make().start()
        server.run("CREATE DATABASE founded")
        upgrade(server.url("founded"))
        found_in(server.url("founded"))
        yield server


@pytest.fixture
def own_office(own_server: Server) -> Iterator[str]:
    """The name of a database with the zone in it, on that server."""
    name = f"office_{next(_OFFICES)}"
    own_server.run(f"CREATE DATABASE {name} TEMPLATE founded")
    yield name
    own_server.run(f"DROP DATABASE {name} WITH (FORCE)")
