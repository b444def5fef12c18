"""A real HTTP receiver on a loopback port, which can be told to refuse, to stall or to hang up."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DROP = "drop"
"""The connection breaks before the answer."""
STALL = "stall"
"""The receiver takes the request and says nothing until the test ends."""
DRIP = "drip"
"""The receiver answers one byte at a time and never comes to an end."""

Answer = int | str | tuple[int, dict[str, str]] | tuple[int, dict[str, str], bytes]


def said(**fields: Any) -> Answer:
    """200 with a JSON object."""
    return 200, {"Content-Type": "application/json"}, json.dumps(fields).encode()


@dataclass(frozen=True)
class Received:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"

    @property
    def event(self) -> dict[str, Any]:
        """The envelope."""
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Receiver:
    """What a test sees: where to send, what arrived, what to answer next."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)
    over: threading.Event = field(default_factory=threading.Event)
    usual: Answer = 204

    @property
    def base(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Where to send."""
        return f"http://127.0.0.1:{self.port}/hook?from=xiaohao"

    @property
    def events(self) -> list[dict[str, Any]]:
        """The envelopes that came, in order, repeats included."""
        return [item.event for item in self.received]

    def script(self, *answers: Answer) -> None:
        """Answer the coming requests so, one after the other, and then as usual."""
        self.answers.extend(answers)


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        told = Received(self.path, dict(self.headers), body, self.command)
        self.receiver.received.append(told)
        answers, usual = self.receiver.answers, self.receiver.usual
        answer = answers.popleft() if answers else usual
        if answer == DROP:
            self.connection.shutdown(socket.SHUT_RDWR)
        elif answer == STALL:
            self.receiver.over.wait(60)
        elif answer == DRIP:
            self._drip()
        else:
            self._answer(answer)

    def _answer(self, answer: Answer) -> None:
        status, headers, *rest = answer if isinstance(answer, tuple) else (int(answer), {})
        body = rest[0] if rest else b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(OSError):  # the sender may have read enough
            self.wfile.write(body)

    def _drip(self) -> None:
        try:
            while not self.receiver.over.wait(0.01):
                self.wfile.write(b"H")
                self.wfile.flush()
        except OSError:  # the sender has had enough
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver for the length of a block."""
    receiver = Receiver()
    handler = type("Handler", (_Handler,), {"receiver": receiver})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
