"""What is held in memory of people, calendars and definitions: the newest editions, no more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
Key = tuple[Any, ...]
"""A kind, its edition or version, and what else tells one from another."""
EDITIONED = frozenset({"people", "exceptions", "calendar"})
NEWEST = 2
"""Editions kept: the one in force, and the one that longer transactions still see."""
MOST = 256
"""Values kept of each kind: calendars of units under several policies, versions of definitions."""
_MISSING: Any = object()


class Editions:
    """Values by key. Reading takes no lock; what was thrown away is made again."""

    __slots__ = ("_kept", "_lock")

    def __init__(self) -> None:
        self._kept: dict[Key, Any] = {}
        self._lock = threading.Lock()

    def get(self, key: Key, make: Callable[[], T]) -> T:
        """The value of that key, made when it is not there."""
        found: T = self._kept.get(key, _MISSING)
        if found is _MISSING:
            found = make()
            with self._lock:
                self._kept[key] = found
                self._forget_old(key[0])
        return found

    def __len__(self) -> int:
        return len(self._kept)

    def _forget_old(self, kind: str) -> None:
        keys = [key for key in self._kept if key[0] == kind]
        gone = keys[:-MOST]
        if kind in EDITIONED:
            newest = sorted({key[1] for key in keys})[-NEWEST:]
            gone += [key for key in keys[-MOST:] if key[1] not in newest]
        for key in gone:
            del self._kept[key]
