"""Writers of a SQLite file take turns: who came first writes first.

SQLite lets everybody who finds the file locked try again after pauses that grow, so that of eight
writers one may wait for seconds. Here the writers of a process queue up, each woken by the one
before, and whoever is first queues up with other processes (`models.line`). The queues only say who
tries next: the lock of the file itself stays what keeps writers apart, so that whoever does not
queue does no harm.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from pathlib import Path

from models.line import Line


class Turns:
    """A queue of threads, served in the order in which they came; `line`: that of processes."""

    __slots__ = ("_holder", "_line", "_lock", "_waiting")

    def __init__(self, line: Line) -> None:
        self._line = line
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._holder: int | None = None

    def take(self, seconds: float) -> bool:
        """Wait for the turn; False if it did not come in time, or is this thread's already. Who has
        it among the threads has it, whether or not other processes have let us in by then."""
        until = time.monotonic() + seconds
        if not self._first(seconds):
            return False
        self._line.join(max(0.0, until - time.monotonic()))
        return True

    def _first(self, seconds: float) -> bool:
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
        self._line.leave()
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
        path = str(Path(database).resolve())
        if path not in _TURNS:
            _TURNS[path] = Turns(Line(f"{path}-turn"))
        return _TURNS[path]
