"""Processes that want to write to one file queue up, each behind whoever came before it.

Everybody draws a ticket from a small file beside the database and holds the lock of a byte that
stands for it. Whose turn it is holds the byte of the turn: it takes the locks of that byte and of
every earlier ticket, so that it has to wait for all of them and for nobody else. Locks end with the
process that holds them, so that one that is killed, waiting or writing, leaves the line by itself.
(And where a process closes the file, wherever it does: nothing else of ours may open it.)

Like the queue of threads this is a courtesy in front of the database's own lock: where the file
cannot be written, and on systems without these locks, everybody goes ahead.
"""

from __future__ import annotations

import os
import struct
import time
from contextlib import suppress

LOCKS = os.name == "posix"
if LOCKS:
    from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, lockf

_DRAWING, _TURN, _TICKETS = 0, 1, 2
"""Bytes that are locked: to draw a ticket, to have the turn, and from here on one a ticket."""
_NUMBERS = struct.Struct("<QQ")
"""The next ticket, and that of whoever had the turn last, at the beginning of the file."""
_SHORTEST, _LONGEST = 0.0003, 0.01
"""Seconds between two looks: as many of the first as there are before oneself."""


class Line:
    """A place in the line of a file. One thread at a time may use it."""

    __slots__ = ("_file", "_path")

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: int | None = None

    def join(self, seconds: float) -> bool:
        """Wait for the turn, so long at most; False where it did not come."""
        if not LOCKS:
            return False
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            if _lock(self._file, _TURN, 0):  # nobody writes, nobody waits
                lockf(self._file, LOCK_UN, 0, _TICKETS)  # the others may draw tickets
                return True
            if seconds > 0 and _waited(self._file, time.monotonic() + seconds):
                return True
        except OSError:
            pass
        self.leave()
        return False

    def leave(self) -> None:
        """Let the next one go ahead. Without a place in the line nothing happens."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                os.close(file)  # which gives up every lock on it


def _waited(file: int, until: float) -> bool:
    """Draw a ticket and wait until every earlier one is done with."""
    ticket = _ticket(file, until)
    if ticket is None:
        return False
    while not _lock(file, _TURN, _TICKETS + ticket - _TURN):
        if time.monotonic() >= until:
            return False
        before = ticket - _numbers(file)[1]
        time.sleep(min(max(before, 1) * _SHORTEST, _LONGEST))
    os.pwrite(file, _NUMBERS.pack(0, ticket)[8:], 8)
    return True


def _ticket(file: int, until: float) -> int | None:
    while not _lock(file, _DRAWING, 1):
        if time.monotonic() >= until:
            return None
        time.sleep(_SHORTEST)
    ticket = _numbers(file)[0]
    os.pwrite(file, _NUMBERS.pack(ticket + 1, 0)[:8], 0)
    drawn = _lock(file, _TICKETS + ticket, 1)
    lockf(file, LOCK_UN, 1, _DRAWING)
    return ticket if drawn else None


def _numbers(file: int) -> tuple[int, int]:
    """The next ticket and the one served last; a file that is new begins with the first."""
    found = os.pread(file, _NUMBERS.size, 0).ljust(_NUMBERS.size, b"\0")
    following, served = _NUMBERS.unpack(found)
    return following, served


def _lock(file: int, start: int, length: int) -> bool:
    """Take a stretch of bytes, to the end where `length` is 0, unless somebody else has any."""
    try:
        lockf(file, LOCK_EX | LOCK_NB, length, start)
    except BlockingIOError:
        return False
    except PermissionError:  # so some systems say that it is taken
        return False
    return True
