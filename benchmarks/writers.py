"""How long writers of one SQLite file wait for their turn, in threads and in processes.

Each does the same small thing over and over: a progress report on a task of its own, a durable
transaction with history. Bare: the same number of bare durable transactions of the driver, which
wait by SQLite's own retries.
"""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from benchmarks.office import OPENING
from models.db import Database
from workflow.commands import assignment, breakdown, discovery, supervision
from workflow.context import find_actor

WRITERS = 8
SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Waits:
    """Of all transactions together: how many a second, median and longest from asking to done."""

    rate: float
    usual: float
    worst: float


def tasks(db: Database, count: int = WRITERS) -> list[str]:
    """Tasks in work, one a writer."""
    return [_task(db) for _ in range(count)]


def _task(db: Database) -> str:
    def do(command: Callable[..., Any], who: str, **values: Any) -> Any:
        with db.write() as s:
            s.memo["channels"] = ("inapp",)
            return command(s, actor=find_actor(s, who), now=OPENING, **values)

    form = discovery.Report(
        "杆线影响施工", "10kV 杆线需要迁移", "杆线迁移", no_project_reason="片区", board="lucheng"
    )
    issue = do(discovery.report, "reporter", form=form).issue_number
    do(discovery.start_triage, "triage", issue=issue)
    task = do(breakdown.plan_task, "triage", issue=issue, form=breakdown.Plan("迁移")).task_number
    do(assignment.dispatch, "chief", issue=issue)
    do(
        assignment.acknowledge, "liaison", task=task, responsible_leader="leader",
        responsible_person="liaison",
    )  # fmt: skip
    return str(task)


def _report(db: Database, task: str, until: float) -> list[float]:
    found, n = [], 0
    while time.monotonic() < until:
        begin, n = time.perf_counter(), n + 1
        with db.write() as s:
            s.memo["channels"] = ("inapp",)
            actor, now = find_actor(s, "liaison"), OPENING + timedelta(seconds=n)
            supervision.progress(s, actor=actor, now=now, task=task, text="已进场施工")
        found.append(time.perf_counter() - begin)
    return found


def _bare(path: str, writer: int, until: float) -> list[float]:
    raw = sqlite3.connect(path, timeout=30, isolation_level=None)
    raw.execute("PRAGMA synchronous=FULL")
    found = []
    while time.monotonic() < until:
        begin = time.perf_counter()
        raw.execute("BEGIN IMMEDIATE")
        raw.execute("UPDATE task SET version = version WHERE id = ?", (writer + 1,))
        raw.execute(
            "INSERT INTO heartbeat (job, worker, at) VALUES (?, ?, ?) ON CONFLICT (job) DO"
            " UPDATE SET at = excluded.at",
            (f"b{writer}", "", str(begin)),
        )
        raw.execute("COMMIT")
        found.append(time.perf_counter() - begin)
    raw.close()
    return found


def in_threads(url: str, work: list[str], seconds: float = SECONDS) -> Waits:
    """Threads of one process, over one pool of connections."""
    db, until = Database(url), time.monotonic() + seconds
    found: list[list[float]] = []
    threads = [
        threading.Thread(target=lambda task=task: found.append(_report(db, task, until)))
        for task in work
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.close()
    return _waits([wait for waits in found for wait in waits], seconds)


def in_processes(url: str, work: list[str], seconds: float = SECONDS) -> Waits:
    """Processes, each with a connection of its own, that have written before."""
    return _in_processes(_one, [(url, task) for task in work], seconds)


def bare(url: str, count: int = WRITERS, seconds: float = SECONDS) -> Waits:
    """As many processes that wait as SQLite lets them."""
    path = url.removeprefix("sqlite:///")
    return _in_processes(_one_bare, [(path, n) for n in range(count)], seconds)


def _in_processes(one: Any, given: list[tuple[Any, ...]], seconds: float) -> Waits:
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(len(given))  # all have started
    with context.Pool(len(given), _prepare, (ready,)) as pool:
        found = pool.starmap(one, [(*each, seconds) for each in given], chunksize=1)
    return _waits([wait for waits in found for wait in waits], seconds)


_READY: Any = None


def _prepare(ready: Any) -> None:
    global _READY
    _READY = ready


def _one(url: str, task: str, seconds: float) -> list[float]:
    db = Database(url)
    _report(db, task, time.monotonic() + 0.001)  # a server has read its rules long ago
    _READY.wait()
    found = _report(db, task, time.monotonic() + seconds)
    db.close()
    return found


def _one_bare(path: str, writer: int, seconds: float) -> list[float]:
    _READY.wait()
    return _bare(path, writer, time.monotonic() + seconds)


def _waits(found: list[float], seconds: float) -> Waits:
    ordered = sorted(found)
    return Waits(len(ordered) / seconds, ordered[len(ordered) // 2], ordered[-1])
