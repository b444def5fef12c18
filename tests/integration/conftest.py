"""Fixtures of the command line, and the portal where the kind of database does not matter."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.db import Database
from tests.databases import sqlite_url
from tests.portal import Portal, opened
from tests.terminal import Terminal, found, fresh_settings
from tests.world import World, found_zone


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
def edge(sqlite_template: Path, tmp_path: Path) -> Iterator[Portal]:
    """The portal over one SQLite database: what is tried here does not reach the database."""
    path = tmp_path / "edge.db"
    shutil.copyfile(sqlite_template, path)
    db = Database(sqlite_url(path))
    with db.write() as s:
        world = found_zone(s)
    with opened(World(db, world.units, world.people), tmp_path / "var") as portal:
        yield portal
    db.close()
