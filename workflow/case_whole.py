"""An issue with its tasks and, on PostgreSQL, everything else of a case file on the same trip.

Each table asked by itself costs two processes a wake-up; most of them hold nothing of the issue.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Label, Select, String, cast, literal_column, select, union_all

from models import tables
from models.aliases import shared_alias
from models.db import Session
from models.directory import PersonInfo
from models.gathered import Gathered
from models.queries.issues import find_issue, named, remember, tasks_of
from models.queries.scope import View, view_of, viewer
from models.statements import Statement
from workflow import case_notices, timeline
from workflow.case_reader import TOLD, by_task, order_of

Kept = dict[str, dict[int, list[Any]]]
Opened = tuple[SimpleNamespace, list[SimpleNamespace], Kept]
_I, _N, _E, _L = tables.issue.c, tables.notice.c, tables.event.c, tables.lookback.c
_TASK = shared_alias(tables.task, "of_issue")
_TASKS = Gathered("tasks", tuple(_TASK.c))
_OF_TASKS = {table: Gathered(table.name, columns) for table, columns in TOLD.items()}
_LOOKBACKS = Gathered(tables.lookback.name, tuple(_L))
_NOTICES = Gathered(tables.notice.name, case_notices.TOLD)
_EVENTS = Gathered(tables.event.name, timeline.TOLD)
_PROJECT = "name_of_project"


def opened(s: Session, actor: PersonInfo, number: str) -> Opened | None:
    """The issue, its tasks, and what else was read with them, by table and by the row that it
    belongs to. None outside the actor's scope, or if there is none."""
    if s.dialect == "postgresql" and s.reading:
        return _whole(s, actor, number)
    issue = find_issue(s, actor, number)
    return None if issue is None else (issue, tasks_of(s, [issue.id]).get(issue.id, []), {})


def _whole(s: Session, actor: PersonInfo, number: str) -> Opened | None:
    found = _statement(view_of(actor)).first(s, {"number": number, **viewer(actor)})
    if found is None:
        remember(s, actor, number, None, [])
        return None
    tasks, kept = _TASKS.taken(found), _kept(found)
    issue = SimpleNamespace(**found)
    remember(s, actor, number, issue, tasks)
    return issue, tasks, kept


def _kept(found: dict[str, Any]) -> Kept:
    kept: Kept = {table.name: by_task(one.taken(found)) for table, one in _OF_TASKS.items()}
    kept[tables.lookback.name] = {found["id"]: _LOOKBACKS.taken(found)}
    kept[tables.notice.name] = {found["id"]: _NOTICES.taken(found)}
    kept[tables.event.name] = {found["id"]: _EVENTS.taken(found)}
    kept[tables.project.name] = {found["project_id"]: [found.pop(_PROJECT)]}
    return kept


# ---------------------------------------------------------------- the statement


@cache
def _statement(view: View) -> Statement:
    """Everything of the issue that is named, if it is seen: one for each view, made once."""
    parts = [*(_rows_of_tasks(table) for table in _OF_TASKS), *_rows_of_issue()]
    return Statement(select(tables.issue, *parts).where(*named(view)))


def _rows_of_tasks(table: Any) -> Label[Any]:
    task = tables.task.alias()
    of_issue = select(task.c.id).where(task.c.issue_id == _I.id).correlate(tables.issue)
    chosen = select(table.c.id).where(table.c.task_id.in_(of_issue)).correlate(tables.issue)
    return _OF_TASKS[table].value(chosen, table.c.task_id, order_of(table))


def _rows_of_issue() -> tuple[Label[Any], ...]:
    tasks = select(_TASK.c.id).where(_TASK.c.issue_id == _I.id)
    looked = select(_L.id).where(_L.issue_id == _I.id, _L.cycle == _I.cycle)
    events = select(_E.id).where(_E.stream == _subject("issue", _I.id))
    project = select(tables.project.c.name).where(tables.project.c.id == _I.project_id)
    return (
        _TASKS.value(tasks.correlate(tables.issue), _TASK.c.id),
        _LOOKBACKS.value(looked.correlate(tables.issue), _L.id),
        _NOTICES.newest(_notices(), _N.id, case_notices.NEWEST),
        _EVENTS.value(events.correlate(tables.issue), _E.seq),
        project.correlate(tables.issue).scalar_subquery().label(_PROJECT),
    )


def _notices() -> Select[Any]:
    """By subject, because that is what the table's index begins with."""
    task = tables.task.alias()
    subjects = union_all(
        select(_subject("issue", _I.id)).correlate(tables.issue),
        select(_subject("task", task.c.id)).where(task.c.issue_id == _I.id).correlate(tables.issue),
    )
    return select(_N.id).where(_N.subject.in_(subjects)).correlate(tables.issue)


def _subject(kind: str, key: ColumnElement[int]) -> ColumnElement[str]:
    return literal_column(f"'{kind}:'", String) + cast(key, String)
