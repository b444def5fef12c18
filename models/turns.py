"""Writers of a SQLite file take turns: who came first writes first.

SQLite lets everybody who finds the file locked try again after pauses that grow, so that of eight
writers one may wait for seconds. Here the writers of a process queue up, each woken by the one
before. The queue only says who tries next: the lock of the file itself stays what keeps writers
apart, so that whoever does not queue, in this process or another, does no harm.
"""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

_HELD = "xiaohao_turn"


class Turns:
    """A queue of threads, served in the order in which they came."""

    __slots__ = ("_holder", "_lock", "_waiting")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._holder: int | None = None

    def take(self, seconds: float) -> bool:
        """Wait for the turn; False if it did not come in time, or is this thread's already."""
        me = threading.get_ident()
        with self._lock:
            if self._holder is None:
                self._holder = me
                return True
            if self._holder == me or seconds <= 0:
                return False
            gate = threading.Lock()
            gate.acquire()
            self._waiting.append(gate)
        if not gate.acquire(timeout=seconds):
            with self._lock:
                if gate in self._waiting:
                    self._waiting.remove(gate)
                    return False
        with self._lock:  # it was handed over, perhaps at the last moment
            self._holder = me
        return True

    def give(self) -> None:
        """Hand the turn to whoever waits longest. Any thread may give what another has taken."""
        with self._lock:
            if self._waiting:
                self._holder = 0  # nobody's thread, but taken
                self._waiting.popleft().release()
            else:
                self._holder = None


_TURNS: dict[str, Turns] = {}
_MAKING = threading.Lock()


def turns_of(database: str) -> Turns:
    """The queue of a file, the same for every engine of this process."""
    with _MAKING:
        return _TURNS.setdefault(str(Path(database).resolve()), Turns())


def take_turns(engine: Engine, database: str | None, seconds: float) -> None:
    """Let an engine's writing transactions queue up before they begin, `seconds` at most.

    To be called before whatever begins a transaction is listened for. A transaction that is
    marked as reading, or as in a hurry, does not wait.
    """
    if not database or database == ":memory:":
        return
    turns = turns_of(database)

    def begin(conn: Connection) -> None:
        options = conn.get_execution_options()
        if options.get("xiaohao_read", False):
            return
        wait = 0.0 if options.get("xiaohao_hurry", False) else seconds
        if turns.take(wait):
            conn.connection.info[_HELD] = True

    def end(_raw: Any, record: Any) -> None:
        if record.info.pop(_HELD, False):
            turns.give()

    event.listen(engine, "begin", begin)
    event.listen(engine, "checkin", end)
