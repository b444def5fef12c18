"""What an enterprise is told of the result of its closed issue: words that the desk has confirmed.

The loop's own texts stay inside. They are proposed to the desk, which writes what may be shown.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.demands.base import ANSWERED, TAKEN_UP, change, for_office, wrong_state
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
    return Done(row.number, ANSWERED, version)


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
