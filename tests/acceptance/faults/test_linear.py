"""Commands that race for one task: its history is the order in which they took effect.

Each attempt notes when it was called and answered, which version it had seen and what came of it.
A register with compare-and-swap is the model: what was accepted stands in the history once, under
the version after the one it named; no command takes effect before another that had been answered
when it was called; and whoever was refused had really been overtaken.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from random import Random

import pytest
from sqlalchemy import select

from models import tables
from tests.acceptance.faults import SEED, TIMES
from tests.world import World, at
from workflow.commands import supervision
from workflow.context import find_actor
from workflow.errors import StaleVersion

pytestmark = pytest.mark.slow

NOW = "2026-03-02 10:00"
PEOPLE = ("zjj_liaison", "zjj_head")
RACERS, ATTEMPTS = 6, 20 * TIMES


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call. `became`: the version it made, None when it was refused as stale."""

    token: str
    expected: int
    called: float
    answered: float
    became: int | None


def race(world: World, task: str, seed: int) -> list[Attempt]:
    """Racers report progress on one task, each under the version it has just read."""
    found: list[Attempt] = []
    start = threading.Barrier(RACERS)

    def run(n: int) -> None:
        chance = Random(f"{seed}.{n}")
        start.wait()
        for k in range(ATTEMPTS):
            found.append(attempt(world, task, PEOPLE[n % len(PEOPLE)], f"{n}.{k}", chance))

    racers = [threading.Thread(target=run, args=(n,)) for n in range(RACERS)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(found) == RACERS * ATTEMPTS, "a racer fell"
    return found


def attempt(world: World, task: str, who: str, token: str, chance: Random) -> Attempt:
    """Read the version, wait a moment or not, and report."""
    expected = version_of(world, task)
    if chance.random() < 0.3:
        time.sleep(chance.uniform(0, 0.004))
    called = time.monotonic()
    try:
        with world.db.write() as s:
            done = supervision.progress(
                s, actor=find_actor(s, who), task=task, text=token, now=at(NOW),
                expected_version=expected,
            )  # fmt: skip
        became = done.task_version
    except StaleVersion:
        became = None
    return Attempt(token, expected, called, time.monotonic(), became)


def version_of(world: World, task: str) -> int:
    """The version that anybody sees now."""
    t = tables.task.c
    with world.db.read() as s:
        return int(s.execute(select(t.version).where(t.number == task)).scalar_one())


def test_the_history_of_a_task_is_the_order_in_which_its_commands_took_effect(
    world: World,
) -> None:
    case = world.acknowledged(NOW)
    first = version_of(world, case.task)
    attempts = race(world, case.task, seed=SEED)
    done = sorted((a for a in attempts if a.became is not None), key=lambda a: a.became or 0)
    refused = [a for a in attempts if a.became is None]
    assert done and refused, "nobody was overtaken: the race proves nothing"

    assert [a.expected for a in done] == list(range(first, first + len(done)))
    assert [a.became for a in done] == list(range(first + 1, first + len(done) + 1))
    written = [(e.data["text"], e.data["v"]) for e in world.events(case.issue, "task.progress")]
    assert written == [(a.token, a.became) for a in done]
    for number, later in enumerate(done):
        assert all(later.answered > earlier.called for earlier in done[:number])
    for loser in refused:
        assert any(a.became == loser.expected + 1 and a.called < loser.answered for a in done), (
            loser
        )
