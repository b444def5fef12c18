"""Processes outlive their database: what a lost connection interrupted is tried again later."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import InterfaceError, OperationalError

from models.attempts import AnswerLost, CommitUnknown

PAUSE = 0.05
"""Seconds before the next try."""


@contextmanager
def patiently() -> Iterator[None]:
    """Give a piece of work up when the database is away, and breathe."""
    try:
        yield
    except (OperationalError, InterfaceError, AnswerLost, CommitUnknown):
        time.sleep(PAUSE)
