"""A light client: many kept connections in one thread, requests made ready before the clock runs.

`python -m benchmarks.http_client` reads a job as JSON, says "ready", waits for a line, asks, and
prints what it saw. A request costs it about 30 µs, so that the server is what is measured.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Line:
    """One connection and what it has still to ask."""

    sock: socket.socket
    asks: list[bytes]
    place: int = 0
    heard: bytearray = field(default_factory=bytearray)
    begun: float = 0.0

    def ask(self) -> bool:
        """Send the next request; False when there is none."""
        if self.place == len(self.asks):
            return False
        self.begun = time.perf_counter()
        self.sock.sendall(self.asks[self.place])
        self.place += 1
        return True

    def hear(self) -> int:
        """Take in what has come; the status once the answer is whole, 0 before."""
        part = self.sock.recv(1 << 18)
        if not part:
            raise RuntimeError("the server has hung up")
        self.heard += part
        head, found, body = self.heard.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return 0
        status = int(head[9:12])
        if status >= 400:
            raise RuntimeError(bytes(self.heard[:2000]).decode(errors="replace"))
        self.heard.clear()
        return status


def _length(head: bytearray) -> int:
    lower = bytes(head).lower()
    at = lower.index(b"content-length:") + 15
    return int(lower[at:].split(b"\r\n", 1)[0])


def request(method: str, path: str, token: str, body: Any = None) -> str:
    """The bytes of a request, as a text."""
    sent = json.dumps(body) if body is not None else ""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {token}"]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(sent.encode())}"]
    return "\r\n".join(lines) + "\r\n\r\n" + sent


def press(lines: list[Line]) -> list[float]:
    """Ask everything on every connection at once; milliseconds of each answer."""
    times: list[float] = []
    with selectors.DefaultSelector() as waiting:
        for line in lines:
            waiting.register(line.sock, selectors.EVENT_READ, line)
            line.ask()
        left = len(lines)
        while left:
            for key, _mask in waiting.select():
                if key.data.hear():
                    times.append((time.perf_counter() - key.data.begun) * 1000)
                    if not key.data.ask():
                        waiting.unregister(key.fileobj)
                        left -= 1
    return times


def main() -> None:
    """One job."""
    job = json.loads(sys.stdin.readline())
    lines = [
        Line(socket.create_connection(("127.0.0.1", job["port"])), [one.encode() for one in asks])
        for asks in job["asks"]
    ]
    print("ready", flush=True)
    sys.stdin.readline()
    begun = time.perf_counter()
    times = press(lines)
    print(json.dumps({"times": times, "seconds": time.perf_counter() - begun}), flush=True)


if __name__ == "__main__":
    main()
