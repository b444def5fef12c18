"""Workers and clerks are killed with SIGKILL at random moments, at least a hundred times in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, literal_column, select

from models import tables
from models.db import Database
from tests.acceptance.faults import TIMES
from tests.acceptance.faults.chaos import Chaos
from tests.acceptance.faults.checker import check, check_delivery, watchdog_says
from tests.acceptance.faults.promises import commands, kept
from tests.acceptance.faults.timing import SharedClock, starting
from tests.smtp import DROP_AFTER, SmtpServer
from tests.world import at
from workflow.due import next_due

pytestmark = pytest.mark.slow

OUTAGE = at("2026-03-20 09:02")
"""Nothing has swept since the dispatch: tasks are overdue at every level but the last."""
MOMENTS = tuple(
    at(text)
    for text in (
        *("2026-03-20 09:11", "2026-03-23 09:02", "2026-03-23 14:11"),
        *("2026-04-14 09:02", "2026-04-14 09:12"),
    )
)
KILLS_A_ROUND, KILLS_OF_WORKERS, KILLS_OF_CLERKS = 11 * TIMES, 40 * TIMES, 14 * TIMES
"""On each database: 54 of each kind together, 108 over both."""


def busy(db: Database, clock: SharedClock) -> Callable[[], bool]:
    """Whether something is due for the sweep or the delivery."""
    notice, delivery = tables.notice.c, tables.delivery.c

    def asked() -> bool:
        now = clock.now()
        soon = now + timedelta(seconds=15)  # a lease, but not the wait after an error
        with db.read() as s:
            due = next_due(s)
            if due is not None and due <= now:
                return True
            waiting = s.execute(
                select(func.count()).where(
                    literal_column("state = 'pending'"), notice.not_before <= now
                )
            ).scalar_one()
            unsent = s.execute(
                select(func.count()).where(
                    literal_column("state IN ('pending', 'leased')"),
                    delivery.next_attempt_at <= soon,
                )
            ).scalar_one()
        return bool(waiting or unsent)

    return asked


def nothing_waits(db: Database) -> bool:
    """Whether every message has gone out or failed."""
    states = select(tables.delivery.c.id).where(tables.delivery.c.state.in_(("pending", "leased")))
    unbundled = select(tables.notice.c.id).where(tables.notice.c.state == "pending")
    with db.read() as s:
        return s.execute(states.limit(1)).first() is s.execute(unbundled.limit(1)).first() is None


def hire(unrest: Chaos, db: Database, clock: SharedClock, mail: SmtpServer, folder: Path) -> None:
    """Three workers over one database."""
    argv = [
        "--db",
        db.url,
        *clock.arguments(),
        "--folder",
        str(folder),
        "--smtp-port",
        str(mail.port),
    ]
    for _ in range(3):
        unrest.seat(lambda _generation: ("worker", argv))


def until_quiet(unrest: Chaos, db: Database, clock: SharedClock, kills: int) -> datetime:
    """Kill while there is work, then let the rest be done; the simulated time at the end."""
    asked = busy(db, clock)
    unrest.rage(kills, asked)
    unrest.wait(lambda: not asked() and alive(db, clock))
    unrest.clear()
    assert unrest.faults() == []
    return clock.now()


def alive(db: Database, clock: SharedClock) -> bool:
    """Whether a worker has finished a round since the clock was set."""
    with db.read() as s:
        at = s.execute(select(func.max(tables.heartbeat.c.at))).scalar()
    return at is not None and at >= clock.at


def test_killed_workers_lose_no_rung_and_no_notice_and_double_none(
    crowded: Database, unrest: Chaos, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    assert {"not_swept", "not_escalated"} <= watchdog_says(crowded, OUTAGE)
    smtp_server.script(*[None] * 5, DROP_AFTER, *[None] * 20, DROP_AFTER)
    folder = tmp_path / "mail"
    for moment in (OUTAGE, *MOMENTS):
        clock = starting(moment)
        hire(unrest, crowded, clock, smtp_server, folder)
        now = until_quiet(unrest, crowded, clock, KILLS_A_ROUND)
        assert watchdog_says(crowded, now) == set()
        check(crowded, now)
    hire(unrest, crowded, clock, smtp_server, folder)  # a slow machine leaves some to try again
    unrest.wait(lambda: nothing_waits(crowded))
    unrest.clear()
    check_delivery(crowded, smtp_server.received, folder)
    assert unrest.kills >= KILLS_OF_WORKERS
    repeats = Counter(str(mail.message["Message-ID"]) for mail in smtp_server.received)
    assert max(repeats.values()) > 1, "no message was sent twice: the test proves too little"


def test_what_a_killed_process_was_told_is_in_the_history_once(
    crowded: Database, unrest: Chaos, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    clock, out = starting(OUTAGE), tmp_path / "promises.txt"
    hire(unrest, crowded, clock, smtp_server, tmp_path / "mail")
    unrest.clerks(crowded.url, clock, out)
    unrest.rage(KILLS_OF_CLERKS, lambda: True, longest=0.5)
    unrest.wait(lambda: len(kept(out)) > 100)
    unrest.dismiss_clerks()
    now = until_quiet(unrest, crowded, clock, 0)
    check(crowded, now)
    done = commands(crowded, OUTAGE)
    assert [p for p in kept(out) if done[p] != 1] == []
    assert [command for command, n in done.items() if n != 1] == []
    assert unrest.kills >= KILLS_OF_CLERKS
