"""Migrating PostgreSQL while others work with it: one revision at a time, no long locks.

Whoever waits for a lock on a table makes everybody wait who comes after him. So a revision waits
for `LOCK_SECONDS` at most, then gives way, and begins again a moment later. It is a transaction of
its own: what it has locked is free again before the next one begins. Large indexes are built
beforehand, without a lock (decision 0010).

A revision that locks one table after another would meet commands that lock the same tables in
another order, each holding what the other one wants. So whatever it was seen to touch in a try it
locks at the beginning of the next, in the order of the commands: the issue first.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from random import uniform
from time import monotonic, sleep
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError

from models.passing import is_transient, sqlstate

LOCK_SECONDS = 0.2
"""Longest wait of a revision for a lock, and so about the longest that anybody waits for it."""
GIVE_UP_SECONDS = 600.0
"""How long a revision begins again and again while others hold what it needs."""
_PAUSE = (0.2, 1.0)
# Any fixed number will do, as long as nothing else of ours locks it.
_LOCK_KEY = 7_265_900_811
_LOCK_NOT_AVAILABLE = "55P03"
_ALTERED = re.compile(r"\b(?:ALTER|DROP) TABLE (?:IF EXISTS )?\"?(\w+)")
_REFERRED = re.compile(
    r"\bREFERENCES \"?(\w+)|\bCREATE (?:UNIQUE )?INDEX (?:IF NOT EXISTS )?\S+ ON \"?(\w+)"
    r"|\bCREATE (?:OR REPLACE )?TRIGGER .*? ON \"?(\w+)",
    re.DOTALL,
)
_FIRST = ("issue", "task", "project")
log = logging.getLogger(__name__)


class Large(Protocol):
    """An index on a table that may be large: see `migrations.large.LargeIndex`."""

    @property
    def name(self) -> str:
        """Its name."""

    def definition(self) -> str:
        """What stands after CREATE INDEX CONCURRENTLY."""


class Plan(Protocol):
    """What `models.migrate` knows of the revisions."""

    def steps(self, current: str | None) -> Sequence[str]:
        """The revisions that are still to come, in order."""

    def large(self, step: str) -> Sequence[Large]:
        """Indexes that a revision wants to find."""

    def now(self, connection: Connection) -> str | None:
        """The revision of the database."""

    def run(self, connection: Connection, step: str) -> None:
        """Apply a revision."""


class Touched(dict[str, str]):
    """Tables that a revision was seen to touch, and how it locks them."""

    def note(self, statement: str) -> None:
        """Learn from a statement of it."""
        for found in _REFERRED.finditer(statement):
            self.setdefault(next(filter(None, found.groups())), "SHARE ROW EXCLUSIVE")
        for found in _ALTERED.finditer(statement):
            self[found[1]] = "ACCESS EXCLUSIVE"

    def lock(self, connection: Connection) -> None:
        """Lock those that are there already, in the order of the commands."""
        asked = text("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') "
                     "AND pg_table_is_visible(oid) AND relname = ANY(:names)")  # fmt: skip
        there = set(connection.execute(asked, {"names": list(self)}).scalars())
        for name in sorted(there, key=lambda n: (_FIRST.index(n) if n in _FIRST else 9, n)):
            connection.exec_driver_sql(f'LOCK TABLE "{name}" IN {self[name]} MODE')


def upgrade(engine: Engine, plan: Plan) -> None:
    """Apply what is to come. Of two that do so at once each finds what the other one has done."""
    while step := _next(engine, plan):
        for index in plan.large(step):
            _patiently(partial(_build, engine, index))
        _patiently(partial(_apply, engine, plan, step, Touched()))


def alone(connection: Connection) -> None:
    """Wait until nobody else migrates; held until the transaction ends.

    Without parameters it is a simple query. An extended one would hold its snapshot until the next
    statement, and an index that is built concurrently waits for every snapshot.
    """
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")


def _next(engine: Engine, plan: Plan) -> str | None:
    with engine.connect() as connection, connection.begin():
        steps = plan.steps(plan.now(connection))
    return steps[0] if steps else None


def _apply(engine: Engine, plan: Plan, step: str, touched: Touched) -> None:
    with engine.connect() as connection, connection.begin():
        alone(connection)
        if list(plan.steps(plan.now(connection)))[:1] != [step]:
            return  # somebody else was faster
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS * 1000:.0f}ms'")
        touched.lock(connection)
        with _watched(connection, touched):
            plan.run(connection, step)


@contextmanager
def _watched(connection: Connection, touched: Touched) -> Iterator[None]:
    """Have every statement noted."""

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        touched.note(statement)

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", note)


def _build(engine: Engine, index: Large) -> None:
    """Build it while everybody reads and writes. What an earlier try left unfinished goes first.

    The transaction that keeps others from doing the same sees no rows, so nothing waits for it.
    """
    with (
        engine.connect() as guard,
        guard.begin(),
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
    ):
        alone(guard)
        valid = _validity(connection, index.name)
        if valid:
            return
        if valid is False:
            connection.exec_driver_sql(f'DROP INDEX CONCURRENTLY "{index.name}"')
        connection.exec_driver_sql(f"CREATE INDEX CONCURRENTLY {index.definition()}")


def _validity(connection: Connection, name: str) -> bool | None:
    """Whether an index is whole; None where there is none."""
    found: Any = connection.execute(
        text(
            "SELECT indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
            "WHERE relname = :name AND pg_table_is_visible(pg_class.oid)"
        ),
        {"name": name},
    ).scalar()
    return None if found is None else bool(found)


def _patiently(work: Callable[[], None]) -> None:
    """Again and again while others hold what is needed. Raises what it raised last."""
    until = monotonic() + GIVE_UP_SECONDS
    while True:
        try:
            return work()
        except DBAPIError as error:
            passing = sqlstate(error.orig) == _LOCK_NOT_AVAILABLE or is_transient(error)
            if not passing or monotonic() > until:
                raise
            log.info("gave way: %s", error.orig, extra={"action": "migrate.gave_way"})
        sleep(uniform(*_PAUSE))
