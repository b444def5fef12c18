"""Fixtures of the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import sqlite_url
from tests.terminal import Terminal, found, fresh_settings
from tests.world import World


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
