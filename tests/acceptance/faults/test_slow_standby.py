"""A standby that is slow, stuck or cut off while every commit waits for it.

With `synchronous_commit=remote_apply` a commit is acknowledged once the standby shows it, so a
standby that applies late makes every command slow; with `remote_write` it is once the standby has
it in memory. A standby that does not answer at all holds up every commit, and nothing is
acknowledged that only the primary has. A clerk gives such a commit up, asks after it, and is told
that it was done once the standby has it; who would begin another one meanwhile is refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil
import pytest

from models.db import Database
from models.migrate import upgrade
from tests.acceptance.faults import TIMES
from tests.acceptance.faults.chaos import Chaos
from tests.acceptance.faults.checker import check, watchdog_says
from tests.acceptance.faults.crowd import crowd
from tests.acceptance.faults.patience import sharing, until
from tests.acceptance.faults.promises import every_promise_was_kept, kept
from tests.acceptance.faults.test_kills import OUTAGE, hire, until_quiet
from tests.acceptance.faults.timing import starting
from tests.servers import Server, servers
from tests.smtp import SmtpServer

pytestmark = pytest.mark.slow

WORK, KILLS = 20 * TIMES, 2 * TIMES
STATEMENT_SECONDS, COMMIT_SECONDS = 2, 1
LATE = ("recovery_min_apply_delay=100ms",)
SETTLING, STUCK_SECONDS = 0.5, 4.0
"""The latter is longer than a statement may take."""


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No statement of clerks and workers may take long, and no clerk waits long for a commit."""
    monkeypatch.setenv("XIAOHAO_DATABASE_STATEMENT_SECONDS", str(STATEMENT_SECONDS))
    monkeypatch.setenv("XIAOHAO_DATABASE_COMMIT_SECONDS", str(COMMIT_SECONDS))


@contextmanager
def pair(*standby_settings: str) -> Iterator[tuple[Server, Server]]:
    """A primary with the crowd, and its standby for which every commit waits."""
    with servers(2) as [primary, standby]:
        primary.make().start().run("CREATE DATABASE office")
        upgrade(primary.url("office"))
        db = Database(primary.url("office"))
        crowd(db)
        db.close()
        standby.settings = standby_settings
        standby.follow(primary, "second").start()
        primary.wait_for("second")
        yield primary, standby


@contextmanager
def replay_stopped(standby: Server) -> Iterator[None]:
    """The standby takes what it is sent and shows none of it."""
    standby.run("SELECT pg_wal_replay_pause()")
    try:
        yield
    finally:
        standby.run("SELECT pg_wal_replay_resume()")


@contextmanager
def frozen(standby: Server) -> Iterator[None]:
    """The standby's processes stand still: it takes nothing, and hangs up on nobody."""
    postmaster = psutil.Process(int((standby.data / "postmaster.pid").read_text().split()[0]))
    family = [postmaster, *postmaster.children(recursive=True)]
    for one in family:
        one.suspend()
    try:
        yield
    finally:
        for one in family:
            one.resume()


Stuck = Callable[[Server], AbstractContextManager[None]]


@pytest.mark.parametrize(
    ("commit", "slowness", "stuck"),
    [("remote_apply", LATE, replay_stopped), ("remote_write", (), frozen)],
)
def test_a_slow_standby_makes_commands_slow_and_a_stuck_one_loses_none(
    commit: str,
    slowness: tuple[str, ...],
    stuck: Stuck,
    unrest: Chaos,
    smtp_server: SmtpServer,
    tmp_path: Path,
) -> None:
    with pair(*slowness) as (primary, standby):
        primary.run(f"ALTER SYSTEM SET synchronous_commit = '{commit}'")
        primary.run("SELECT pg_reload_conf()")
        url, out = primary.url("office"), tmp_path / "promises.txt"
        db, clock = Database(url), starting(OUTAGE)
        hire(unrest, db, clock, smtp_server, tmp_path / "mail")
        unrest.clerks(url, clock, out)
        unrest.wait(lambda: len(kept(out)) >= WORK)
        for _ in range(TIMES):
            told = held_up(standby, stuck, out)
            unrest.rage(KILLS, lambda: True, longest=0.3)
            unrest.wait(lambda: len(kept(out)) >= told + WORK)  # noqa: B023
        unrest.dismiss_clerks()
        now = until_quiet(unrest, db, clock, 0)
        check(db, now)
        every_promise_was_kept(db, out, OUTAGE)
        assert watchdog_says(db, now) == set()
        db.close()
        primary.crash()  # what was acknowledged is on the other machine as well
        standby.promote()
        there = Database(standby.url("office"))
        every_promise_was_kept(there, out, OUTAGE)
        there.close()


def held_up(standby: Server, stuck: Stuck, out: Path) -> int:
    """Nothing is acknowledged while the standby is stuck; how much had been before."""
    with stuck(standby):
        told = settled(out)
        time.sleep(STUCK_SECONDS)
        assert len(kept(out)) == told
    return told


def settled(out: Path) -> int:
    """How much was acknowledged once all that was on its way has been written down."""
    told = [-1]

    def still() -> bool:
        told.append(len(kept(out)))
        time.sleep(SETTLING * sharing())
        return told[-1] == told[-2]

    until(still, "nobody is told anything")
    return told[-1]
