"""A unit's people at work: receipts, reports and submissions, each written down once committed.

The line is written after the commit and before the next command, so a line is a promise kept: a
process that is killed in between has done at most one thing that nobody was told of. What was
refused goes into a file of its own: nothing of it may be found done.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from random import Random
from typing import Any

from sqlalchemy import select

from models import tables
from models.attempts import run
from models.db import Database
from tests.acceptance.faults.crowd import CHANNELS
from tests.acceptance.faults.patience import patiently
from tests.acceptance.faults.promises import REFUSED
from tests.acceptance.faults.timing import SharedClock, add_arguments, clock_of
from workflow.commands import assignment, closure, supervision
from workflow.commands.closure import Proof
from workflow.context import context, find_actor
from workflow.errors import WorkflowError

SECONDS = 2.0
"""For how long a command is tried again after a fault that passes, as at every edge."""


def main(argv: Sequence[str]) -> None:
    """Work through the tasks of `--share I/N` in random order, for as long as the parent lives."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    parser.add_argument("--share", required=True)
    parser.add_argument("--generation", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args(argv)
    db, clock, parent = Database(args.db), clock_of(args), os.getppid()
    appending = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    done, refused = (os.open(args.out + end, appending) for end in ("", REFUSED))
    chance, number = Random(f"{args.share}.{args.generation}"), 0
    tasks: list[str] = []
    while os.getppid() == parent:
        with patiently():
            tasks = tasks or _share(db, *map(int, args.share.split("/")))
            number += 1
            token = f"{args.share}.{args.generation}.{number}"
            line, accepted = act(db, clock, chance.choice(tasks), token, chance.random())
            os.write(done if accepted else refused, f"{line}\n".encode())


def _share(db: Database, index: int, parts: int) -> list[str]:
    with db.read() as s:
        found = s.execute(select(tables.task.c.id, tables.task.c.number))
        return [row.number for row in found if row.id % parts == index]


def act(db: Database, clock: SharedClock, task: str, token: str, chance: float) -> tuple[str, bool]:
    """One command; the line to write down, and whether it was accepted."""
    with db.read() as s:
        row = s.execute(select(tables.task).where(tables.task.c.number == task)).one()
        lead = context(s).directory.units[row.lead_unit_id].code
    if row.state == "pending_ack":
        return _do(db, clock, f"{lead}_liaison", "acknowledge", task, token, row.version)
    if row.state == "in_progress" and chance < 0.9:
        return _do(db, clock, f"{lead}_liaison", "progress", task, token, row.version)
    return _do(db, clock, f"{lead}_head", "submit", task, token, row.version)


def _do(
    db: Database, clock: SharedClock, username: str, act: str, task: str, token: str, version: int
) -> tuple[str, bool]:
    lead = username.partition("_")[0]
    command: Any = {
        "acknowledge": assignment.acknowledge,
        "progress": supervision.progress,
        "submit": closure.submit_task,
    }[act]
    given: Any = {
        "acknowledge": {
            "responsible_leader": f"{lead}_deputy",
            "responsible_person": f"{lead}_handler",
        },
        "progress": {"text": token},
        "submit": {"result": token, "evidence": [Proof("document", f"{token}.pdf")]},
    }[act]
    line = f"{act} {task}" if act == "acknowledge" else f"{act} {task} {token}"

    def work() -> None:
        with db.write() as s:
            s.memo["channels"] = CHANNELS
            command(
                s,
                actor=find_actor(s, username),
                now=clock.now(),
                task=task,
                expected_version=version,
                **given,
            )

    try:
        run(work, SECONDS)
    except WorkflowError:
        return line, False
    return line, True


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
