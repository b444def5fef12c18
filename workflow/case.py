"""An issue with its tasks, loaded under lock for one command."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Table, bindparam, select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from workflow.errors import NotVisible, Reason


class Record:
    """A row that remembers what was changed, so that only that is written.

    `state` can be changed by `workflow.transition` alone, which calls `move`.
    """

    __slots__ = ("changed", "table", "values")

    def __init__(self, table: Table, row: Row[Any] | dict[str, Any]) -> None:
        values = dict(row._mapping) if isinstance(row, Row) else dict(row)
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "changed", set())

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"use set({name}=...)")

    def set(self, **values: Any) -> None:
        """Change columns other than the state."""
        if "state" in values:
            raise AttributeError("the state is written by workflow.transition alone")
        self._write(values)

    def _write(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            if self.values[name] != value:
                self.values[name] = value
                self.changed.add(name)


_ISSUE = select(tables.issue)
_TASKS = select(tables.task).order_by(tables.task.c.id)
BY_NUMBER = _ISSUE.where(tables.issue.c.number == bindparam("number")).with_for_update()
BY_TASK = _ISSUE.where(
    tables.issue.c.id
    == select(tables.task.c.issue_id).where(tables.task.c.number == bindparam("number"))
    .scalar_subquery()
).with_for_update()
BY_ID = _ISSUE.where(tables.issue.c.id == bindparam("id")).with_for_update()
TASKS_OF = _TASKS.where(tables.task.c.issue_id == bindparam("issue_id"))


def load_issue(
    s: Session, *, issue: str | None = None, task: str | None = None, issue_id: int | None = None
) -> Record:
    """The issue by its number, a task's number or its id, locked; `NotVisible` if unknown."""
    if issue_id is not None:
        row = s.execute(BY_ID, {"id": issue_id}).one_or_none()
    elif issue is not None:
        row = s.execute(BY_NUMBER, {"number": issue}).one_or_none()
    else:
        row = s.execute(BY_TASK, {"number": task}).one_or_none()
    if row is None:
        raise not_visible(issue or task or str(issue_id))
    return Record(tables.issue, row)


def load_tasks(s: Session, issue_id: int) -> list[Record]:
    """Every task of an issue, in order of creation."""
    return [
        Record(tables.task, row) for row in s.execute(TASKS_OF, {"issue_id": issue_id})
    ]


def not_visible(number: str) -> NotVisible:
    """The same answer for what does not exist and for what may not be known to exist."""
    return NotVisible(Reason(
        "not_visible", _("{number} was not found.").format(number=number), "number",
        _("Check the number, and whether it is in your scope."),
    ))
