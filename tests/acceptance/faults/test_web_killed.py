"""Web processes are killed with SIGKILL under load; callers repeat under the same key."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

import psutil
import pytest

from config import clock
from tests.acceptance.faults import SEED, TIMES
from tests.acceptance.faults.callers import Callers, every_call_was_done_once, token_of
from tests.acceptance.faults.checker import check, watchdog_says
from tests.acceptance.faults.house import House, house
from tests.acceptance.faults.patience import ended, until
from tests.world import World

pytestmark = pytest.mark.slow

KILLS, LOST, BETWEEN = 5 * TIMES, 2 * TIMES, 8
"""At least so many kills and answers that they cost; at most so many calls in between."""


def rage(served: House, at_work: Callers, chance: Random) -> set[int]:
    """Kill web processes in the middle of their work until enough was lost; who was killed."""
    killed: set[int] = set()
    while len(killed) < KILLS or at_work.lost < LOST:
        enough = len(at_work.told) + chance.randint(1, BETWEEN)
        until(lambda: len(at_work.told) >= enough and bool(served.web()), "they go on")  # noqa: B023
        time.sleep(chance.uniform(0, 0.05))
        victim = chance.choice(served.web())
        victim.kill()
        killed.add(victim.pid)
    return killed


def test_killed_web_processes_lose_no_call_and_double_none(world: World, tmp_path: Path) -> None:
    with house(world.db.url, tmp_path) as served:
        at_work = Callers(token_of(world.db, "lucheng_reporter"), [served.base])
        with at_work.working(4):
            killed = rage(served, at_work, Random(SEED))
        until(lambda: len(living(served, killed)) == 2, "both places are taken again")
        until(served.ready, "they serve")
        every_call_was_done_once(world.db, at_work)
        check(world.db, clock.now())
        assert watchdog_says(world.db, clock.now()) == set()
        served.process.terminate()
        assert ended(served.process) == 0


def living(served: House, killed: set[int]) -> list[psutil.Process]:
    """Web processes that nobody has killed."""
    return [one for one in served.web() if one.pid not in killed]
