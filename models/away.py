"""Whether an error says that the database is away, full or busy: nobody's fault but its own.

Work that met such an error is tried again as it is, by whoever runs it, once the database answers;
it must not be held against the row that was being worked at.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
_CLASSES = ("08", "53", "57P")
"""SQLSTATE: connection exceptions, no resources left (disk, memory, sessions), shut down."""
_READ_ONLY = "25006"
"""A primary that has become a standby."""


def is_away(error: BaseException) -> bool:
    """Whether an error of the database layer says that the database could not do its work now."""
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    if not isinstance(error, (OperationalError, InterfaceError)):
        return bool(getattr(error.orig, "sqlstate", None) == _READ_ONLY)
    if isinstance(error.orig, sqlite3.Error):
        return (getattr(error.orig, "sqlite_errorcode", 0) or 0) & 0xFF in _SQLITE
    state = getattr(error.orig, "sqlstate", None)
    return state is None or state.startswith(_CLASSES)
