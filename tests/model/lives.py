"""Random lives of issues: the engine's commands beside the model's, with checks after each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from random import Random

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.dumping import raw_dump
from tests.model.cast import PEOPLE
from tests.model.checks import check_all, nothing_is_missed
from tests.model.driver import Bench
from tests.model.model import ON_ISSUE, ON_TASK
from tests.model.moves import arguments, moves
from tests.model.state import Issue
from tests.world import World, at

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STARTS = (
    "2026-03-02 09:30",
    "2026-02-11 16:00",
    "2026-09-22 10:00",
    "2026-04-30 20:00",
    "2026-12-07 08:00",
    "2026-02-14 11:00",
)
"""An ordinary Monday, the eves of Spring Festival, National Day and Labour Day at night, December
(the year after is not published), and a make-up Saturday."""

STEPS = (
    5 * MINUTE,
    HOUR,
    3 * HOUR,
    9 * HOUR,
    DAY,
    DAY,
    2 * DAY,
    3 * DAY,
    5 * DAY,
    8 * DAY,
    16 * DAY,
    35 * DAY,
)
CATEGORIES = ("杆线迁移", "手续办理", "手续办理", "紧急事项", "环评", "拆迁")
MOST_ISSUES = 4
NAMES, EVERYBODY = sorted((*ON_ISSUE, *ON_TASK)), sorted(PEOPLE)
seeds = st.integers(0, 2**32 - 1)
"""Choices are drawn from a seed: the shrinker then drops steps, which is what helps a reader."""
Maker = Callable[[], AbstractContextManager[World]]


class Lives(RuleBasedStateMachine):
    """A few issues, many people, and time."""

    make: Maker
    done: list[tuple[str, str | None]]

    def __init__(self) -> None:
        super().__init__()
        self.opened = self.make()
        self.bench = Bench(self.opened.__enter__())

    def teardown(self) -> None:
        """Forget the database."""
        self.done.extend(self.bench.done)
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
        category=st.sampled_from(CATEGORIES),
        board=st.sampled_from(("lucheng", None)),
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
        chance = self._chance(seed)
        self._usual(chance, stale=chance.random() < 0.1)

    @rule(seed=seeds)
    def somebody_else_acts(self, seed: int) -> None:
        self._usual(self._chance(seed), guarded=True)

    @rule(seed=seeds, later=st.sampled_from(STEPS[:4]))
    def somebody_acts_a_little_later(self, seed: int, later: timedelta) -> None:
        self.now += later
        self._usual(self._chance(seed))

    def _chance(self, seed: int) -> Random:
        """Different for each step, since the generator likes to repeat a seed."""
        return Random(f"{seed} {len(self.bench.done)}")

    def _usual(self, chance: Random, **how: bool) -> None:
        number = chance.choice(sorted(self.bench.model.issues))
        move = chance.choice(moves(self._issue(number)))
        task = move.task.number if move.task is not None else None
        self._act(move.name, move.actor, number, task, chance.randrange(10), **how)

    @rule(seed=seeds)
    def anybody_tries_anything(self, seed: int) -> None:
        """Any command by anybody, in any state."""
        chance = self._chance(seed)
        number = chance.choice(sorted(self.bench.model.issues))
        name, actor = chance.choice(NAMES), chance.choice(EVERYBODY)
        tasks = [task.number for task in self._issue(number).tasks]
        if name in ON_ISSUE or tasks:
            task = None if name in ON_ISSUE else chance.choice(tasks)
            self._act(name, actor, number, task, chance.randrange(10))

    def say(self, what: str) -> None:
        """What happened, for whoever reads a failure."""
        note(f"{self.now:%Y-%m-%d %H:%M} {what}")

    def _issue(self, number: str) -> Issue:
        return self.bench.model.issues[number]

    def _act(self, name: str, actor: str, number: str, of: str | None, k: int, **how: bool) -> None:
        issue = self._issue(number)
        task = issue.task(of) if of is not None else None
        given = arguments(name, issue, task, self.bench.model, self.now, k)
        if given is not None:
            self.say(f"{actor}: {name} {of or number} {given} {how or ''}")
            self.bench.act(name, actor, self.now, number, of, **how, **given)

    @rule(step=st.sampled_from(STEPS), swept=st.booleans())
    def time_passes(self, step: timedelta, swept: bool) -> None:
        self.now += step
        if swept:
            self.sweep()

    def sweep(self) -> None:
        self.say("sweep")
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
        """They are looked at when something was done: what stands as it stood then still holds."""
        if self.bench.changed:
            check_all(self.bench)
            self.bench.changed = False


class Told(Lives):
    """The same without Hypothesis: every choice comes from one seed, and nothing is shrunk."""

    def __init__(self) -> None:
        super().__init__()
        self.story: list[str] = []

    def say(self, what: str) -> None:
        """Keep it, to be told when something fails."""
        self.story.append(f"{self.now:%Y-%m-%d %H:%M} {what}")

    def live(self, seed: int, steps: int) -> None:
        """A life of so many steps; a failure ends with the last of its story."""
        chance = Random(seed)
        try:
            self.begin(chance.choice(STARTS), chance.getrandbits(32))
            for _ in range(steps):
                self._step(chance)
                self.the_invariants_hold()
        except Exception as error:
            error.add_note(f"seed {seed}:\n" + "\n".join(self.story[-12:]))
            raise

    def _step(self, chance: Random) -> None:
        kind, seed = chance.random(), chance.getrandbits(32)
        if kind < 0.35:
            self.somebody_acts(seed)
        elif kind < 0.5:
            self.somebody_else_acts(seed)
        elif kind < 0.65:
            self.somebody_acts_a_little_later(seed, chance.choice(STEPS[:4]))
        elif kind < 0.73:
            self.anybody_tries_anything(seed)
        elif kind < 0.78:
            self.sweep_twice()
        elif kind < 0.8 and len(self.bench.model.issues) < MOST_ISSUES:
            self.report("zjj_handler", "手续办理", chance.choice(("lucheng", None)), seed % 3 == 0)
        else:
            self.time_passes(chance.choice(STEPS), chance.random() < 0.6)
