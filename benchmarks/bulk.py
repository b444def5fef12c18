"""`python -m benchmarks.bulk`: a ledger of many rows in and out, beside bare SQL in the same run.

--rows 100000                  rows of the ledger
--databases sqlite,postgresql  both by default
--apart 2                      of a hundred rows so many have a deadline of their own

In: a bureau's ledger, reported, broken down and handed over with every rule, history, chain and
notice; once rehearsed as a preview is, then taken in one transaction if nothing else has changed.
Bare: the driver writes the very same rows into an empty database of the same shape, in one
transaction. Out: the whole ledger as CSV and as a workbook, by the command and as the portal does.
Each piece of work is done in a process of its own.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import insert, select

from benchmarks.bureau import UNITS, found_bureau
from benchmarks.memory import forget_peak, memory
from benchmarks.office import OPENING, database
from config.policy import parse_policy, shipped_policy
from models import migrate, tables
from models.bulk import Insertion, writer
from models.db import Database, Session
from models.queries.ledger import rows_for_export
from models.queries.ledger_filter import LedgerFilter
from workflow.context import find_actor
from workflow.ledgers.comparing import digest_of
from workflow.ledgers.exporter import export_issues, export_ledger
from workflow.ledgers.importer import import_ledger
from workflow.ledgers.mapping import parse_mapping

IMPORT_AIM, EXPORT_AIM = 60, 30
WRITTEN = ("issue", "task", "co_unit", "deadline_version", "event", "notice", "imported_row")
HEADERS = [
    "编号",
    "标题",
    "描述",
    "类别",
    "项目",
    "板块",
    "急",
    "措施",
    "牵头",
    "配合",
    "限",
    "天",
    "完成",
    "发现",
]
FIELDS = [
    "source_id",
    "title",
    "description",
    "category",
    "project",
    "board",
    "urgent",
    "measures",
    "lead",
    "co_units",
    "limit",
    "days",
    "deadline",
    "found_on",
]
CHUNK = 5000
CATEGORIES = tuple(parse_policy(shipped_policy()).categories)
BOARDS = tuple(name for _code, name, _kind, board in UNITS if board)
LEADS = tuple(name for _code, name, kind, _board in UNITS if kind == "department")
ACTORS = {"report": "triage", "triage": "triage", "dispatch": "chief"}


@dataclass(frozen=True, slots=True)
class Done:
    """One piece of work: seconds of wall time and of this process, MiB before and at the peak."""

    wall: float
    cpu: float
    before: float
    peak: float


def main(arguments: list[str] | None = None) -> None:
    """Measure and print; never judges."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bulk", description=__doc__)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--apart", type=int, default=2)
    chosen = parser.parse_args(arguments)
    for kind in chosen.databases.split(","):
        with TemporaryDirectory() as folder, database(kind) as db:
            path = Path(folder) / "ledger.csv"
            found(db)
            write_ledger(path, chosen.rows, chosen.apart)
            _tell_import(kind, db, path, chosen.rows)
            for fmt in ("csv", "xlsx"):
                out = str(Path(folder) / f"out.{fmt}")
                done = _apart(_export, db.url, out, fmt)
                _say(kind, f"{chosen.rows:,} rows out as {fmt}", done, EXPORT_AIM)
                done = _apart(_export_list, db.url, out, fmt)
                _say(kind, f"{chosen.rows:,} rows out of the portal as {fmt}", done, EXPORT_AIM)


def _tell_import(kind: str, db: Database, path: Path, rows: int) -> None:
    _say(kind, f"{rows:,} rows rehearsed", _apart(_import, db.url, str(path), True), IMPORT_AIM)
    done = _apart(_import, db.url, str(path), False)
    _say(kind, f"{rows:,} rows in", done, IMPORT_AIM)
    with _empty(kind) as other:
        bare = copy_bare(db, other)
    sys.stdout.write(
        f"{kind:11} bare SQL writes the same rows in {bare.wall:.1f} s, of this process "
        f"{bare.cpu:.1f} s: ratio {done.wall / bare.wall:.1f} in wall time, "
        f"{done.cpu / bare.cpu:.1f} in processor time\n"
    )
    sys.stdout.flush()


def _say(kind: str, what: str, done: Done, aim: int) -> None:
    sys.stdout.write(
        f"{kind:11} {what}: {done.wall:.1f} s, of this process {done.cpu:.1f} s (aim {aim}); "
        f"memory {done.before:.0f} MiB before, {done.peak:.0f} MiB at the peak\n"
    )
    sys.stdout.flush()


def found(db: Database) -> None:
    """A bureau with a hundred projects."""
    migrate.upgrade(db.url)
    found_bureau(db, OPENING - timedelta(days=30))
    with db.write() as s:
        s.execute(insert(tables.project), [{"name": f"第{n}号项目"} for n in range(100)])


def write_ledger(path: Path, rows: int, apart: int) -> None:
    """A ledger as a bureau keeps one: a category mostly goes to the same units; towns, limits and
    dates mix, and of a hundred rows `apart` have a unit and a deadline as no other."""
    dice = random.Random(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(HEADERS)
        out.writerows(_row(dice, n, dice.randrange(100) < apart) for n in range(rows))


def _row(dice: random.Random, n: int, apart: bool) -> tuple[Any, ...]:
    at = dice.randrange(len(CATEGORIES))
    fixed = OPENING + timedelta(days=dice.randrange(30, 200), minutes=dice.randrange(400))
    return (
        f"A-{n}", f"第{n}号问题", f"第{n}处10千伏杆线影响施工，需要迁移。", CATEGORIES[at],
        f"第{dice.randrange(100)}号项目", dice.choice(BOARDS), dice.choice(("", "", "", "是")),
        f"协调产权单位制定方案并完成第{n}处迁移",
        dice.choice(LEADS) if apart else LEADS[at % len(LEADS)],
        "供电公司" if at % 3 == 0 else "",
        "" if apart else dice.choice(("", "ordinary", "complex")),
        "", f"{fixed:%Y-%m-%d %H:%M}" if apart else "",
        (date(2026, 1, 5) + timedelta(days=dice.randrange(50))).isoformat(),
    )  # fmt: skip


# ------------------------------------------------------------------ measured


def _apart(work: Callable[..., None], *given: Any) -> Done:
    """Do it in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (work, *given))


def _measured(work: Callable[..., None], *given: Any) -> Done:
    forget_peak()
    before, cpu, wall = memory("VmRSS"), time.process_time(), time.perf_counter()
    work(*given)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Done(wall, cpu, before, memory("VmHWM"))


def _import(url: str, path: str, dry_run: bool) -> None:
    """As `xiaohao import` and the portal do it."""
    columns = "\n".join(f'{f} = "{h}"' for f, h in zip(FIELDS, HEADERS, strict=True))
    mapping = parse_mapping(
        f'source_system = "zone"\n[columns]\n{columns}\n[values.urgent]\n"是" = "是"\n'
        "[import]\ndispatch = true\n"
    )
    db = Database(url)
    expect = None if dry_run else digest_of([])  # as the portal applies what was previewed
    report = import_ledger(
        db, path, mapping, actors=ACTORS, now=OPENING, dry_run=dry_run, expect=expect
    )
    assert report.taken and not report.refused, report.refused[:3]
    db.close()


def _export(url: str, path: str, fmt: str) -> None:
    db = Database(url)
    assert export_ledger(db, "chief", path, fmt, now=OPENING + timedelta(days=10))
    db.close()


def _export_list(url: str, path: str, fmt: str) -> None:
    """As the portal does it, in the order of its list."""
    db, now = Database(url), OPENING + timedelta(days=10)
    with db.read() as s:
        rows = rows_for_export(s, find_actor(s, "chief"), LedgerFilter(), now)
        assert export_issues(s, (row.issue for row in rows), path, fmt, now=now)
    db.close()


@contextmanager
def _empty(kind: str) -> Iterator[Database]:
    with database(kind) as db:
        found(db)
        yield db


def copy_bare(db: Database, other: Database) -> Done:
    """Write every row that was written into an empty database, by the driver's own means."""
    spent = [0.0, 0.0]
    with other.engine.connect() as conn, db.read() as s:
        transaction = conn.begin()
        for name in WRITTEN:
            table = tables.metadata.tables[name]
            names = [c.name for c in table.columns]
            insertion = Insertion(table, names)
            for rows in s.execute(select(table).order_by(table.c.id)).partitions(CHUNK):
                bound = _bound(s.dialect, table, names, rows)
                _timed(spent, partial(insertion.run, Session(conn), bound))
        _timed(spent, transaction.commit)
    return Done(spent[0], spent[1], 0, 0)


def _bound(dialect: str, table: Any, names: list[str], rows: Any) -> list[tuple[Any, ...]]:
    binders = [writer(dialect, table, name) for name in names]
    return [
        tuple(None if v is None else bind(v) for v, bind in zip(row, binders, strict=True))
        for row in rows
    ]


def _timed(spent: list[float], work: Callable[[], Any]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    spent[0] += time.perf_counter() - wall
    spent[1] += time.process_time() - cpu


if __name__ == "__main__":
    main()
