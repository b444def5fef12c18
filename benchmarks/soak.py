"""`python -m benchmarks.soak`: a year of a zone, or a day of a province, with the clock at work.

    python -m benchmarks.soak                                                     # the year
    python -m benchmarks.soak --days 1 --issues 120000 --database postgresql      # the day

--issues 1500   how many are reported; two tasks each on average, in a single day one
--days 365      over how many days; in a single day every step follows within the hour, and one in
                twenty as many again stand open from the week before, untouched, and are chased
--seed 1        the same seed tells the same story
--database      sqlite (default) or postgresql

Sweeps, notices and daily jobs run at their moments of a simulated clock. One line a period says
what stands in the database, how much memory the process holds and how long it has worked. The end
must be quiet: nothing due, nothing unsent, the ledger balanced, the history whole, the watchdog
silent, and no more memory held than after a quarter of the time, but for a fifth. Exit code 1 else.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select

from benchmarks.bureau import found_bureau
from benchmarks.memory import memory
from benchmarks.office import database
from benchmarks.soak_people import BEGIN, Soak
from demo.clockwork import Clockwork
from models import migrate, tables
from models.db import Database
from notifications.channels.base import Outgoing, Rate
from notifications.channels.folder import address_of
from workflow import audit, balance
from workflow.due import next_due
from workflow.watchdog import examine

PERIODS, QUARTER = 12, 3
FLAT = 1.2
"""How many times as much memory may be held at the end as after a quarter of the time."""


class Swallowing:
    """A channel that takes everything: a soak measures the engine, not a disk full of mail."""

    name, rates, takes_html = "folder", tuple[Rate, ...](), True
    address_of = staticmethod(address_of)

    def __init__(self) -> None:
        self.taken = 0

    def send(self, message: Outgoing) -> None:
        """Take it."""
        self.taken += 1


def main() -> int:
    """Play, print, and say by the exit code whether it ended quietly."""
    given = _arguments()
    with database(given.database) as db, tempfile.TemporaryDirectory() as folder:
        migrate.upgrade(db.url)
        found_bureau(db, BEGIN - timedelta(days=1))
        clock = Clockwork(db, Path(folder))
        clock.channels = {"folder": Swallowing()}
        soak = Soak(clock, Random(given.seed), given.days)
        soak.book_reports(given.issues)
        held = list[float]()
        for line in played(db, soak, held):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        return verdict(db, soak, held)


def played(db: Database, soak: Soak, held: list[float]) -> Iterator[str]:
    """Run period by period; a line after each. `held`: MiB of memory at the end of each."""
    began, worked = time.perf_counter(), time.process_time()
    for n in range(1, PERIODS + 1):
        now = soak.begin + (soak.end - soak.begin) * n / PERIODS
        soak.run(now)
        held.append(memory("VmRSS"))
        issue, task, event = (_count(db, t) for t in (tables.issue, tables.task, tables.event))
        waiting = _waiting(db, now)
        yield (
            f"{now:%m-%d %H:%M}  {issue:6,} issues  {task:6,} tasks  {event:8,} events  "
            f"{waiting:4} unsent  {soak.clock.sweeps:5} sweeps  {held[-1]:5.0f} MiB  "
            f"{time.perf_counter() - began:6.0f} s, of this process "
            f"{time.process_time() - worked:6.0f} s"
        )


def verdict(db: Database, soak: Soak, held: list[float]) -> int:
    """What stands at the end; 0 when everything is in order."""
    end = soak.end
    with db.read() as s:
        due = next_due(s)
        rungs = dict(map(tuple, s.execute(
            select(tables.rung_firing.c.level, func.count()).group_by(tables.rung_firing.c.level)
            .order_by(tables.rung_firing.c.level)
        )))  # fmt: skip
        whole, balanced = audit.verify(s).ok, balance.reconcile(s).balanced
    findings = sorted({found.kind for found in examine(db, end)} - {"silent"})
    quiet, flat = due is None or due > end, held[-1] <= FLAT * held[QUARTER - 1]
    for name, n in sorted(soak.done.items()):
        sys.stdout.write(f"  {name:40} {n:8,}\n")
    sys.stdout.write(
        f"rungs by level (None: side limits): {rungs}\nnothing due: {quiet}; unsent: "
        f"{_waiting(db, end)}; history whole: {whole}; ledger balanced: {balanced}; "
        f"watchdog: {findings or 'nothing'}; messages sent: {soak.clock.messages:,}\n"
        f"memory: {held[QUARTER - 1]:.0f} MiB after a quarter, {held[-1]:.0f} MiB at the end; "
        f"flat: {flat}\n"
    )
    well = quiet and whole and balanced and flat
    return 0 if well and not findings and not _waiting(db, end) else 1


def _count(db: Database, table: Any) -> int:
    with db.read() as s:
        return int(s.execute(select(func.count()).select_from(table)).scalar_one())


def _waiting(db: Database, now: datetime) -> int:
    """Notices that should have gone by now."""
    notice = tables.notice.c
    chosen = select(func.count()).where(notice.state == "pending", notice.not_before <= now)
    with db.read() as s:
        return int(s.execute(chosen).scalar_one())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--issues", type=int, default=1500)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
