"""An issue with its tasks, loaded under lock for one command."""

from __future__ import annotations

from operator import itemgetter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, Table, bindparam, select

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
        if isinstance(row, dict):
            values = row
        elif isinstance(row, SimpleNamespace):  # somebody else's, who may go on reading it
            values = vars(row).copy()
        else:
            values = dict(row._mapping)
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


_I, _T, _SEEN = tables.issue.c, tables.task.c, tables.issue.alias("seen").c
_ISSUE_ROW, _TASK_ROW = Statement(select(tables.issue)), Statement(select(tables.task))
_WIDTH, _CHAIN_SEQ = len(_I), list(_I.keys()).index("chain_seq")
_TASK_ID = list(_T.keys()).index("id")


def _case(which: ColumnElement[bool]) -> Statement:
    """An issue, locked, beside each of its tasks, and last the chain number that the statement saw
    when it began."""
    return Statement(
        select(tables.issue, tables.task, _SEEN.chain_seq)
        .join(_SEEN.id.table, _SEEN.id == _I.id)
        .outerjoin(tables.task, _T.issue_id == _I.id)
        .where(which)
        .with_for_update(of=tables.issue)
    )


_OF_TASK = select(_T.issue_id).where(_T.number == bindparam("key")).scalar_subquery()
_BY_NUMBER = _case(_I.number == bindparam("key"))
_BY_TASK = _case(_I.id == _OF_TASK.correlate(None))
_BY_ID = _case(_I.id == bindparam("key"))


def load_case(
    s: Session, *, issue: str | None = None, task: str | None = None, issue_id: int | None = None
) -> tuple[Record, list[Record]]:
    """The issue by its number, a task's number or its id, locked, with every task in order of
    creation; `NotVisible` if unknown."""
    if issue_id is not None:
        rows = _locked(_BY_ID, s, issue_id)
    else:
        rows = _locked(_BY_NUMBER if issue is not None else _BY_TASK, s, issue or task)
    if not rows:
        raise not_visible(issue or task or str(issue_id))
    tasks = [row[_WIDTH:-1] for row in rows if row[_WIDTH] is not None]
    tasks.sort(key=itemgetter(_TASK_ID))  # a handful: cheaper here than a plan that sorts
    found = Record(tables.issue, _ISSUE_ROW.read(s, rows[0][:_WIDTH]))
    return found, [Record(tables.task, _TASK_ROW.read(s, row)) for row in tasks]


def _locked(statement: Statement, s: Session, key: Any) -> list[Any]:
    """The rows as they are under the lock.

    Where PostgreSQL had to wait for it, the issue comes as it is now, but its tasks as they were
    when the statement began: then they are read again. Nobody changes them meanwhile.
    """
    rows = statement.raw(s, {"key": key})
    if rows and rows[0][_CHAIN_SEQ] != rows[0][-1]:
        rows = statement.raw(s, {"key": key})
    return rows


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
