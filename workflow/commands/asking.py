"""What every request has in common: asking, ruling, taking back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update

from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow import deadlines
from workflow.case import Record
from workflow.commands.base import (
    Outcome,
    begin,
    end,
    facts_of,
    permit,
    tell,
    to_role,
)
from workflow.notice_facts import local
from workflow.transition import Work

_INSERT = insert(tables.request)


def ask(
    w: Work,
    task: Record,
    kind: str,
    act: str,
    actor: PersonInfo,
    *,
    ruling_wd: int,
    tell_role: str,
    noted: dict[str, Any],
    **values: Any,
) -> int:
    """Write a request, freeze what it freezes, and tell whoever must rule."""
    due = deadlines.side_limit(w.now, ruling_wd, w.calendar(task), w.policy(task))
    row = {
        "task_id": task.id,
        "kind": kind,
        "state": "open",
        "asked_by_id": actor.id,
        "asked_at": w.now,
        "ruling_due_at": due,
        "reason": "",
        "basis": "",
        "progress": "",
        "opinion": "",
        "changes": {},
        "timely": True,
    } | values
    key = w.s.execute(_INSERT, row).inserted_primary_key
    assert key is not None
    w.requests = None
    w.touch(
        f"task.{act}",
        task,
        by=actor,
        open_requests=task.open_requests + 1,
        data=noted | {"request": key[0]} | _plain(values),
    )
    tell(
        w,
        "todo",
        to_role(w, tell_role),
        task=task,
        todo=f"rule_{kind}",
        reason=row["reason"],
        limit_at=local(due, w.calendar(task)),
        occasion=f"request:{key[0]}",
    )
    return int(key[0])


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date | datetime) else v for k, v in values.items()}


def open_request(w: Work, task: Record, kind: str) -> Any:
    """The open request of a kind on a task, or None."""
    return next((r for r in w.open_requests() if r.task_id == task.id and r.kind == kind), None)


def rule(
    w: Work,
    task: Record,
    request: Any,
    *,
    granted: bool,
    actor: PersonInfo,
    act: str,
    opinion: str,
    data: dict[str, Any],
) -> None:
    """Close a request with its ruling and record it."""
    close(w, task, request, "granted" if granted else "refused", actor, opinion)
    w.touch(
        f"task.{act}",
        task,
        by=actor,
        open_requests=max(0, task.open_requests - 1),
        data=data | {"request": request.id, "granted": granted, "opinion": opinion},
    )


def close(
    w: Work, task: Record, request: Any, state: str, actor: PersonInfo | None, opinion: str
) -> None:
    table = tables.request
    w.s.execute(
        update(table)
        .where(table.c.id == request.id, table.c.state == "open")
        .values(
            state=state, ruled_by_id=actor.id if actor else None, ruled_at=w.now, opinion=opinion
        )
    )
    w.requests = None


def close_requests(w: Work, task: Record) -> None:
    """End every open request of a task that is done with (withdrawn, submitted)."""
    for request in [r for r in w.open_requests() if r.task_id == task.id]:
        close(w, task, request, "lapsed", None, "")
    task.set(open_requests=0, frozen_at=None)


def withdraw_request(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    kind: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Take back one's own unit's open request before the ruling."""
    w, record = begin(s, actor=actor, now=now, task=task, expected_version=expected_version)
    request = open_request(w, record, kind)
    noted = permit(w, "withdraw_request", facts_of(w, record, request=request))
    close(w, record, request, "withdrawn", actor, "")
    if kind == "extension" and record.frozen_at is not None:
        record.set(frozen_at=None)
    w.touch(
        "task.withdraw_request",
        record,
        by=actor,
        open_requests=max(0, record.open_requests - 1),
        data=noted | {"request": request.id, "kind": kind},
    )
    return end(w, record)


def requests_of(s: Session, task_id: int) -> list[Any]:
    """Every request on a task with its ruling, in order."""
    table = tables.request
    return list(s.execute(select(table).where(table.c.task_id == task_id).order_by(table.c.id)))
