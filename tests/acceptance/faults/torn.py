"""A line between programs and PostgreSQL that tears at random bytes, or loses what goes one way."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random

from tests.proxy import Proxy

MEAN_BYTES = 30_000
"""After how many bytes a connection tears on average: some statements later, or in its greeting."""
DEAF_SECONDS = 0.2


@dataclass
class Torn(Proxy):
    """While `tearing`, each new connection lives for a random number of bytes, either way.

    Then it is hung up in the middle of whatever is said; or, with `one_way`, what comes from that
    side is lost from there on, while the other side is still heard, for a while.
    """

    chance: Random = field(default_factory=Random)
    one_way: bool = False
    tearing: bool = True
    tears: int = 0

    def serve(self, client: socket.socket) -> None:
        """Pass on both ways; the shorter of two lives ends the connection."""
        server = self.connect()
        lives = [self._life(), self._life()] if self.tearing else [None, None]
        self._begin(self._carry, server, client, lives[0])
        self._carry(client, server, lives[1])

    def rest(self) -> None:
        """Tear no more; what is connected is hung up on a last time."""
        self.tearing = False
        self.cut()

    def _life(self) -> int:
        return int(self.chance.expovariate(1 / MEAN_BYTES))

    def _carry(self, source: socket.socket, target: socket.socket, life: int | None) -> None:
        try:
            while part := source.recv(65536):
                if life is not None and len(part) > life:
                    target.sendall(part[:life])
                    self.tears += 1
                    if self.one_way:
                        _swallow(source, self.chance.uniform(0, DEAF_SECONDS))
                    return
                life = None if life is None else life - len(part)
                target.sendall(part)
        finally:
            for line in (source, target):
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)


def _swallow(source: socket.socket, seconds: float) -> None:
    """Read and lose what comes."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        source.settimeout(left)
        try:
            if not source.recv(65536):
                return
        except TimeoutError:
            return


@contextmanager
def torn(target: int | str, seed: int, *, one_way: bool) -> Iterator[Torn]:
    """A line that tears."""
    line = Torn(target, chance=Random(seed), one_way=one_way)
    try:
        yield line
    finally:
        line.close()
