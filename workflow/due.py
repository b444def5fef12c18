"""What has come due: looked for through partial indexes, and claimed under lock."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, literal_column, select

from models import tables
from models.db import Database, Session
from models.glance import glance
from models.heads import forget_head
from models.statements import PerDialect, Statement, among

COLUMNS = {
    "task": tables.task.c.next_rung_at,
    "issue": tables.issue.c.next_rung_at,
}
"""The moments at which the clock has work, in the order in which a sweep goes through them."""


def _claimed(column: Any, issue_id: Any, dialect: str) -> Select[Any]:
    statement = select(tables.issue.c.id).where(
        column <= bindparam("now"), ~among(issue_id, dialect)
    )
    if column.table is tables.task:
        statement = statement.join(tables.task, tables.task.c.issue_id == tables.issue.c.id)
    return (
        statement.order_by(column)
        .limit(bindparam("batch"))
        .with_for_update(of=tables.issue, skip_locked=True)
    )


def _first(column: Any, *those: Any) -> Select[Any]:
    return select(column).where(*those).order_by(column).limit(literal_column("1"))


_CLAIM = {
    "task": PerDialect(lambda dialect: _claimed(COLUMNS["task"], tables.task.c.issue_id, dialect)),
    "issue": PerDialect(lambda dialect: _claimed(COLUMNS["issue"], tables.issue.c.id, dialect)),
}
_LOOK = Statement(
    select(
        *(
            _first(column, column <= bindparam("now")).scalar_subquery().label(name)
            for name, column in COLUMNS.items()
        )
    )
)
_AMONG_FIRST = {
    name: Statement(
        select(func.count()).select_from(
            select(column).where(column <= bindparam("now")).limit(bindparam("most")).subquery()
        )
    )
    for name, column in COLUMNS.items()
}
_NEXT = {name: _first(column, column.is_not(None)) for name, column in COLUMNS.items()}


def look(db: Database, now: datetime) -> list[str]:
    """Which of `COLUMNS` hold something that is due: in one glance, which takes no lock."""
    with glance(db) as s:
        found = _LOOK.raw(s, {"now": now})[0]
    return [name for name, at in zip(COLUMNS, found, strict=True) if at is not None]


def are_more_than(db: Database, most: int, name: str, now: datetime) -> bool:
    """Whether more than so many of a kind are due."""
    with glance(db) as s:
        found: int = _AMONG_FIRST[name].raw(s, {"now": now, "most": most + 1})[0][0]
    return found > most


def claim(s: Session, name: str, now: datetime, most: int, without: Collection[int]) -> list[int]:
    """Ids of issues with something due, earliest first, locked; those in other hands left out."""
    values = {"now": now, "batch": most, "keys": json.dumps(sorted(without))}
    found = list(dict.fromkeys(row[0] for row in _CLAIM[name].of(s).raw(s, values)))
    forget_head(s)  # what is in force is what holds under their locks
    return found


def next_due(s: Session) -> datetime | None:
    """The earliest moment at which anything will be due."""
    found = [s.execute(statement).scalar() for statement in _NEXT.values()]
    return min((at for at in found if at is not None), default=None)
