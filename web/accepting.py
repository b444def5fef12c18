"""Which of several web processes takes a connection: one that holds no more than the others.

They share a listening socket, and whoever is woken first would take all that wait there: eight
clients that kept their connections all met with one process, while the other had nothing to do
(decision 0011). So each process says how many it holds, and who holds more than another lets that
one go first, but for a moment only: a process that hangs or has died holds nobody up.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from errno import EMFILE, ENFILE, ENOBUFS, ENOMEM
from multiprocessing.sharedctypes import RawArray
from typing import Any

SLOTS = 256
"""More than there are web processes. Two that meet in one slot are balanced less well, no more."""
NOBODY = -1
COURTESY = 0.005
"""Seconds that a fuller process waits for an emptier one, which is long for one that is idle."""
EXHAUSTED = 1.0
"""Seconds without new connections for a process that has no file descriptor left."""
_OUT_OF = frozenset({EMFILE, ENFILE, ENOBUFS, ENOMEM})


class Held:
    """How many connections each process holds, in memory that they share from their start."""

    def __init__(self) -> None:
        self._counts: Any = RawArray("i", [NOBODY] * SLOTS)

    def say(self, connections: int) -> None:
        """This process holds so many."""
        self._counts[os.getpid() % SLOTS] = connections

    def forget(self, pid: int) -> None:
        """That process has ended."""
        self._counts[pid % SLOTS] = NOBODY

    def fewest_of_others(self) -> int | None:
        """What the emptiest of the other processes holds; None where there is no other."""
        own = os.getpid() % SLOTS
        others = (n for slot, n in enumerate(self._counts) if slot != own and n != NOBODY)
        return min(others, default=None)


class Door:
    """Takes connections from a listening socket and gives each a protocol. `held` counts those
    that are there; between two calls of `say` only those that come are counted."""

    def __init__(
        self,
        listener: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        held: Callable[[], int],
        shared: Held,
    ) -> None:
        self._listener, self._protocol = listener, protocol
        self._held, self._shared, self._count = held, shared, 0
        self._coming: set[asyncio.Task[Any]] = set()
        self._later: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Take connections from now on."""
        self._later = None
        asyncio.get_running_loop().add_reader(self._listener, self._knock)

    def close(self) -> None:
        """Take no more."""
        asyncio.get_running_loop().remove_reader(self._listener)
        if self._later is not None:
            self._later.cancel()

    def say(self) -> None:
        """Count, and tell the other processes: connections end without a word to the door."""
        self._count = self._held()
        self._shared.say(self._count)

    def _knock(self) -> None:
        fewest = self._shared.fewest_of_others()
        if fewest is not None and self._count > fewest:
            self._pause(COURTESY, self._insist)
        else:
            self._take()

    def _insist(self) -> None:
        """Nobody emptier may have come: then it is for us."""
        self.open()
        self._take()

    def _take(self) -> None:
        try:
            taken, _address = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another process was faster, or the caller is gone
        except OSError as error:
            if error.errno not in _OUT_OF:
                raise
            self._pause(EXHAUSTED, self.open)
            return
        self._count += 1
        self._shared.say(self._count)
        self._welcome(taken)

    def _welcome(self, taken: socket.socket) -> None:
        taken.setblocking(False)
        loop = asyncio.get_running_loop()
        coming = loop.create_task(loop.connect_accepted_socket(self._protocol, taken))
        self._coming.add(coming)
        coming.add_done_callback(self._coming.discard)

    def _pause(self, seconds: float, then: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listener)
        self._later = loop.call_later(seconds, then)
