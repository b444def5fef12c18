"""Real receivers on loopback for measuring: a mail server and a web server, some of it failing.

Each answers by address, so that the same share fails however often it is asked.
"""

from __future__ import annotations

import json
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Taken:
    """What a receiver took."""

    by_recipient: Counter[str] = field(default_factory=Counter)
    ids: Counter[str] = field(default_factory=Counter)


class _Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as a sender needs; recipients that begin with `bad` are refused."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        """One connection."""
        server: Any = self.server
        self._say("220 loopback")
        recipient = ""
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"RCPT":
                recipient = line.decode().split("<")[1].split(">")[0]
                self._say("550 no such user" if recipient.startswith("bad") else "250 OK")
            elif word == b"DATA":
                self._say("354 go on")
                self._take(server.taken, recipient)
                self._say("250 OK")
            elif word == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 OK")

    def _take(self, taken: Taken, recipient: str) -> None:
        name = ""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            if line.lower().startswith(b"message-id:"):
                name = line.decode().split(":", 1)[1].strip()
        taken.by_recipient[recipient] += 1
        taken.ids[name] += 1

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class _Web(BaseHTTPRequestHandler):
    """Takes JSON posts; for a username that begins with `bad` it breaks, however often."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """One event."""
        server: Any = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        recipient = body["data"]["recipient"]["username"]
        refused = recipient.startswith("bad")
        if not refused:
            server.taken.by_recipient[recipient] += 1
            server.taken.ids[body["id"]] += 1
        self.send_response(500 if refused else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Nothing: it would be measured, too."""


class _MailServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


@dataclass(frozen=True, slots=True)
class Receivers:
    """Ports of both, and what they took."""

    smtp_port: int
    http_port: int
    mail: Taken
    web: Taken


@contextmanager
def receiving() -> Iterator[Receivers]:
    """Both servers, until the end of the block."""
    servers: list[Any] = [
        _MailServer(("127.0.0.1", 0), _Mail),
        ThreadingHTTPServer(("127.0.0.1", 0), _Web),
    ]
    for server in servers:
        server.taken = Taken()
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        mail, web = servers
        ports = mail.server_address[1], web.server_address[1]
        yield Receivers(*ports, mail.taken, web.taken)
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
