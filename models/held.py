"""A commit that a standby holds up is not waited for without end.

No limit of PostgreSQL's ends that wait, and it must not be asked to: a commit that is cancelled
then is called done although only the primary has it. So it is left alone. Whoever called hangs up
and asks after it (`models.marks`), while the server goes on waiting and shows nobody what it holds.

Each such commit takes one of the server's connections with it. So, as long as one stands still, no
other is begun: it is refused before it has done anything, and who only reads is served.

Only at the edges (`models.attempts.run`), where somebody waits for the answer. Workers wait.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from time import monotonic
from typing import Any

from sqlalchemy import Engine

from models.attempts import current
from models.beginning import LOOK, READ, intended, teach

_STANDS_STILL = """
SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'
AND datname = current_database() AND query_start < clock_timestamp() - make_interval(secs => %s)
"""


class _Overdue(Exception):
    """The server did not answer in time."""


def bound_commits(engine: Engine, seconds: float) -> None:
    """Wait for a commit so many seconds; with 0 for as long as it takes."""
    if seconds:
        dialect = engine.dialect
        watch = _Watch(seconds, dialect.do_begin, dialect.do_commit, dialect.loaded_dbapi)
        teach(engine, do_begin=watch.begin, do_commit=watch.commit)


class _Watch:
    """How an engine's transactions begin and end. `suspicious`: some commit was not answered."""

    def __init__(self, seconds: float, begin: Any, commit: Any, driver: Any) -> None:
        self.seconds, self._begin, self._commit, self._driver = seconds, begin, commit, driver
        self.suspicious = False

    def begin(self, held: Any) -> None:
        """Begin, unless it is for writing and commits stand still."""
        reading = intended(held) in (READ, LOOK)
        self._begin(held)
        if self.suspicious and not reading and current() is not None:
            self._look(held.dbapi_connection)

    def commit(self, held: Any) -> None:
        """Commit. Raises the driver's error for a lost connection when that takes too long."""
        if current() is None:
            self._commit(held)
            return
        raw = held.dbapi_connection
        raw.wait = partial(_wait, raw, monotonic() + self.seconds)
        try:
            raw.commit()
        except _Overdue as overdue:
            self.suspicious = True
            raw.close()
            raise self._driver.OperationalError("a commit was not answered in time") from overdue
        finally:
            del raw.wait

    def _look(self, raw: Any) -> None:
        if raw.execute(_STANDS_STILL, (self.seconds,)).fetchone()[0]:
            told = "commits stand still: a standby does not answer"
            raise self._driver.errors.LockNotAvailable(told)
        self.suspicious = False


def _wait(raw: Any, until: float, talk: Any, *given: Any, **named: Any) -> Any:
    return type(raw).wait(raw, _no_longer(talk, until), *given, **named)


def _no_longer(talk: Any, until: float) -> Generator[Any, Any, Any]:
    """A talk of the driver's with the server; it is woken every so often while nothing comes."""
    try:
        wanted = next(talk)
        while True:
            ready = yield wanted
            if not ready and monotonic() > until:
                raise _Overdue
            wanted = talk.send(ready)
    except StopIteration as ended:
        return ended.value
