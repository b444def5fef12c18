"""The primary dies under load and its standby takes over: the programs go on by themselves.

Commits wait for the standby (`synchronous_standby_names`), so that what was acknowledged is there.
Promoting the standby is somebody else's work in real life, too (an operator's, a cluster
manager's); finding it is the programs': their address names both servers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from models.db import Database
from models.migrate import upgrade
from tests.acceptance.faults import TIMES
from tests.acceptance.faults.chaos import Chaos
from tests.acceptance.faults.checker import check, watchdog_says
from tests.acceptance.faults.crowd import crowd
from tests.acceptance.faults.promises import commands, kept
from tests.acceptance.faults.test_kills import OUTAGE, hire, until_quiet
from tests.acceptance.faults.timing import starting
from tests.servers import servers
from tests.smtp import SmtpServer

pytestmark = pytest.mark.slow

WORK_BEFORE, WORK_AFTER, KILLS = 25 * TIMES, 25 * TIMES, 4 * TIMES


def test_a_standby_takes_over_and_nothing_acknowledged_is_lost(
    unrest: Chaos,
    smtp_server: SmtpServer,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    with servers(2) as [primary, standby]:
        primary.make().start().run("CREATE DATABASE office")
        upgrade(primary.url("office"))
        first = Database(primary.url("office"))
        crowd(first)
        first.close()
        standby.follow(primary, "second").start()
        primary.wait_for("second")
        hosts = f"host=127.0.0.1:{primary.port}&host=127.0.0.1:{standby.port}"
        url = f"postgresql+psycopg://postgres@/office?{hosts}&target_session_attrs=read-write"
        clock, out = starting(OUTAGE), tmp_path / "promises.txt"
        hire(unrest, Database(url), clock, smtp_server, tmp_path / "mail")
        unrest.clerks(url, clock, out)
        unrest.wait(lambda: len(kept(out)) >= WORK_BEFORE)

        primary.crash()
        began, told = time.monotonic(), len(kept(out))
        standby.promote()
        unrest.wait(lambda: len(kept(out)) > told)
        seconds = time.monotonic() - began

        unrest.rage(KILLS, lambda: True, longest=0.3)
        unrest.wait(lambda: len(kept(out)) >= told + WORK_AFTER)
        unrest.dismiss_clerks()
        db = Database(url)
        now = until_quiet(unrest, db, clock, 0)
        check(db, now)
        done = commands(db, OUTAGE)
        assert [p for p in kept(out) if done[p] != 1] == []
        assert [command for command, n in done.items() if n != 1] == []
        assert watchdog_says(db, now) == set()
        db.close()
    record_property("seconds_to_recover", round(seconds, 2))
    with capsys.disabled():
        print(f"\nthe standby took over: {told} promises kept, the next after {seconds:.1f} s")  # noqa: T201
