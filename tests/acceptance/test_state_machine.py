"""Random lives of issues, side by side with a slow model of the rules: the invariants hold.

`TEST_STATE_MACHINE_EXAMPLES=2000` runs longer and with fresh randomness; the usual run repeats itself.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.engine import make_url

from models.db import Database
from tests.databases import Cluster, sqlite_url
from tests.model.cast import PEOPLE
from tests.model.checks import check_all, nothing_is_missed
from tests.model.driver import Bench, found, raw_dump
from tests.model.model import ON_ISSUE, ON_TASK
from tests.model.moves import arguments, moves
from tests.model.state import Issue
from tests.world import World, at

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STARTS = (
    "2026-03-02 09:30", "2026-02-11 16:00", "2026-09-22 10:00", "2026-04-30 20:00",
    "2026-12-07 08:00", "2026-02-14 11:00",
)
"""An ordinary Monday, the eves of Spring Festival, National Day and Labour Day at night, December
(the year after is not published), and a make-up Saturday."""

STEPS = (
    5 * MINUTE, HOUR, 3 * HOUR, 9 * HOUR, DAY, DAY, 2 * DAY, 3 * DAY, 5 * DAY, 8 * DAY, 16 * DAY,
    35 * DAY,
)
CATEGORIES = ("杆线迁移", "手续办理", "手续办理", "紧急事项", "环评", "拆迁")
MOST_ISSUES = 4
PHASES = [Phase.generate] + ([] if os.environ.get("NOSHRINK") else [Phase.shrink])
NAMES, EVERYBODY = sorted((*ON_ISSUE, *ON_TASK)), sorted(PEOPLE)
seeds = st.integers(0, 2**32 - 1)
"""Choices are drawn from a seed: the shrinker then drops steps, which is what helps a reader."""
Maker = Callable[[], AbstractContextManager[World]]
DONE: Counter[tuple[str, str | None]] = Counter()
"""Commands and what became of them, over the whole run."""


class Lives(RuleBasedStateMachine):
    """A few issues, many people, and time."""

    make: Maker

    def __init__(self) -> None:
        super().__init__()
        self.opened = self.make()
        self.bench = Bench(self.opened.__enter__())

    def teardown(self) -> None:
        """Forget the database."""
        DONE.update(self.bench.done)
        self.opened.__exit__(None, None, None)

    @initialize(start=st.sampled_from(STARTS), seed=seeds)
    def begin(self, start: str, seed: int) -> None:
        """Two issues, mostly handed over already, at a start that is not always convenient."""
        self.now: datetime = at(start)
        chance = Random(seed)
        for by, board in (("lucheng_reporter", "lucheng"), ("dingyan_handler", None)):
            self._report(by, chance.choice(CATEGORIES), board, chance.random() < 0.2)
            if chance.random() < 0.9:
                self._hand_over(chance)

    def _hand_over(self, chance: Random) -> None:
        number = max(self.bench.model.issues)
        self._act("start_triage", "triage", number, None, 0)
        for _ in range(chance.choice((1, 1, 2))):
            self._act("plan_task", "triage", number, None, chance.randrange(10))
        self.now += MINUTE
        self._act("dispatch", "chief", number, None, 0)
        for task in self._issue(number).tasks:
            if task.dispatched is not None and chance.random() < 0.7:
                self._act("acknowledge", f"{task.lead}_liaison", number, task.number, 0)

    @rule(
        by=st.sampled_from(("lucheng_reporter", "zjj_handler", "commissioner", "sysadmin")),
        category=st.sampled_from(CATEGORIES), board=st.sampled_from(("lucheng", None)),
        major=st.booleans(),
    )
    @precondition(lambda self: len(self.bench.model.issues) < MOST_ISSUES)
    def report(self, by: str, category: str, board: str | None, major: bool) -> None:
        self._report(by, category, board, major)

    def _report(self, by: str, category: str, board: str | None, major: bool) -> None:
        form = {"category": category, "board": board, "major": major}
        self.bench.report(by, self.now, form)

    @rule(seed=seeds)
    def somebody_acts(self, seed: int) -> None:
        """Whoever's turn it is, now and then with a version that is no longer the present one."""
        self._usual(Random(seed), stale=seed % 13 == 0)

    @rule(seed=seeds)
    def somebody_else_acts(self, seed: int) -> None:
        self._usual(Random(seed), guarded=True)

    @rule(seed=seeds, later=st.sampled_from(STEPS[:4]))
    def somebody_acts_a_little_later(self, seed: int, later: timedelta) -> None:
        self.now += later
        self._usual(Random(seed))

    def _usual(self, chance: Random, **how: bool) -> None:
        number = chance.choice(sorted(self.bench.model.issues))
        move = chance.choice(moves(self._issue(number)))
        task = move.task.number if move.task is not None else None
        self._act(move.name, move.actor, number, task, chance.randrange(10), **how)

    @rule(seed=seeds)
    def anybody_tries_anything(self, seed: int) -> None:
        """Any command by anybody, in any state."""
        chance = Random(seed)
        number = chance.choice(sorted(self.bench.model.issues))
        name, actor = chance.choice(NAMES), chance.choice(EVERYBODY)
        tasks = [task.number for task in self._issue(number).tasks]
        if name in ON_ISSUE or tasks:
            task = None if name in ON_ISSUE else chance.choice(tasks)
            self._act(name, actor, number, task, chance.randrange(10))

    def _issue(self, number: str) -> Issue:
        return self.bench.model.issues[number]

    def _act(
        self, name: str, actor: str, number: str, of: str | None, k: int, **how: bool
    ) -> None:
        issue = self._issue(number)
        task = issue.task(of) if of is not None else None
        given = arguments(name, issue, task, self.bench.model, self.now, k)
        if given is not None:
            self.bench.act(name, actor, self.now, number, of, **how, **given)

    @rule(step=st.sampled_from(STEPS), swept=st.booleans())
    def time_passes(self, step: timedelta, swept: bool) -> None:
        self.now += step
        if swept:
            self.sweep()

    def sweep(self) -> None:
        self.bench.sweep(self.now)
        nothing_is_missed(self.bench, self.now)

    @rule()
    def sweep_twice(self) -> None:
        self.sweep()
        before = raw_dump(self.bench.world.db)
        assert self.bench.sweep(self.now).idle
        assert raw_dump(self.bench.world.db) == before

    @invariant()
    def the_invariants_hold(self) -> None:
        check_all(self.bench)


def run(make: Maker, examples: int) -> None:
    """Let many lives pass; a fixed choice of them unless the environment asks for more."""
    more = int(os.environ.get("TEST_STATE_MACHINE_EXAMPLES", "0"))
    lives = type("Lives", (Lives,), {"make": staticmethod(make)})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        lives,
        settings=settings(
            max_examples=more or examples, stateful_step_count=60, derandomize=not more,
            deadline=None, print_blob=True, suppress_health_check=list(HealthCheck),
            database=None, phases=PHASES,
        ),
    )


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


def test_random_lives_keep_every_invariant_on_sqlite(sqlite_worlds: Maker) -> None:
    run(sqlite_worlds, 40)


def test_random_lives_keep_every_invariant_on_postgresql(postgresql_worlds: Maker) -> None:
    run(postgresql_worlds, 10)



