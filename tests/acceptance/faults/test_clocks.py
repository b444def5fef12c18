"""Clocks of workers jump, forward by days and back by hours: what was done stays done, once.

Two real workers share a database, each with a clock of its own. What one of them is just sending
the other may take for left behind, when their clocks differ by more than a lease: that message
comes twice, the same under the same Message-ID, as after a crash.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from models import tables
from models.db import Database
from projects.clock import JOBS
from tests.acceptance.faults import SEED, TIMES
from tests.acceptance.faults.checker import check, check_delivery, watchdog_says
from tests.acceptance.faults.house import ROOT
from tests.acceptance.faults.patience import ended, until
from tests.acceptance.faults.shifted import Shift
from tests.acceptance.faults.test_kills import nothing_waits
from tests.smtp import SmtpServer
from tests.world import at
from workflow.due import next_due

pytestmark = pytest.mark.slow

BEGIN = at("2026-03-20 09:02")
END = (at("2026-04-14 09:02"), at("2026-04-14 09:12"))
"""The ladder's last rungs are due; then what they told has left, too."""
JUMPS = 2 * TIMES


@dataclass(frozen=True)
class Runner:
    """A worker with a clock of its own. `log`: what it has said."""

    process: subprocess.Popen[bytes]
    clock: Shift
    log: Path

    def noticed(self) -> int:
        """How many jumps it has told of."""
        return self.log.read_text(encoding="utf-8").count("[clock.jumped]")

    def jump(self, moment: datetime) -> None:
        """Set its clock, and wait until it has told: of two jumps between two looks it sees one."""
        told = self.noticed()
        self.clock.set(moment)
        until(lambda: self.noticed() > told, "the jump is noticed")


@contextmanager
def runner(name: str, db: Database, mail: SmtpServer, folder: Path) -> Iterator[Runner]:
    """A real `xiaohao worker` that begins at `BEGIN`."""
    shift = Shift(folder / f"{name}.clock")
    shift.set(BEGIN)
    env = os.environ | {
        "PYTHONPATH": str(ROOT), "XIAOHAO_CHANNELS": "inapp,smtp,folder",
        "XIAOHAO_SMTP_PORT": str(mail.port), "XIAOHAO_FOLDER_DIR": str(folder / "mail"),
        "XIAOHAO_POLL_SECONDS": "0.3", "XIAOHAO_LEASE_SECONDS": "60",
        "XIAOHAO_SMTP_TIMEOUT": "50", "XIAOHAO_DELIVERY_ATTEMPTS": "10000",
        "XIAOHAO_DELIVERY_DAYS": "365",
        "XIAOHAO_VAR_DIR": str(folder / "var"),
    }  # fmt: skip
    words = ["-m", "tests.acceptance.faults.shifted", str(shift.file), "worker", "--db", db.url]
    log = folder / f"{name}.log"
    with log.open("wb") as said:
        process = subprocess.Popen([sys.executable, *words], env=env, stderr=said, cwd=folder)
    try:
        yield Runner(process, shift, log)
    finally:
        process.terminate()
        ended(process)


def swept(db: Database, worker: Runner) -> Callable[[], bool]:
    """Whether all is done that is due by its clock, and it has said so since it was set."""
    since = worker.clock.now()

    def asked() -> bool:
        with db.read() as s:
            beat = tables.heartbeat.c
            due = next_due(s)
            heard = s.execute(
                select(func.count()).where(
                    beat.job == "sweep", beat.worker.endswith(f":{worker.process.pid}"),
                    beat.at >= since, beat.at <= worker.clock.now(),
                )
            ).scalar_one()  # fmt: skip
        return heard > 0 and (due is None or due > worker.clock.now())

    return asked


def days_work_done(db: Database, since: datetime) -> bool:
    """Whether every job of the day has ended since a moment: what they tell leaves in the next
    window, so it must be there before the clock comes to it."""
    beat = tables.heartbeat.c
    with db.read() as s:
        ended = set(s.execute(select(beat.job).where(beat.at >= since)).scalars())
    return ended >= {job.subject for job in JOBS if not job.always}


def deadlines(db: Database) -> list[tuple[object, ...]]:
    """Every task's deadline."""
    task = tables.task.c
    with db.read() as s:
        chosen = select(task.number, task.due_at, task.deadline_version).order_by(task.id)
        return [tuple(row) for row in s.execute(chosen)]


def rungs(db: Database) -> int:
    """How many rungs are on record."""
    with db.read() as s:
        return int(s.execute(select(func.count()).select_from(tables.rung_firing)).scalar_one())


def notices_are_single(db: Database) -> None:
    """Nobody is told the same twice through one channel."""
    notice = tables.notice.c
    with db.read() as s:
        chosen = select(notice.recipient_id, notice.channel, notice.subject,
                        notice.deadline_version, notice.occasion)  # fmt: skip
        told = Counter(tuple(row) for row in s.execute(chosen))
    assert max(told.values()) == 1


def test_clocks_that_jump_fire_nothing_twice_and_move_no_deadline(
    crowded: Database, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    chance, before, latest = Random(SEED), deadlines(crowded), BEGIN
    assert {"not_swept", "not_escalated"} <= watchdog_says(crowded, BEGIN)
    with (
        runner("wild", crowded, smtp_server, tmp_path) as wild,
        runner("calm", crowded, smtp_server, tmp_path) as calm,
    ):
        until(swept(crowded, wild), "the first sweeps")
        for _ in range(JUMPS):
            latest = jump_there_and_back(crowded, wild, latest, chance)
        later = timedelta(days=max(0, (latest - END[0]).days + 1))  # a longer run has come farther
        for moment in END:
            for one in (wild, calm):
                one.jump(moment + later)
                until(swept(crowded, one), "the last sweeps")
            until(lambda: days_work_done(crowded, END[0] + later), "the jobs of the last day")
        until(lambda: nothing_waits(crowded), "all messages left")
        end = wild.clock.now()
        until(lambda: watchdog_says(crowded, wild.clock.now()) == set(), "the watchdog is silent")
        assert wild.noticed() == 2 * JUMPS + 2
        assert calm.noticed() == 2
    check(crowded, end)
    notices_are_single(crowded)
    check_delivery(crowded, smtp_server.received, tmp_path / "mail")
    assert deadlines(crowded) == before


def jump_there_and_back(db: Database, wild: Runner, latest: datetime, chance: Random) -> datetime:
    """Days forward, then hours back, farther than any lease; the latest moment it has seen."""
    fired = rungs(db)
    ahead = latest + timedelta(days=chance.randint(4, 7), minutes=chance.randint(0, 300))
    wild.jump(ahead)
    until(swept(db, wild), "what is due by the new time is done")
    assert rungs(db) > fired
    back = timedelta(hours=chance.randint(3, 30))
    until(lambda: "clock_ahead" in watchdog_says(db, wild.clock.now() - back), "the office is told")
    seen, fired = wild.clock.now(), rungs(db)
    wild.jump(seen - back)
    until(swept(db, wild), "it goes on before the clock is where it was")
    assert rungs(db) == fired
    return seen
