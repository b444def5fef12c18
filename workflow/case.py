"""An issue with its tasks, loaded under lock for one command."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, Table, bindparam, select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.statements import Statement
from workflow.errors import NotVisible, Reason


class Record:
    """A row that remembers what was changed, so that only that is written.

    Its columns are its attributes. `state` can be changed by `workflow.transition` alone.
    """

    __slots__ = ("__dict__", "changed", "table")
    table: Table
    changed: set[str]

    def __init__(self, table: Table, row: Row[Any] | SimpleNamespace | dict[str, Any]) -> None:
        values = row
        if isinstance(row, Row):
            values = dict(row._mapping)
        elif isinstance(row, SimpleNamespace):  # somebody else's, who may go on reading it
            values = vars(row).copy()
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "__dict__", values)
        object.__setattr__(self, "changed", set())

    if TYPE_CHECKING:  # the columns

        def __getattr__(self, name: str) -> Any: ...

    @property
    def values(self) -> dict[str, Any]:
        """The columns by name."""
        return self.__dict__

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"use set({name}=...)")

    def set(self, **values: Any) -> None:
        """Change columns other than the state."""
        if "state" in values:
            raise AttributeError("the state is written by workflow.transition alone")
        self._write(values)

    def _write(self, values: dict[str, Any]) -> None:
        kept = self.__dict__
        for name, value in values.items():
            if kept[name] != value:
                kept[name] = value
                self.changed.add(name)


_ISSUE = select(tables.issue)
_TASK = tables.task.c
BY_NUMBER = Statement(_ISSUE.where(tables.issue.c.number == bindparam("number")).with_for_update())
BY_TASK = Statement(
    _ISSUE.where(
        tables.issue.c.id
        == select(_TASK.issue_id).where(_TASK.number == bindparam("number")).scalar_subquery()
    ).with_for_update()
)
BY_ID = Statement(_ISSUE.where(tables.issue.c.id == bindparam("key")).with_for_update())
TASKS_OF = Statement(
    select(tables.task).where(_TASK.issue_id == bindparam("key")).order_by(_TASK.id)
)


def load_issue(
    s: Session, *, issue: str | None = None, task: str | None = None, issue_id: int | None = None
) -> Record:
    """The issue by its number, a task's number or its id, locked; `NotVisible` if unknown."""
    if issue_id is not None:
        values = BY_ID.first(s, {"key": issue_id})
    elif issue is not None:
        values = BY_NUMBER.first(s, {"number": issue})
    else:
        values = BY_TASK.first(s, {"number": task})
    if values is None:
        raise not_visible(issue or task or str(issue_id))
    return Record(tables.issue, values)


def load_tasks(s: Session, issue_id: int) -> list[Record]:
    """Every task of an issue, in order of creation."""
    return [Record(tables.task, values) for values in TASKS_OF.all(s, {"key": issue_id})]


def not_visible(number: str) -> NotVisible:
    """The same answer for what does not exist and for what may not be known to exist."""
    return NotVisible(
        Reason(
            "not_visible",
            _("{number} was not found.").format(number=number),
            "number",
            _("Check the number, and whether it is in your scope."),
        )
    )
