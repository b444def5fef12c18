"""Lines to PostgreSQL are cut: at random bytes, at commits, with answers lost, again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from random import Random

import pytest
from sqlalchemy.engine import make_url

from models.db import Database
from tests.acceptance.faults import SEED, TIMES
from tests.acceptance.faults.chaos import Chaos
from tests.acceptance.faults.checker import check, check_delivery, watchdog_says
from tests.acceptance.faults.promises import every_promise_was_kept, kept
from tests.acceptance.faults.test_kills import MOMENTS, OUTAGE, hire, nothing_waits, until_quiet
from tests.acceptance.faults.timing import starting
from tests.acceptance.faults.torn import torn
from tests.proxy import Proxy, cutting
from tests.smtp import SmtpServer

pytestmark = pytest.mark.slow

CUTS, WORK = 30 * TIMES, 40 * TIMES
Cut = Callable[[], int]
"""How often the line was cut so far; asking may bring the next cut on."""
Cutting = Callable[[str], AbstractContextManager[tuple[Proxy, Cut]]]


@contextmanager
def at_random_bytes(target: str, *, one_way: bool = False) -> Iterator[tuple[Proxy, Cut]]:
    """Every connection ends somewhere."""
    with torn(target, SEED, one_way=one_way) as line:
        yield line, lambda: line.tears
        line.rest()


@contextmanager
def losing_one_way(target: str) -> Iterator[tuple[Proxy, Cut]]:
    """What one side says is lost from some byte on, answers to a COMMIT among it."""
    with at_random_bytes(target, one_way=True) as found:
        yield found


@contextmanager
def at_commits(target: str) -> Iterator[tuple[Proxy, Cut]]:
    """A COMMIT is lost, or the answer to it."""
    chance = Random(SEED)
    with cutting(target) as line:

        def cut() -> int:
            if not line.plan:
                line.arm("before" if chance.random() < 0.5 else "after")
            return line.cuts

        yield line, cut
        line.plan.clear()


@pytest.mark.parametrize("cutter", [at_random_bytes, losing_one_way, at_commits])
def test_a_line_that_is_cut_loses_no_command_and_doubles_none(
    crowded_postgresql: Database,
    cutter: Cutting,
    unrest: Chaos,
    smtp_server: SmtpServer,
    tmp_path: Path,
) -> None:
    direct, out, mail = crowded_postgresql, tmp_path / "promises.txt", tmp_path / "mail"
    where = make_url(direct.url)
    assert {"not_swept", "not_escalated"} <= watchdog_says(direct, OUTAGE)
    for moment in (OUTAGE, MOMENTS[-2]):
        clock = starting(moment)
        with cutter(str(where.query["host"])) as (line, cuts):
            far = Database(line.url(str(where.database)))
            hire(unrest, far, clock, smtp_server, mail)
            if moment == OUTAGE:
                unrest.clerks(far.url, clock, out)
                unrest.wait(lambda: cuts() >= CUTS and len(kept(out)) >= WORK)
                unrest.dismiss_clerks()
            else:
                unrest.wait(lambda: cuts() >= CUTS // 4)
            unrest.clear()
            far.close()
        hire(unrest, direct, clock, smtp_server, mail)
        now = until_quiet(unrest, direct, clock, 0)
        check(direct, now)
    clock = starting(MOMENTS[-1])
    hire(unrest, direct, clock, smtp_server, mail)  # what waits for another try after a cut
    unrest.wait(lambda: nothing_waits(direct))
    now = until_quiet(unrest, direct, clock, 0)
    check(direct, now)
    check_delivery(direct, smtp_server.received, mail)
    every_promise_was_kept(direct, out, OUTAGE)
    assert watchdog_says(direct, now) == set()
