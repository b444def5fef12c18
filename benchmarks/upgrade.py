"""`python -m benchmarks.upgrade`: a large PostgreSQL is migrated while people work with it.

A database of an older revision is filled with so many tasks. Clients read and write it with the
statements of that time (they name every column that there was then), an exporter holds long
transactions, and meanwhile `xiaohao db upgrade` brings it to the newest revision. Counted: requests
that failed, and the longest that anybody waited, before and during the upgrade.

--tasks 1000000   tasks; half as many issues, twice as many events
--start 0010      the revision to begin with
--clients 8       half of them read, half write
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.office import _postgresql
from benchmarks.upgrade_data import fill
from models import migrate

OLD = "0010"


@dataclass(slots=True)
class Load:
    """What the clients have met. Times in seconds."""

    served: list[tuple[float, float]] = field(default_factory=list)
    """Beginning and length of every request."""
    failed: list[str] = field(default_factory=list)

    def longest(self, since: float, until: float) -> float:
        """The longest request that was under way between two moments."""
        return max((t for at, t in self.served if at < until and at + t > since), default=0.0)


@dataclass(frozen=True, slots=True)
class Figures:
    """What came out."""

    tasks: int
    requests: int
    failed: tuple[str, ...]
    seconds: float
    longest_before: float
    longest_during: float


def measure(
    url: str, tasks: int, *, start: str = OLD, clients: int = 8, warm: float = 3.0
) -> Figures:
    """Fill an empty database, migrate it under load, count."""
    migrate.upgrade(url, start)
    engine = create_engine(url, pool_size=clients + 4)
    try:
        fill(engine, tasks)
        told, pause = Load(), threading.Event()
        with _working(engine, tasks, clients, told):
            began = monotonic()
            pause.wait(warm)
            before = monotonic()
            migrate.upgrade(url)
            done = monotonic()
            pause.wait(warm / 3)
    finally:
        engine.dispose()
    return Figures(
        tasks, len(told.served), tuple(told.failed), done - before,
        told.longest(began, before), told.longest(before, done),
    )  # fmt: skip


@contextmanager
def _working(engine: Engine, tasks: int, clients: int, told: Load) -> Iterator[None]:
    """Clients and an exporter, until the block ends."""
    old = MetaData()
    with engine.connect() as conn:  # every column that there is now, and none that comes later
        old.reflect(conn)
    stopping = threading.Event()
    work = [_Client(engine, old.tables, tasks, n, told, stopping) for n in range(clients)]
    threads = [threading.Thread(target=one.run) for one in work]
    threads.append(threading.Thread(target=_export, args=(engine, old.tables, told, stopping)))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def _export(
    engine: Engine, tables: dict[str, Table], told: Load, stopping: threading.Event
) -> None:
    """Reads for a second in one transaction, as an export does, and rests for another."""
    while not stopping.wait(1.0):
        try:
            with engine.connect() as conn, conn.begin():
                for name in ("issue", "task", "target", "project"):
                    conn.execute(select(tables[name]).limit(100)).all()
                stopping.wait(1.0)
                conn.execute(select(tables["issue"]).limit(100)).all()
        except SQLAlchemyError as error:
            told.failed.append(repr(error))


@dataclass(slots=True)
class _Client:
    """Somebody who reads or writes, one request after another."""

    engine: Engine
    tables: dict[str, Table]
    tasks: int
    number: int
    told: Load
    stopping: threading.Event
    chance: Random = field(init=False)

    def run(self) -> None:
        """Until told to stop."""
        self.chance = Random(self.number)
        request = self._write if self.number % 2 else self._read
        while not self.stopping.wait(0.002):
            began = monotonic()
            try:
                with self.engine.connect() as conn, conn.begin():
                    request(conn, self.chance.randint(1, max(1, self.tasks // 2)))
            except SQLAlchemyError as error:
                self.told.failed.append(repr(error))
            self.told.served.append((began, monotonic() - began))

    def _read(self, conn: Connection, issue: int) -> None:
        """A case with its tasks, history and notices; a page of the library and of the targets."""
        t = self.tables
        conn.execute(select(t["issue"]).where(t["issue"].c.id == issue)).all()
        conn.execute(select(t["task"]).where(t["task"].c.issue_id == issue)).all()
        conn.execute(select(t["event"]).where(t["event"].c.stream == f"issue:{issue}")).all()
        conn.execute(select(t["notice"]).where(t["notice"].c.subject == f"issue:{issue}")).all()
        for name in ("project", "target"):
            conn.execute(select(t[name]).order_by(t[name].c.id).limit(20)).all()

    def _write(self, conn: Connection, issue: int) -> None:
        """Progress of a task: state, history and notice in one transaction."""
        t = self.tables
        held = conn.execute(
            select(t["issue"]).where(t["issue"].c.id == issue).with_for_update()
        ).one()
        conn.execute(
            update(t["issue"]).where(t["issue"].c.id == issue).values(version=held.version + 1)
        )
        tasks = t["task"].c
        conn.execute(
            update(t["task"]).where(tasks.issue_id == issue).values(version=tasks.version + 1)
        )
        project = t["project"].c
        conn.execute(
            update(t["project"]).where(project.id == 1 + issue % 50).values(note=f"{issue}")
        )
        self._append(conn, issue)

    def _append(self, conn: Connection, issue: int) -> None:
        event, notice = self.tables["event"], self.tables["notice"]
        stream = f"issue:{issue}"
        last = select(event).where(event.c.stream == stream).order_by(event.c.seq.desc()).limit(1)
        row = conn.execute(last).one()._mapping
        again = {k: v for k, v in row.items() if k != "id"}
        conn.execute(insert(event).values(again | {"seq": row["seq"] + 1}))
        sent = select(notice).where(notice.c.subject == stream).limit(1)
        told = conn.execute(sent).one()._mapping
        again = {k: v for k, v in told.items() if k != "id"}
        conn.execute(insert(notice).values(again | {"occasion": f"seq:{row['seq']}"}))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.upgrade", description=__doc__)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--start", default=OLD)
    parser.add_argument("--clients", type=int, default=8)
    given = parser.parse_args(arguments)
    with TemporaryDirectory() as folder, _postgresql(Path(folder)) as url:
        found = measure(url, given.tasks, start=given.start, clients=given.clients)
    sys.stdout.write(
        f"upgrade of {found.tasks:,} tasks from {given.start} to {migrate.head()} in "
        f"{found.seconds:.1f} s under load: {found.requests:,} requests, {len(found.failed)} "
        f"failed; longest wait {found.longest_before:.3f} s before, "
        f"{found.longest_during:.3f} s during it\n"
    )
    for fault in found.failed[:5]:
        sys.stdout.write(f"  {fault[:300]}\n")


if __name__ == "__main__":
    main()
