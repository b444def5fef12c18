"""A ledger that this program has exported itself, read back: rows are known by their numbers.

What the program would export now is decoded like the file's row, so that only what somebody has
changed in the file differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from config.i18n import language
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.scope import visible_issues
from workflow.context import context
from workflow.errors import Reason
from workflow.ledgers.columns import COLUMNS
from workflow.ledgers.decode import Decoder, Entry
from workflow.ledgers.listing import LedgerRow, lines_of
from workflow.ledgers.reader import Row, tidy


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the ledger as it stands: its issue, its task if it has one, and its fields.

    `number` is the issue's; `dispatched_at` the task's, or the issue's where there is none.
    """

    number: str
    issue_id: int
    state: str
    dispatched_at: datetime | None
    task: str
    payload: dict[str, str]
    check_code: str


def lines(
    s: Session, actor: PersonInfo, numbers: list[str], now: datetime, decode: Decoder, spoken: str
) -> dict[str, Line]:
    """The lines with these numbers that the actor may see, as an export in that language."""
    tasks = _tasks(s, numbers)
    issues = _issues(s, actor, numbers)
    by_id, by_number = {i.id: i for i in issues}, {i.number: i for i in issues}
    found: dict[str, Line] = {}
    with language(spoken):
        told = [*lines_of(s, issues, now, {"withdrawn": True}), *lines_of(s, issues, now)]
        for line in told:
            task = tasks.get(number := str(line.values["number"]))
            issue = by_id.get(task.issue_id) if task is not None else by_number.get(number)
            if issue is not None:
                found[number] = _line(issue, task, canonical(s, decode(_as_read(line))))
    return found


def _line(issue: Any, task: Any, entry: Entry) -> Line:
    handed = task.dispatched_at if task is not None else issue.dispatched_at
    number = task.number if task is not None else ""
    return Line(
        issue.number, issue.id, issue.state, handed, number, entry.payload, entry.check_code
    )


def _issues(s: Session, actor: PersonInfo, numbers: list[str]) -> list[Any]:
    issue, task, project = tables.issue.c, tables.task.c, tables.project.c
    of_tasks = select(task.issue_id).where(task.number.in_(numbers))
    return list(
        s.execute(
            select(tables.issue, project.name.label("project_name"))
            .outerjoin(tables.project, project.id == issue.project_id)
            .where(visible_issues(actor), issue.number.in_(numbers) | issue.id.in_(of_tasks))
            .order_by(issue.id)
        )
    )


def _tasks(s: Session, numbers: list[str]) -> dict[str, Any]:
    task = tables.task.c
    chosen = select(task.number, task.issue_id, task.dispatched_at).where(task.number.in_(numbers))
    return {row.number: row for row in s.execute(chosen)}


def _as_read(line: LedgerRow) -> Row:
    """A line as the reader gives it back, in the present language."""
    return Row(0, {tidy(_(c.title)): _text(line.values.get(c.key)) for c in COLUMNS})


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def canonical(s: Session, entry: Entry) -> Entry:
    """The entry with the policy's own name of its category, whichever language it was in."""
    name = entry.payload.get("category", "")
    for known, category in context(s).policy().categories.items():
        if name == category.en:
            entry.payload["category"] = known
    return entry


def unknown(number: str) -> Reason:
    """The refusal of a number that the ledger does not have, or not for this person."""
    return Reason(
        "number_unknown",
        _("There is no line {number} in the ledger.").format(number=number[:60]),
        "source_id",
        _("Leave the numbers of an export as they are; import new issues as another ledger."),
    )
