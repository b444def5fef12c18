"""What an enterprise is told of the result of its closed issue: words that the desk has confirmed.

The loop's own texts stay inside. They are proposed to the desk, which writes what may be shown.
Repeats that the same closure answers are told the same, unless they were told words of their own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.demands.base import (
    ANSWERED,
    TAKEN_UP,
    D,
    change,
    find_demand,
    for_office,
    wrong_state,
)
from projects.demands.deciding import Done
from projects.demands.settling import issue_of, settle_one
from workflow.commands.base import clean
from workflow.errors import GuardFailed, Reason


def tell_result(
    s: Session, *, actor: PersonInfo, demand: str, text: str, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """Tell the enterprise what was done, until it has judged; it reads this very text.

    For the office, where the closure of the issue is the answer. Raises as `for_office`, and
    `GuardFailed` where the office has answered directly.
    """
    _lock_alike(s, find_demand(s, actor, demand))
    row = for_office(s, actor, demand, (TAKEN_UP, ANSWERED), expected_version)
    if settle_one(s, row, now):
        row = for_office(s, actor, demand, (TAKEN_UP, ANSWERED), None)
    if row.state != ANSWERED or row.issue_id is None:
        raise wrong_state()
    if row.answer:
        message = _("The enterprise has been answered directly.")
        raise GuardFailed(Reason("answered_directly", message, "text", _("Leave it at that.")))
    told = clean("text", text, most=4_000, needed=True)
    version = change(s, row, "demand.result_told", {"text": told}, actor, now, result=told)
    for other in _others(s, row, now):
        data = {"text": told, "with": row.number}
        change(s, other, "demand.result_told", data, actor, now, result=told)
    return Done(row.number, ANSWERED, version)


def _lock_alike(s: Session, row: Any) -> None:
    """Hold every demand of its issue, in the order in which `settle` holds them: two who tell two
    of them wait for one another."""
    if row.issue_id is not None:
        chosen = select(D.id).where(D.issue_id == row.issue_id).order_by(D.id)
        s.execute(chosen.with_for_update(of=tables.demand))


def _others(s: Session, row: Any, now: datetime) -> list[Any]:
    """The other demands that are told the same. What is left to settle is settled first."""
    for one in s.execute(_siblings(row).where(D.state == TAKEN_UP)).all():
        settle_one(s, one, now)
    return list(s.execute(_told_alike(row)))


def _siblings(row: Any) -> Any:
    chosen = select(tables.demand).where(D.issue_id == row.issue_id, D.id != row.id)
    return chosen.order_by(D.id)


def _told_alike(row: Any) -> Any:
    return _siblings(row).where(D.state == ANSWERED, D.answer == "", D.result.in_(("", row.result)))


def others_told(s: Session, row: Any) -> list[str]:
    """The numbers of the other demands whose enterprises will read the same."""
    return [one.number for one in s.execute(_told_alike(row))]


def tellable(row: Any, state: str) -> bool:
    """Whether the desk may tell the result of a demand in this state. Pure."""
    return state == ANSWERED and row.issue_id is not None and not row.answer


def proposed(s: Session, row: Any) -> str:
    """What the desk begins with: what was told before, else the results of the issue's tasks."""
    issue = issue_of(s, row)
    if row.result or issue is None:
        return str(row.result)
    task = tables.task.c
    chosen = select(task.result).where(
        task.issue_id == issue.id, task.state == "verified", task.result != ""
    )
    return "\n".join(one.result for one in s.execute(chosen.order_by(task.id)))
