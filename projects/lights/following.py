"""Lights that follow a command at once, in its own transaction.

A command that has changed what a light rests on says so (`follow`); a command that changes many
records, one by one, wraps that work in `together`, and their lights are set once, at its end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from models.db import Session
from projects.lights.setting import refresh

_WAITING = "lights.waiting"


def follow(s: Session, now: datetime, ids: Collection[int]) -> None:
    """Set the lights of these projects now, or at the end of the work that is done `together`."""
    waiting: set[int] | None = s.memo.get(_WAITING)
    if waiting is not None:
        waiting.update(ids)
    elif ids:
        refresh(s, now, ids)


@contextmanager
def together(s: Session, now: datetime) -> Iterator[None]:
    """Set the lights of everything that is changed in this block once, when it ends well."""
    if _WAITING in s.memo:
        yield
        return
    s.memo[_WAITING] = set()
    try:
        yield
    finally:
        waiting: set[int] = s.memo.pop(_WAITING)  # a savepoint that fails puts a copy there
    follow(s, now, waiting)
