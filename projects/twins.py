"""Two who write the first row of a key at once: the slower one is refused in words.

PostgreSQL lets both look, and tells the second only when it inserts. SQLite has one writer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import IntegrityError

from models.db import Session

_UNIQUE = "23505"
_SQLITE = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
_SAYS = "UNIQUE constraint failed: "


def table_of(error: IntegrityError) -> str:
    """The table that holds the key already; empty where something else than a key was hurt."""
    driver: Any = error.orig
    if getattr(driver, "sqlstate", None) == _UNIQUE:
        return str(driver.diag.table_name or "")
    if getattr(driver, "sqlite_errorname", "") in _SQLITE:
        return str(driver).removeprefix(_SAYS).partition(".")[0]
    return ""


@contextmanager
def refusing_twins(s: Session, table: str, refuse: Callable[[], None]) -> Iterator[None]:
    """Write inside; where the key of that table was taken meanwhile, `refuse` is called, which
    raises. What else is wrong is raised as it is."""
    try:
        with s.conn.begin_nested():
            yield
    except IntegrityError as error:
        if table_of(error) != table:
            raise
        refuse()
        raise
