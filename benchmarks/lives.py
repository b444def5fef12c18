"""Lives per second: report, breakdown, dispatch, receipt, progress, submission, verification,
approval, each its own durable transaction with all guards, history, chain and notices."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from statistics import median
from typing import Any

from benchmarks.capture import Recording, recording, repeat
from benchmarks.office import OPENING, Office
from models.db import Database
from workflow.commands import assignment, breakdown, closure, discovery, supervision
from workflow.context import find_actor


def doing(db: Database, start: datetime) -> Callable[..., Any]:
    """Runs a command as somebody, so many minutes after the start, in a transaction of its own."""

    def do(command: Callable[..., Any], who: str, minute: int, **values: Any) -> Any:
        with db.write() as s:
            s.memo["channels"] = ("inapp",)
            actor = find_actor(s, who)
            return command(s, actor=actor, now=start + timedelta(minutes=minute), **values)

    return do


def begun(db: Database, start: datetime) -> tuple[str, str]:
    """Numbers of a new issue and its task, which is in progress: the first five steps of a life."""
    do = doing(db, start)
    form = discovery.Report(
        "杆线影响施工", "10kV 杆线需要迁移", "杆线迁移", no_project_reason="片区", board="lucheng"
    )
    issue = do(discovery.report, "reporter", 0, form=form).issue_number
    do(discovery.start_triage, "triage", 1, issue=issue)
    plan = breakdown.Plan("协调供电公司迁移")
    task = do(breakdown.plan_task, "triage", 2, issue=issue, form=plan).task_number
    do(assignment.dispatch, "chief", 3, issue=issue)
    people = {"responsible_leader": "leader", "responsible_person": "liaison"}
    do(assignment.acknowledge, "liaison", 4, task=task, **people)
    return issue, task


def live(db: Database, start: datetime) -> None:
    """One life of an issue, through the commands."""
    issue, task = begun(db, start)
    do = doing(db, start)
    do(supervision.progress, "liaison", 5, task=task, text="已进场施工")
    do(
        closure.submit_task,
        "leader",
        6,
        task=task,
        result="已迁移完毕",
        evidence=[closure.Proof("document", "验收单")],
    )
    do(closure.verify_task, "triage", 7, task=task, opinion="属实", site_check="已现场核查")
    do(closure.approve, "chief", 8, issue=issue, opinion="同意销号")


class Bare:
    """The writes of one recorded life, repeated with the driver alone."""

    def __init__(self, db: Database, recorded: Recording) -> None:
        self.raw = db.engine.raw_connection()
        self.sqlite = db.engine.dialect.name == "sqlite"
        self.recorded = recorded
        self.ids: dict[str, int | None] = {}
        self.tag = ""

    def live(self) -> None:
        """All transactions of one life, each committed durably."""
        self.tag, self.ids = uuid.uuid4().hex, {}
        cursor = self.raw.cursor()
        for transaction in self.recorded.transactions:
            if self.sqlite:
                cursor.execute("BEGIN IMMEDIATE")
            for write in transaction:
                new = repeat(cursor, write, self.change)
                if write.table in ("issue", "task") and write.sql.startswith("INSERT"):
                    self.ids[write.table] = new
            if self.sqlite:
                cursor.execute("COMMIT")
            else:
                self.raw.commit()
        cursor.close()

    def change(self, table: str, name: str, value: Any) -> Any:
        """New keys for a repeated row; everything else stays as it was."""
        issue, task = self.ids.get("issue"), self.ids.get("task")
        if name in ("number", "new_number"):
            return self.tag if table == "issue" else f"{self.tag}-01"
        if name in ("row_id", "id"):
            return self.ids[table]
        if name == "issue_id" and value is not None:
            return issue
        if name == "task_id" and value is not None:
            return task
        if name == "stream":
            return f"issue:{issue}"
        if name == "subject":
            return f"task:{task}" if str(value).startswith("task") else f"issue:{issue}"
        return value


def measure(db: Database, office: Office, lives: int = 60, rounds: int = 7) -> dict[str, Any]:
    """Alternate rounds of both; the figure is the median of the rounds' ratios."""
    live(db, OPENING)
    with recording(db.engine) as recorded:
        live(db, OPENING + timedelta(minutes=20))
    bare, ratios, ours, theirs = Bare(db, recorded), [], [], []
    bare.live()
    for n in range(rounds):
        begin = OPENING + timedelta(days=n)
        engine = _rate(partial(live, db, begin), lives)
        raw = _rate(bare.live, lives)
        ratios.append(engine / raw)
        ours.append(engine)
        theirs.append(raw)
    bare.raw.close()
    return {
        "lives_per_second": median(ours),
        "bare_per_second": median(theirs),
        "ratio": median(ratios),
        "transactions": len(recorded.transactions),
        "rows": recorded.rows,
    }


def _rate(work: Callable[[], None], times: int) -> float:
    begin = time.perf_counter()
    for _ in range(times):
        work()
    return times / (time.perf_counter() - begin)
