"""Statements compiled once for all databases of a test run.

Nearly every test has a database of its own, and SQLAlchemy keeps what it has compiled with the
engine: each test would compile the same statements again, a fifth of all its work. A program has
one database, so this is for the tests only.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from models import engines

MOST = 5000
"""How many statements of one kind of database are kept, before all are made anew."""
_made = engines.make_engine


class Compiled(dict[Any, Any]):
    """What SQLAlchemy keeps under a dialect and a statement, under the statement alone.

    Our engines of one kind are all made alike, for servers of one version: what one of their
    dialects compiles, each of the others would.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        """The compiled statement, if it is there."""
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        if len(self) >= MOST:
            self.clear()
        super().__setitem__(key[1:], compiled)


_KEPT: dict[str, Compiled] = {}


def make_engine(url: str, limits: engines.Limits | None = None) -> Engine:
    """An engine as the program makes it, that shares what it compiles."""
    made = _made(url, limits)
    made.update_execution_options(compiled_cache=_KEPT.setdefault(made.name, Compiled()))
    return made
