"""Reads of one process go one after the other where the database is a file.

SQLite works inside the process, and Python runs one thread at a time: reads side by side end no
sooner, but at each row they hand the interpreter to and fro, which made them cost up to twice the
processor time (decision 0011). Writes wait for the disk, and reads from PostgreSQL for its server:
they do not queue up.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 0.25
"""Seconds. Whoever has waited so long goes ahead: what is slow must not hold up what is quick."""


class Turnstile:
    """Lets one through at a time; without `needed`, everybody."""

    __slots__ = ("_lock",)

    def __init__(self, *, needed: bool) -> None:
        self._lock = threading.Lock() if needed else None

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Wait for whoever is inside, but not for long."""
        taken = self._lock is not None and self._lock.acquire(timeout=PATIENCE)
        try:
            yield
        finally:
            if taken and self._lock is not None:
                self._lock.release()
