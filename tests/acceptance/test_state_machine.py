"""Random lives of issues, side by side with a slow model of the rules: the invariants hold.

The usual run repeats itself. `TEST_STATE_MACHINE_EXAMPLES=2000` runs longer and elsewhere.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.engine import make_url

from models.db import Database
from tests.databases import Cluster, sqlite_url
from tests.model.driver import found
from tests.model.lives import Lives, Maker, Told
from tests.model.model import ON_ISSUE, ON_TASK
from tests.world import World

pytestmark = pytest.mark.slow
MORE = int(os.environ.get("TEST_STATE_MACHINE_EXAMPLES", "0"))
REFUSALS = {
    "not_visible",
    "not_allowed",
    "stale_version",
    "illegal_transition",
    "guard_failed",
}


def run(make: Maker, examples: int) -> None:
    """Lives that Hypothesis makes up, and makes shorter when one fails."""
    lives = type("Lives", (Lives,), {"make": staticmethod(make), "done": []})
    run_state_machine_as_test(
        lives,
        settings=settings(
            max_examples=MORE or examples, stateful_step_count=60, derandomize=not MORE,
            deadline=None, print_blob=True, suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )  # fmt: skip


def tell(make: Maker, lives: int, steps: int) -> Counter[tuple[str, str | None]]:
    """Longer lives from plain seeds; what was done in them, with the codes of refusals."""
    first = int(time.time()) if MORE else 0
    done: list[tuple[str, str | None]] = []
    told = type("Told", (Told,), {"make": staticmethod(make), "done": done})
    for seed in range(first, first + (MORE or lives)):
        life = told()
        try:
            life.live(seed, steps)
        finally:
            life.teardown()
    return Counter(done)


@pytest.fixture(scope="module")
def founded(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """A SQLite file with the zone in it, to be copied."""
    path = tmp_path_factory.mktemp("founded") / "zone.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(sqlite_url(path))
    world = found(database)
    database.close()  # the last connection empties the write-ahead log into the file
    return path, world


@pytest.fixture
def sqlite_worlds(founded: tuple[Path, World], tmp_path: Path) -> Maker:
    """Fresh zones in SQLite files."""
    template, world = founded

    @contextmanager
    def make() -> Iterator[World]:
        path = tmp_path / "life.db"
        for old in tmp_path.glob("life.db*"):
            old.unlink()
        shutil.copyfile(template, path)
        database = Database(sqlite_url(path))
        yield World(database, world.units, world.people)
        database.close()

    return make


@pytest.fixture
def postgresql_worlds(cluster: Cluster) -> Iterator[Maker]:
    """Fresh zones on the PostgreSQL server."""
    with cluster.database() as url:
        database = Database(url)
        world = found(database)
        database.close()

        @contextmanager
        def make() -> Iterator[World]:
            with cluster.database(template=str(make_url(url).database)) as copy:
                opened = Database(copy)
                yield World(opened, world.units, world.people)
                opened.close()

        yield make


def test_made_up_lives_keep_every_invariant_on_sqlite(sqlite_worlds: Maker) -> None:
    run(sqlite_worlds, 16)


def test_made_up_lives_keep_every_invariant_on_postgresql(postgresql_worlds: Maker) -> None:
    run(postgresql_worlds, 4)


def test_long_lives_with_every_command_keep_every_invariant_on_sqlite(
    sqlite_worlds: Maker,
) -> None:
    done = tell(sqlite_worlds, 12, 80)
    never = {*ON_ISSUE, *ON_TASK} - {name for name, code in done if code is None}
    assert never == set(), "these commands were never carried out: the test proves too little"
    assert {code for _name, code in done} - {None} >= REFUSALS


def test_long_lives_keep_every_invariant_on_postgresql(postgresql_worlds: Maker) -> None:
    tell(postgresql_worlds, 4, 80)
