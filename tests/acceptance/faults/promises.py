"""What clerks were told was done, and what the history says of it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from models import tables
from models.db import Database

Command = tuple[str, ...]
REFUSED = ".refused"
"""What the name of the file of refusals ends with."""


def kept(out: Path) -> list[Command]:
    """The commands that clerks wrote down after their commit: act, task and token."""
    if not out.exists():
        return []
    return [tuple(line.split()) for line in out.read_text(encoding="utf-8").splitlines()]


def commands(db: Database, since: datetime) -> Counter[Command]:
    """What the history says was done since a moment: act, task and token."""
    found: Counter[Command] = Counter()
    event, task = tables.event.c, tables.task.c
    with db.read() as s:
        rows = s.execute(
            select(event.tag, event.data, task.number)
            .join(tables.task, task.id == event.task_id)
            .where(event.at >= since)
        )
        for row in rows:
            act, data = row.tag.removeprefix("task."), row.data
            if act in ("progress", "submit"):
                found[act, row.number, data.get("text") or data.get("result")] += 1
            elif act == "acknowledge":
                found[act, row.number] += 1
    return found


def every_promise_was_kept(db: Database, out: Path, since: datetime) -> None:
    """What was acknowledged is there, nothing is there twice, and nothing that was refused."""
    done = commands(db, since)
    assert [p for p in kept(out) if done[p] != 1] == []
    assert [command for command, n in done.items() if n != 1] == []
    refused = [p for p in kept(out.with_name(out.name + REFUSED)) if p[0] != "acknowledge"]
    assert [p for p in refused if p in done] == []
