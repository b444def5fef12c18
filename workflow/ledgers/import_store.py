"""What a ledger's import keeps: rows taken before, savepoints, and the database's refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Select, bindparam, cast, func, select, true, update
from sqlalchemy.exc import DataError, IntegrityError

from config.i18n import gettext as _
from models import tables
from models.bulk import Insertion, writer
from models.db import Session
from models.statements import PerDialect, among
from workflow.errors import Reason
from workflow.ledgers.decode import Entry

_IMPORTED, _ISSUE = tables.imported_row, tables.issue
_COLUMNS = ("source_system", "source_id", "issue_id", "payload", "imported_at")
_INSERT = Insertion(_IMPORTED, _COLUMNS)
Fresh = list[tuple[Entry, int | None]]
"""Rows that became issues, each with its issue's id where that is known already."""
_REPLACE = (
    update(_IMPORTED)
    .where(_IMPORTED.c.id == bindparam("row_id"))
    .values(payload=bindparam("new"), imported_at=bindparam("at"))
)


SAVEPOINT, RELEASE = "SAVEPOINT row", "RELEASE SAVEPOINT row"
TAKE_BACK = "ROLLBACK TO SAVEPOINT row"


@contextmanager
def savepoint(s: Session) -> Iterator[None]:
    """Undo what the block wrote if it raises, and what the transaction's memo noted meanwhile.

    Said to the driver: through SQLAlchemy it would be a fifth of an import.
    """
    noted = {key: copy(value) for key, value in s.memo.items()}
    s.send(SAVEPOINT, [()])
    try:
        yield
        s.send(RELEASE, [()])
    except BaseException:
        s.memo.clear()
        s.memo.update(noted)
        if not s.conn.invalidated:
            s.send(TAKE_BACK, [()])
            s.send(RELEASE, [()])
        raise


def database_errors(s: Session) -> tuple[type[Exception], ...]:
    """What a database says against a row: through SQLAlchemy, or as the driver itself does."""
    driver: Any = s.conn.dialect.loaded_dbapi
    return IntegrityError, DataError, driver.IntegrityError, driver.DataError


def database_refusal(error: Exception) -> Reason:
    """The refusal of a row that the database would not store."""
    if type(error).__name__ in ("IntegrityError", "UniqueViolation"):
        return Reason(
            "already_there",
            _("An issue with this id exists already."),
            "source_id",
            _("Import again; if it stays, the id was used outside this import."),
        )
    return Reason(
        "refused_by_database",
        _("The database cannot store this row."),
        "",
        _("Look for unusual characters and numbers."),
    )


def _rows(columns: tuple[Any, ...], source: Any, dialect: str) -> Select[Any]:
    """Rows imported before with the ids bound as `keys`. PostgreSQL looks each id up by itself:
    it plans once for all batches, and would go on reading all of a table that began empty."""
    chosen = select(*columns).select_from(source).where(_IMPORTED.c.source_system == _SYSTEM)
    if dialect == "sqlite":
        return chosen.where(among(_IMPORTED.c.source_id, dialect))
    key = func.json_array_elements_text(cast(bindparam("keys"), JSON)).table_valued("value")
    row = chosen.where(_IMPORTED.c.source_id == key.c.value).limit(1).lateral()
    return select(row).select_from(key.join(row, true()))


_SYSTEM: Any = bindparam("system")
_WHAT = (
    _IMPORTED.c.id, _IMPORTED.c.source_id, _IMPORTED.c.payload, _IMPORTED.c.issue_id,
    _ISSUE.c.number, _ISSUE.c.state, _ISSUE.c.dispatched_at,
)  # fmt: skip
_WITH_ISSUE = _IMPORTED.join(_ISSUE, _ISSUE.c.id == _IMPORTED.c.issue_id)
_KNOWN = PerDialect(lambda dialect: _rows(_WHAT, _WITH_ISSUE, dialect))
_ISSUES = PerDialect(
    lambda dialect: _rows((_IMPORTED.c.source_id, _IMPORTED.c.issue_id), _IMPORTED, dialect)
)


def known(s: Session, source_system: str, ids: list[str]) -> dict[str, Any]:
    """Rows imported before, by id, with the state of their issues."""
    asked = {"system": source_system, "keys": json.dumps(ids)}
    return {row.source_id: row for row in _KNOWN.of(s).rows(s, asked)}


def issues_of(s: Session, source_system: str, ids: list[str]) -> dict[str, int]:
    """Issues of those of the ids that were imported before."""
    asked = {"system": source_system, "keys": json.dumps(ids)}
    return {row["source_id"]: row["issue_id"] for row in _ISSUES.all(s, asked)}


def remembered(
    s: Session, source_system: str, fresh: Fresh, now: datetime
) -> list[tuple[str, list[Any]]]:
    """What records the rows that became issues, so that the next import knows them."""
    asked = [entry.source_id for entry, issue in fresh if issue is None]
    found = _reported(s, source_system, asked)
    payload, moment = (writer(s.dialect, _IMPORTED, name) for name in _COLUMNS[3:])
    at = moment(now)
    rows = [
        (source_system, e.source_id, issue or found[e.source_id], payload(e.payload), at)
        for e, issue in fresh
    ]
    return [_INSERT.bound(s, rows)] if rows else []


def _reported(s: Session, source_system: str, ids: list[str]) -> dict[str | None, int]:
    """Issues by their id in that system."""
    if not ids:
        return {}
    chosen = select(_ISSUE.c.id, _ISSUE.c.source_id).where(
        _ISSUE.c.source_system == source_system, _ISSUE.c.source_id.in_(ids)
    )
    return {row.source_id: row.id for row in s.execute(chosen)}


def replace(s: Session, row_id: int, entry: Entry, now: datetime) -> None:
    """Record what a row says now, in place of what it said."""
    s.execute(_REPLACE, {"row_id": row_id, "new": entry.payload, "at": now})
