"""Which faults of a database pass by themselves, and which say that a connection is of no use."""

from __future__ import annotations

from errno import EDQUOT, EFBIG, EIO, ENOSPC, EROFS
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

_SHUT_DOWN = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03"})
"""Shut down by an administrator or after a crash, starting up, cut off while idle."""
_READ_ONLY = frozenset({"25006"})
"""The server is a standby now: another host takes the writes."""
_UNDONE = frozenset({"40001", "40P01", "53300", "26000"})
"""Serialization failure, deadlock, too many connections, a prepared statement that does not hold
any more (`models.wire`): the same work may succeed next time."""
_WAITED = frozenset({"55P03", "57014"})
"""A lock or a statement took longer than it may."""

_OUT = tuple(
    f"SQLITE_{name}"
    for name in ("BUSY", "LOCKED", "FULL", "IOERR", "READONLY", "CANTOPEN", "NOMEM")
)
"""What SQLite says of a file that nobody can write now. PostgreSQL's class 53: no room left."""
_UNWRITABLE = tuple(f"SQLITE_{name}" for name in ("FULL", "IOERR", "READONLY", "CANTOPEN"))
_DISK_STATES = frozenset({"53100", "58030"})
"""PostgreSQL's words for a disk that is full, or that fails."""
_DISK_ERRORS = frozenset({ENOSPC, EDQUOT, EFBIG, EIO, EROFS})


def sqlstate(error: BaseException | None) -> str | None:
    """The SQLSTATE that PostgreSQL gave an error, if it gave one."""
    found = getattr(error, "sqlstate", None)
    return str(found) if found else None


def is_gone(error: BaseException | None) -> bool:
    """Whether a driver's error says that its connection is of no more use."""
    state = sqlstate(error)
    return state is not None and (
        state in _SHUT_DOWN or state in _READ_ONLY or state.startswith("08")
    )


def known(conn: Connection, sql: str, values: Any, error: Any) -> Exception:
    """The driver's error as SQLAlchemy's, so that every road raises the same; a connection that
    is lost is not used again."""
    dialect: Any = conn.dialect
    raw = conn.connection.dbapi_connection
    lost = is_gone(error) or dialect.is_disconnect(error, raw, None)
    if lost:
        conn.invalidate(error)
    base = dialect.loaded_dbapi.Error
    found: Exception = DBAPIError.instance(
        sql, values, error, base,
        hide_parameters=True, dialect=dialect, connection_invalidated=lost,
    )  # fmt: skip
    return found


def is_lost(error: BaseException) -> bool:
    """Whether a connection was lost or could not be made, in SQLAlchemy's words or the driver's."""
    driver = getattr(error, "orig", None) or error
    if getattr(error, "connection_invalidated", False) or is_gone(driver):
        return True
    # libpq's own errors bear no SQLSTATE: nothing of them came from the server
    return sqlstate(driver) is None and any(
        kind.__name__ == "OperationalError" and kind.__module__.startswith("psycopg")
        for kind in type(driver).__mro__
    )


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed in a moment.

    SQLite's locks do not count: whoever meets one has waited for it already.
    """
    if not isinstance(error, DBAPIError):
        return False
    return is_lost(error) or sqlstate(error.orig) in _UNDONE


def is_busy(error: BaseException) -> bool:
    """Whether a caller may come back in a moment: whatever passes, and waits that were too long."""
    if is_transient(error):
        return True
    driver: Any = getattr(error, "orig", None)
    name = str(getattr(driver, "sqlite_errorname", ""))
    return sqlstate(driver) in _WAITED or name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def is_away(error: BaseException) -> bool:
    """Whether the database can do nobody's work now: it is gone, full, broken or locked.

    What met it must not be held against the row that was being worked at.
    """
    if not isinstance(error, DBAPIError):
        return False
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    return is_lost(error) or (sqlstate(error.orig) or "").startswith("53") or name.startswith(_OUT)


def is_unwritable(error: BaseException) -> bool:
    """Whether a disk is full, broken or closed to writers: the database's, or that of our files.

    What was under way was not saved.
    """
    if isinstance(error, OSError):
        return error.errno in _DISK_ERRORS
    if not isinstance(error, DBAPIError):
        return False
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    return sqlstate(error.orig) in _DISK_STATES or name.startswith(_UNWRITABLE)
