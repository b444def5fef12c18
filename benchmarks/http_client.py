"""A light client: many kept connections in one thread, requests made ready before the clock runs.

`python -m benchmarks.http_client` reads a job as JSON, says "ready", waits for a line, asks, and
prints what it saw, and what processor time that cost itself: it runs on the server's machine.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any

Ask = tuple[str, str]
"""A request, and what only the body of the right answer holds."""


@dataclass(slots=True)
class Line:
    """One connection and what it has still to ask."""

    sock: socket.socket
    asks: list[tuple[bytes, bytes]]
    place: int = 0
    heard: bytearray = field(default_factory=bytearray)
    begun: float = 0.0

    def ask(self) -> bool:
        """Send the next request; False when there is none."""
        if self.place == len(self.asks):
            return False
        self.begun = time.perf_counter()
        self.sock.sendall(self.asks[self.place][0])
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
        if not 200 <= status < 300 or self.asks[self.place - 1][1] not in body:
            raise RuntimeError(bytes(self.heard[:2000]).decode(errors="replace"))
        self.heard.clear()
        return status


def _length(head: bytearray) -> int:
    lower = bytes(head).lower()
    at = lower.index(b"content-length:") + 15
    return int(lower[at:].split(b"\r\n", 1)[0])


def request(method: str, path: str, token: str, holds: str, body: Any = None) -> Ask:
    """The bytes of a request, as a text, and what its answer holds."""
    sent = json.dumps(body) if body is not None else ""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {token}"]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(sent.encode())}"]
    return "\r\n".join(lines) + "\r\n\r\n" + sent, holds


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
    lines = [Line(_connected(job["port"]), [_bytes(one) for one in asks]) for asks in job["asks"]]
    print("ready", flush=True)
    sys.stdin.readline()
    begun, cpu = time.perf_counter(), time.process_time()
    times = press(lines)
    took = {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - cpu}
    print(json.dumps({"times": times} | took), flush=True)


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port))


def _bytes(ask: Ask) -> tuple[bytes, bytes]:
    sent, holds = ask
    return sent.encode(), holds.encode()


if __name__ == "__main__":
    main()
