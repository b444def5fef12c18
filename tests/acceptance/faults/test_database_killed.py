"""The database itself is killed under load, again and again, and comes back by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.db import Database
from models.migrate import upgrade
from tests.acceptance.faults import TIMES
from tests.acceptance.faults.chaos import Chaos
from tests.acceptance.faults.checker import check, check_delivery, watchdog_says
from tests.acceptance.faults.crowd import crowd
from tests.acceptance.faults.promises import commands, kept
from tests.acceptance.faults.test_kills import MOMENTS, OUTAGE, hire, nothing_waits, until_quiet
from tests.acceptance.faults.timing import starting
from tests.servers import Server, servers
from tests.smtp import SmtpServer

pytestmark = pytest.mark.slow

CRASHES, KILLS_BETWEEN = 4 * TIMES, 2


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server of the test's own with an empty database `office`."""
    with servers() as [found]:
        found.make().start().run("CREATE DATABASE office")
        yield found


def test_a_database_that_is_killed_loses_nothing_it_had_acknowledged(
    own_server: Server, unrest: Chaos, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    url = own_server.url("office")
    upgrade(url)
    db = Database(url)
    crowd(db)
    assert {"not_swept", "not_escalated"} <= watchdog_says(db, OUTAGE)
    out, mail = tmp_path / "promises.txt", tmp_path / "mail"
    for moment in (OUTAGE, *MOMENTS[-2:]):
        clock = starting(moment)
        hire(unrest, db, clock, smtp_server, mail)
        if moment == OUTAGE:
            unrest.clerks(url, clock, out)
        for _ in range(CRASHES if moment == OUTAGE else 1):
            unrest.rage(KILLS_BETWEEN, lambda: True, longest=0.3)
            own_server.crash()
            own_server.start()
            db.engine.dispose()
        if moment == OUTAGE:
            unrest.wait(lambda: len(kept(out)) > 40)
            unrest.dismiss_clerks()
        now = until_quiet(unrest, db, clock, 0)
        check(db, now)
    hire(unrest, db, clock, smtp_server, mail)  # what waits for another try after a cut goes out
    unrest.wait(lambda: nothing_waits(db))
    unrest.clear()
    check_delivery(db, smtp_server.received, mail)
    done = commands(db, OUTAGE)
    assert [p for p in kept(out) if done[p] != 1] == []
    assert [command for command, n in done.items() if n != 1] == []
    assert watchdog_says(db, now) == set()
    db.close()
