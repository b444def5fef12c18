"""`python -m benchmarks.capacity`: what a life of an issue leaves behind, measured.

--lives 500                    lives played, by the hundred a day
--late 0.2                     share of them whose task passes its deadline by a week
--databases sqlite,postgresql  both by default

Rows and bytes by table (indexes among them), transactions, bytes of WAL, what of it an archive
takes away, and how large its file is. Everything goes through the commands, the clock and the
outbox, with two channels a person; nothing is estimated.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import event, select, text, update

from benchmarks.office import OPENING, database, found_office
from benchmarks.sizes import Size, sizes_of
from models import migrate, tables
from models.db import Database
from notifications.channels.base import Outgoing, Rate
from storage.archive import files, records
from storage.archive.files import FORMAT, KIND, Manifest
from workflow.commands import assignment, breakdown, closure, discovery, supervision
from workflow.context import find_actor
from workflow.scheduler import deliver
from workflow.sweep import tick

PER_DAY = 100
TAKEN = {table.name for table in records.MOVED}


class Post:
    """A channel that takes everything and keeps nothing."""

    name = "folder"
    rates: tuple[Rate, ...] = ()

    def address_of(self, person: Any) -> str | None:
        """Everybody can be reached."""
        return f"{person.username}@example.org"

    def send(self, message: Outgoing) -> None:
        """It has gone out."""


@dataclass(slots=True)
class Figures:
    """What was measured, for all lives together."""

    lives: int
    seconds: float = 0.0
    transactions: int = 0
    wal: int = 0
    images: int = 0
    sizes: dict[str, Size] = field(default_factory=dict)
    archived: int = 0
    grown: int = 0


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity", description=__doc__)
    parser.add_argument("--lives", type=int, default=500)
    parser.add_argument("--late", type=float, default=0.2)
    parser.add_argument("--databases", default="sqlite,postgresql")
    chosen = parser.parse_args(arguments)
    for kind in chosen.databases.split(","):
        with database(kind) as db:
            found_office(db)
            _print(kind, measure(db, chosen.lives, chosen.late))


def measure(db: Database, lives: int, late: float) -> Figures:
    """Play the lives and look at what they left."""
    _pack(db)
    found, before = Figures(lives), sizes_of(db)
    with _counted(db, found):
        started = time.perf_counter()
        play(db, lives, late)
        found.seconds = time.perf_counter() - started
    found.grown = _total(sizes_of(db)) - _total(before)
    _pack(db)
    after = sizes_of(db)
    found.sizes = {
        name: Size(size.rows - was.rows, size.data - was.data, size.indexes - was.indexes)
        for name, size in after.items()
        if size.rows > (was := before.get(name, Size())).rows
    }
    found.archived = _archived(db)
    return found


def _pack(db: Database) -> None:
    """Give back what updated rows have left behind."""
    vacuum = "VACUUM FULL" if db.engine.dialect.name == "postgresql" else "VACUUM"
    with db.engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        if vacuum == "VACUUM":
            raw.execute(vacuum)
            return
        raw.autocommit = True
        raw.execute(vacuum)
        raw.autocommit = False


def _total(sizes: dict[str, Size]) -> int:
    return sum(size.data + size.indexes for size in sizes.values())


# ---------------------------------------------------------------- lives


def play(db: Database, lives: int, late: float) -> None:
    """So many lives a day; the late ones are handed in a week after their deadline."""
    post, waiting = {"folder": Post()}, list[tuple[datetime, str, str]]()
    for n in range(lives):
        day = OPENING + timedelta(days=n // PER_DAY)
        start = day + timedelta(minutes=n % PER_DAY)
        issue, task = _begin(db, start)
        if int((n + 1) * late) > int(n * late):
            waiting.append((start + timedelta(days=40), issue, task))
        else:
            _end(db, start + timedelta(hours=3), issue, task)
        if n % PER_DAY == PER_DAY - 1 or n == lives - 1:
            _night(db, day, post)
    for days in range(1, 40):
        _night(db, day + timedelta(days=days), post)
    for start, issue, task in waiting:
        _end(db, start, issue, task)
    _night(db, day + timedelta(days=41), post)


def _night(db: Database, day: datetime, post: dict[str, Any]) -> None:
    tick(db, day + timedelta(hours=8))
    deliver(db, post, day + timedelta(hours=24), "capacity")


def _do(db: Database, command: Any, who: str, now: datetime, **values: Any) -> Any:
    with db.write() as s:
        s.memo["channels"] = ("inapp", "folder")
        return command(s, actor=find_actor(s, who), now=now, **values)


def _begin(db: Database, start: datetime) -> tuple[str, str]:
    """Report to first progress: six transactions."""
    form = discovery.Report(
        "10千伏杆线影响施工", "地块北侧10千伏杆线在基坑范围内，需在土方开挖之前迁移。" * 3,
        "杆线迁移", no_project_reason="片区共性问题", board="lucheng",
    )  # fmt: skip
    issue = _do(db, discovery.report, "reporter", start, form=form).issue_number
    later = [start + timedelta(minutes=n) for n in range(1, 6)]
    _do(db, discovery.start_triage, "triage", later[0], issue=issue)
    plan = breakdown.Plan(
        "协调供电公司迁移杆线并复核净空", standard="杆线迁移完成，净空满足施工要求"
    )
    task = _do(db, breakdown.plan_task, "triage", later[1], issue=issue, form=plan).task_number
    _do(db, assignment.dispatch, "chief", later[2], issue=issue)
    _do(db, assignment.acknowledge, "liaison", later[3], task=task, responsible_leader="leader",
        responsible_person="liaison")  # fmt: skip
    _do(
        db,
        supervision.progress,
        "liaison",
        later[4],
        task=task,
        text="已办理停电手续，下周进场施工",
    )
    return str(issue), str(task)


def _end(db: Database, now: datetime, issue: str, task: str) -> None:
    """Submission to closure: three transactions."""
    proof = [closure.Proof("document", "迁移验收单.pdf"), closure.Proof("document", "现场照片.jpg")]
    _do(db, closure.submit_task, "leader", now, task=task, result="杆线已迁移，净空复核合格",
        evidence=proof)  # fmt: skip
    later = now + timedelta(minutes=1), now + timedelta(minutes=2)
    _do(db, closure.verify_task, "triage", later[0], task=task, opinion="情况属实",
        site_check="已到现场核查")  # fmt: skip
    _do(db, closure.approve, "chief", later[1], issue=issue, opinion="同意销号")


# ---------------------------------------------------------------- what they leave


@contextmanager
def _counted(db: Database, found: Figures) -> Iterator[None]:
    """Transactions that wrote, and what went into the write-ahead log."""
    commits = [0]

    def committed(conn: Any) -> None:
        commits[0] += not conn.get_execution_options().get("xiaohao_read", False)

    event.listen(db.engine, "commit", committed)
    with _logged(db, found):
        yield
    event.remove(db.engine, "commit", committed)
    found.transactions = commits[0]


@contextmanager
def _logged(db: Database, found: Figures) -> Iterator[None]:
    if db.engine.dialect.name == "sqlite":
        db.close()

        def keep(raw: Any, _record: Any) -> None:
            raw.execute("PRAGMA wal_autocheckpoint=0")

        event.listen(db.engine, "connect", keep)
        with db.engine.connect():  # held, so that the log is not folded in when others close
            yield
            found.wal = Path(f"{db.engine.url.database}-wal").stat().st_size
        return
    with db.read() as s:
        s.conn.exec_driver_sql("SELECT 1")
    before = _wal(db)
    yield
    after = _wal(db)
    found.wal, found.images = after[0] - before[0], after[1] - before[1]


def _wal(db: Database) -> tuple[int, int]:
    """Bytes written to the log, and how many whole pages are among them."""
    with db.engine.connect() as connection:
        lsn = connection.execute(
            text("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint")
        ).scalar_one()
        images = connection.execute(text("SELECT wal_fpi FROM pg_stat_wal")).scalar_one()
    return int(lsn), int(images)


def _archived(db: Database) -> int:
    """Size of a file with all of it."""
    with db.write() as s:
        s.execute(update(tables.issue).values(next_rung_at=None))
    with TemporaryDirectory() as folder, db.read() as s:
        keys = list(s.execute(select(tables.issue.c.id).order_by(tables.issue.c.id)).scalars())
        carried = records.carried(s, keys)
        made = Manifest(FORMAT, KIND, "x", "2026-03", datetime.now(UTC).isoformat(), migrate.head())
        path = Path(folder) / "x"
        lines = (
            record
            for start in range(0, len(keys), 100)
            for record in records.gather(s, keys[start : start + 100], carried)
        )
        files.write(path, made, lines, "")
        return path.stat().st_size


# ---------------------------------------------------------------- print


def _print(kind: str, found: Figures) -> None:
    n = found.lives
    say = sys.stdout.write
    say(f"\n{kind}: {n} lives in {found.seconds:.1f} s, each:\n")
    say(f"{'table':20} {'rows':>7} {'bytes':>8} {'indexes':>8}   archived\n")
    ordered = sorted(found.sizes.items(), key=lambda item: -(item[1].data + item[1].indexes))
    for name, size in ordered:
        if size.rows >= n // 100:
            taken = "yes" if name in TAKEN else ""
            say(f"{name:20} {size.rows / n:7.2f} {size.data / n:8.0f} "
                f"{size.indexes / n:8.0f}   {taken}\n")  # fmt: skip
    whole = sum(size.data + size.indexes for size in found.sizes.values())
    taken_bytes = sum(s.data + s.indexes for name, s in found.sizes.items() if name in TAKEN)
    rows = sum(size.rows for size in found.sizes.values())
    say(f"{'all':20} {rows / n:7.2f} {whole / n:8.0f} bytes in the database, packed; "
        f"{found.grown / n:.0f} as it stood\n")  # fmt: skip
    say(f"an archive takes {taken_bytes / n:.0f} bytes ({taken_bytes / whole:.0%}) into "
        f"{found.archived / n:.0f} bytes of file\n")  # fmt: skip
    say(f"{found.transactions / n:.1f} transactions, {found.wal / n:.0f} bytes of WAL")
    say(f" ({found.images / n:.1f} whole pages among them)\n" if found.images else "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
