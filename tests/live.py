"""The portal behind a real server on a loopback port, and bytes sent to it as they are."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

SECONDS = 60
"""How long an answer may take before the test fails."""


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does."""
        await super().startup(sockets)
        self.listening.set()


@dataclass(frozen=True, slots=True)
class Wire:
    """Where the server listens."""

    port: int

    def send(self, *parts: bytes, finish: bool = False) -> bytes:
        """Send bytes and read until the server hangs up (or has nothing more to say).

        With `finish` our side of the connection ends after the last part.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS) as line:
            for part in parts:
                line.sendall(part)
            if finish:
                line.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: _receive(line), b""))

    def status(self, *parts: bytes, finish: bool = False) -> int:
        """The status of the first answer, 0 when the server only hangs up."""
        head = self.send(*parts, finish=finish).split(b"\r\n", 1)[0].split(b" ")
        return int(head[1]) if len(head) > 1 else 0


def _receive(line: socket.socket) -> bytes:
    try:
        return line.recv(65536)
    except ConnectionResetError:
        return b""


@contextmanager
def served(app: Any) -> Iterator[Wire]:
    """Serve an application in a thread until the block ends."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_config=None, lifespan="off", server_header=False)
        server = _Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            assert server.listening.wait(SECONDS)
            yield Wire(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(SECONDS)
            assert not thread.is_alive()
