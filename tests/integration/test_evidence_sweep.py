"""Stored files that nobody names go after a day; those of evidence, and of whoever is just
attaching them, never do."""

from __future__ import annotations

import io
import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from config.settings import settings
from tests.world import World, at
from workflow import evidence_store, evidence_sweep
from workflow.commands.closure import Proof
from workflow.commands.proof import add_evidence
from workflow.evidence_sweep import sweep
from workflow.scheduler import Worker

NOW = at("2026-03-04 10:00")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The folder of the store, beside other files."""
    return tmp_path / "var" / "evidence"


def stored(folder: Path, content: bytes, hours: float = 0) -> Path:
    """A file of the store that was stored so many hours ago."""
    digest, _size, _found = evidence_store.keep(
        folder, io.BytesIO(content), "x", lambda _path: None
    )
    return aged(evidence_store.locate(folder, digest), hours)


def aged(path: Path, hours: float) -> Path:
    moment = (NOW - timedelta(hours=hours)).timestamp()
    os.utime(path, (moment, moment))
    return path


def left(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_only_old_files_that_nobody_names_are_removed(world: World, store: Path) -> None:
    orphan, fresh = stored(store, b"orphan", 25), stored(store, b"fresh", 23)
    named = stored(store, b"named", 1000)
    crashed = store / ".incoming-abc"
    crashed.write_bytes(b"half")
    aged(crashed, 25)
    task = world.acknowledged("2026-03-02 10:00").task
    proof = Proof("document", "a.pdf", "", named.name, 5)
    world.do(add_evidence, "zjj_head", NOW, task=task, proof=proof)
    assert sweep(world.db, store, NOW) == 2
    assert left(store) == {fresh, named}
    assert not orphan.exists()
    assert sweep(world.db, store, NOW) == 0


def test_content_that_is_stored_again_is_young_again(world: World, store: Path) -> None:
    path = stored(store, b"again", 1000)
    evidence_store.keep(store, io.BytesIO(b"again"), "x", lambda _path: None)
    assert path.stat().st_mtime > (NOW - timedelta(hours=1000)).timestamp()
    aged(path, 1)
    assert sweep(world.db, store, NOW) == 0
    assert path.read_bytes() == b"again"


def test_a_file_that_comes_back_while_it_is_looked_at_stays(
    world: World, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stored(store, b"just now", 1000)
    look = evidence_sweep._named

    def attached_meanwhile(db: object) -> set[str]:
        found = look(world.db)
        stored(store, b"just now")
        return found

    monkeypatch.setattr(evidence_sweep, "_named", attached_meanwhile)
    assert sweep(world.db, store, NOW) == 0
    assert left(store) == {path}


def test_what_a_killed_sweep_was_at_is_put_back_and_looked_at_again(
    world: World, store: Path
) -> None:
    path = stored(store, b"named or not", 2)
    path.rename(path.with_name(f".going-{path.name}"))
    assert sweep(world.db, store, NOW) == 0
    assert left(store) == {path}
    (twin := path.with_name(f".going-{path.name}")).write_bytes(b"named or not")
    aged(twin, 30)  # the same content was stored again since
    assert sweep(world.db, store, NOW) == 0
    assert left(store) == {path}
    aged(path, 30)
    path.rename(path.with_name(f".going-{path.name}"))
    assert sweep(world.db, store, NOW) == 1
    assert left(store) == set()


def test_the_workers_daily_round_does_it(
    world: World, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.clock.now", lambda: NOW)
    stored(store, b"orphan", 25)
    config = settings().model_copy(update={"var_dir": store.parent})
    Worker(world.db, config, threading.Event())._tidy()
    assert left(store) == set()
