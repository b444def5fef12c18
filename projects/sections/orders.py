"""Snapshot section `orders`: what supervision asked of units in writing, and when they answered.

The answer is the first that its unit did about the task afterwards: progress, a submission, a
request. Which orders there are: `projects.sections.asked`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from models.db import Session
from projects.sections import past
from projects.sections.concerned import concerned
from workflow.chain import instant

ANSWERS = ("task.progress", "task.submit", "task.request_extension", "task.request_park")
Row = dict[str, Any]


def gather(s: Session, month: str, now: datetime) -> list[Row]:
    """One row an order, steps before documents, each by its key."""
    found = concerned(s, month, now)
    return [_row(one, found.told) for one in found.orders]


def _row(one: Row, told: past.Told) -> Row:
    first = one["rows"][0]
    answers = [_answer(told.get(task.issue_id, []), task.id, one["at"]) for task in one["rows"]]
    given = None if None in answers else max(a for a in answers if a is not None)
    return {
        "id": one["id"], "step": one["step"], "kind": one["kind"], "unit_id": first.lead_unit_id,
        "issue_id": first.issue_id, "issue_number": first.issue_number, "title": first.title,
        "category": first.category, "board_id": first.board_id, "number": first.number,
        "tasks": one["tasks"], "measures": first.measures,
        "at": instant(one["at"]), "limit": instant(one["limit"]), "answered": past.text(given),
        "pauses": past.plain_pauses(past.pauses(told.get(first.issue_id, []))),
    }  # fmt: skip


def _answer(told: list[Any], task: int, after: datetime) -> datetime | None:
    mine = (e.at for e in told if e.task_id == task and e.tag in ANSWERS and e.at > after)
    return next(mine, None)
