"""Processes outlive their database, and a machine with much to do is given more time.

What is interrupted by a lost connection is tried again later. Whoever waits for something does not
go by the clock alone: where a processor is shared by five, a second counts a fifth.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import InterfaceError, OperationalError

from models.attempts import AnswerLost, CommitUnknown
from tests.acceptance.faults import TIMES

PAUSE = 0.05
"""Seconds before the next try."""
MOST = 240.0 * TIMES
"""Seconds that a step may take on a machine that does nothing else. Most take one or two."""
GAP = 5.0
"""A longer one between two looks is the machine's: it stood still."""


@contextmanager
def patiently() -> Iterator[None]:
    """Give a piece of work up when the database is away, and breathe."""
    try:
        yield
    except (OperationalError, InterfaceError, AnswerLost, CommitUnknown):
        time.sleep(PAUSE)


def sharing() -> float:
    """How many want a processor at the same time, on average over the last minute; at least 1."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


class Patience:
    """Seconds that run out, the more slowly the more the machine has to do."""

    def __init__(self, seconds: float = MOST) -> None:
        self.left, self._seen = seconds, time.monotonic()

    def lasts(self) -> bool:
        """Whether any is left; to be asked again and again."""
        now = time.monotonic()
        self.left -= min(now - self._seen, GAP) / sharing()
        self._seen = now
        return self.left > 0


def until(holds: Callable[[], bool], what: str, told: Callable[[], object] = str) -> None:
    """Wait for something that must come; `told` says more when it does not."""
    patience = Patience()
    while not holds():
        assert patience.lasts(), f"never: {what} {told()}"
        time.sleep(PAUSE)


def ended(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> int:
    """Wait for a process that must come to its end; its exit code."""
    until(lambda: process.poll() is not None, "its end")
    return int(process.returncode)
