"""A document's steps in the history: of every issue that it is about, else of the system."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from models.db import Session
from models.directory import PersonInfo
from workflow import system_events
from workflow.case import load_case
from workflow.commands.base import end
from workflow.context import context
from workflow.escalation import catch_up
from workflow.transition import Work


def works_of(
    s: Session, actor: PersonInfo, issues: Iterable[tuple[int, str]], now: datetime
) -> list[Work]:
    """The issues of a document, locked in the order of their ids, the clock caught up.

    Whether the actor may see the document was decided before: a unit to which it is copied may
    receive it without seeing the whole issue.
    """
    works = []
    for key, _number in sorted(issues):
        issue, tasks = load_case(s, issue_id=key)
        w = Work(s, context(s), now, actor, issue, tasks)
        if any(r.next_rung_at is not None and r.next_rung_at <= now for r in (issue, *w.tasks)):
            catch_up(w)
        works.append(w)
    return works


def record(
    s: Session,
    works: Sequence[Work],
    step: str,
    data: dict[str, Any],
    actor: PersonInfo,
    now: datetime,
) -> None:
    """Enter a step (`prepared`, `signed`, `issued`, `received`, `void`) and write the issues."""
    for w in works:
        w.touch(f"document.{step}", by=actor, data=data)
        end(w)
    if not works:
        system_events.append(s, f"document.{step}", data, actor, now)
