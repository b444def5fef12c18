"""A prepared step of the ladder goes out together with its document: one click (levels 3-4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow.commands.supervision import decide_prepared
from workflow.documents import ladder
from workflow.documents.asking import Draft, kind_for
from workflow.documents.outcome import Issued
from workflow.documents.preparing import prepare
from workflow.documents.suggest import suggestions


def issue_step(
    s: Session,
    *,
    actor: PersonInfo,
    prepared_id: int,
    kind: str,
    now: datetime,
    reason: str = "",
    expected_version: int | None = None,
) -> Issued:
    """Issue a prepared step, and prepare the document that carries it out from the same facts.

    Raises what `decide_prepared` and `prepare` raise; then neither happens. A kind with fields that
    only a person can fill in raises `Malformed`: it is prepared from its form.
    """
    chosen = kind_for(actor, kind)
    decide_prepared(
        s, actor=actor, prepared_id=prepared_id, issue_it=True, reason=reason, now=now,
        expected_version=expected_version,
    )  # fmt: skip
    steps = ladder.find_steps(s, actor, [prepared_id])
    tasks = tasks_by_number(s, [step.task_number for step in steps])
    given = suggestions(s, chosen, tasks, now)
    draft = Draft(kind, given=given, steps=[prepared_id])
    return prepare(s, actor=actor, draft=draft, now=now)


def tasks_by_number(s: Session, numbers: list[str]) -> list[Any]:
    """Tasks with their issue's number and title, in the order of their ids."""
    task, issue = tables.task, tables.issue.c
    chosen = (
        select(task, issue.number.label("issue_number"), issue.title.label("issue_title"))
        .join(tables.issue, issue.id == task.c.issue_id)
        .where(task.c.number.in_(numbers))
        .order_by(task.c.id)
    )
    return list(s.execute(chosen))
