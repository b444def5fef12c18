"""What a ledger's import keeps: rows taken before, savepoints, and the database's refusals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import DataError, IntegrityError

from config.i18n import gettext as _
from models import tables
from models.bulk import Insertion, writer
from models.db import Session
from workflow.errors import Reason
from workflow.ledgers.decode import Entry

_IMPORTED, _ISSUE = tables.imported_row, tables.issue
_COLUMNS = ("source_system", "source_id", "issue_id", "payload", "imported_at")
_INSERT = Insertion(_IMPORTED, _COLUMNS)
_REPLACE = (
    update(_IMPORTED)
    .where(_IMPORTED.c.id == bindparam("row_id"))
    .values(payload=bindparam("new"), imported_at=bindparam("at"))
)


@contextmanager
def savepoint(s: Session) -> Iterator[None]:
    """Undo what the block wrote if it raises, and what the transaction's memo noted meanwhile.

    Said to the driver: through SQLAlchemy it would be a fifth of an import.
    """
    noted = {key: copy(value) for key, value in s.memo.items()}
    s.send("SAVEPOINT row", [()])
    try:
        yield
        s.send("RELEASE SAVEPOINT row", [()])
    except BaseException:
        s.memo.clear()
        s.memo.update(noted)
        if not s.conn.invalidated:
            s.send("ROLLBACK TO SAVEPOINT row", [()])
            s.send("RELEASE SAVEPOINT row", [()])
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


def known(s: Session, source_system: str, ids: list[str]) -> dict[str, Any]:
    """Rows imported before, by id, with the state of their issues."""
    chosen = (
        select(
            _IMPORTED.c.id,
            _IMPORTED.c.source_id,
            _IMPORTED.c.payload,
            _IMPORTED.c.issue_id,
            _ISSUE.c.number,
            _ISSUE.c.state,
            _ISSUE.c.dispatched_at,
        )
        .join(_ISSUE, _ISSUE.c.id == _IMPORTED.c.issue_id)
        .where(_IMPORTED.c.source_system == source_system, _IMPORTED.c.source_id.in_(ids))
    )
    return {row.source_id: row for row in s.execute(chosen)}


def known_ids(s: Session, source_system: str, ids: list[str]) -> set[str]:
    """Those of the ids that were imported before."""
    chosen = select(_IMPORTED.c.source_id).where(
        _IMPORTED.c.source_system == source_system, _IMPORTED.c.source_id.in_(ids)
    )
    return {row.source_id for row in s.execute(chosen)}


def remember(s: Session, source_system: str, entries: list[Entry], now: datetime) -> None:
    """Record the rows that became issues, so that the next import knows them."""
    if not entries:
        return
    chosen = select(_ISSUE.c.id, _ISSUE.c.source_id).where(
        _ISSUE.c.source_system == source_system,
        _ISSUE.c.source_id.in_([e.source_id for e in entries]),
    )
    issues = {row.source_id: row.id for row in s.execute(chosen)}
    write = [writer(s.dialect, _IMPORTED, name) for name in _COLUMNS]
    _INSERT.run(
        s,
        [
            (source_system, e.source_id, issues[e.source_id], write[3](e.payload), write[4](now))
            for e in entries
        ],
    )


def replace(s: Session, row_id: int, entry: Entry, now: datetime) -> None:
    """Record what a row says now, in place of what it said."""
    s.execute(_REPLACE, {"row_id": row_id, "new": entry.payload, "at": now})
