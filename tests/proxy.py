"""Proxies that stand between a client and PostgreSQL on the loopback, and know its protocol.

`Cutter` hangs up at a chosen commit: before the server hears of it, or before the client hears the
answer. `Pooler` does what PgBouncer does in transaction mode, at its worst: every transaction of a
client goes to another connection of the server than the last one did.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

Where = Literal["before", "after"]
HOST = "127.0.0.1"
_SSL, _GSS = 80877103, 80877104
_CANCEL = 80877102
_READY, _KEY_DATA, _COMPLETE = b"Z", b"K", b"C"
_BEGIN, _READ_ONLY, _COMMIT = b"BEGIN", b"READ ONLY", b"COMMIT\0"


def _exactly(line: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = line.recv(size - len(found))
        if not part:
            raise ConnectionError("hung up")
        found += part
    return found


def _startup(line: socket.socket) -> bytes:
    """The first message of a client, once it has heard that there is no encryption."""
    while True:
        head = _exactly(line, 8)
        size, code = struct.unpack("!ii", head)
        if code in (_SSL, _GSS):
            line.sendall(b"N")
            continue
        return head + _exactly(line, size - 8)


def _message(line: socket.socket) -> tuple[bytes, bytes]:
    """Kind and the whole of a message."""
    kind = _exactly(line, 1)
    head = _exactly(line, 4)
    size = struct.unpack("!i", head)[0]
    return kind, kind + head + _exactly(line, size - 4)


@dataclass
class Proxy:
    """Listens on a port of its own for the server at `target`. Close it at the end.

    The server listens on a port of the loopback, or on a socket in a folder.
    """

    target: int | str
    lines: list[socket.socket] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.listener = socket.create_server((HOST, 0))
        self.port: int = self.listener.getsockname()[1]
        self._begin(self._accept)

    def url(self, database: str) -> str:
        """The address of a database through this proxy."""
        return f"postgresql+psycopg://postgres@{HOST}:{self.port}/{database}"

    def serve(self, client: socket.socket) -> None:
        """Answer one client until somebody hangs up."""
        raise NotImplementedError

    def connect(self) -> socket.socket:
        """A new connection to the server."""
        if isinstance(self.target, int):
            return self._kept(socket.create_connection((HOST, self.target)))
        line = socket.socket(socket.AF_UNIX)
        line.connect(f"{self.target}/.s.PGSQL.5432")
        return self._kept(line)

    def cut(self) -> None:
        """Hang up on everybody who is connected; who comes later is served."""
        with self.lock:
            lines, self.lines = self.lines, []
        for line in lines:
            _hang_up(line)

    def close(self) -> None:
        """Serve nobody any more."""
        _hang_up(self.listener)
        self.cut()
        for thread in self.threads:
            thread.join(10)
        self.cut()

    def _kept(self, line: socket.socket) -> socket.socket:
        if line.family != socket.AF_UNIX:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.lock:
            self.lines.append(line)
        return line

    def _begin(self, work: object, *given: object) -> None:
        thread = threading.Thread(target=self._quietly, args=(work, *given), daemon=True)
        self.threads.append(thread)
        thread.start()

    def _quietly(self, work: object, *given: object) -> None:
        with suppress(OSError):
            assert callable(work)
            work(*given)

    def _accept(self) -> None:
        while True:
            client, _address = self.listener.accept()
            self._begin(self.serve, self._kept(client))

    def pump(self, source: socket.socket, target: socket.socket) -> None:
        """Pass on whatever comes, until one of them hangs up; then both are hung up."""
        try:
            while part := source.recv(65536):
                target.sendall(part)
        finally:
            _hang_up(source)
            _hang_up(target)


@dataclass
class Cutter(Proxy):
    """Passes everything on, until a commit is to be cut: see `arm`. What only reads is spared."""

    plan: list[Where] = field(default_factory=list)
    cuts: int = 0
    leave_after_cut: bool = False
    """Whether everybody who comes after a cut is refused, until this is false again."""

    def arm(self, *where: Where) -> None:
        """The next commits each end in a cut: `before` the server has it, or `after` it is done,
        before the client hears of it."""
        self.plan.extend(where)

    def serve(self, client: socket.socket) -> None:
        """One client; messages are looked at one by one."""
        if self.leave_after_cut and self.cuts:
            _hang_up(client)
            return
        server = self.connect()
        server.sendall(_startup(client))
        answers = _Answers()
        self._begin(self._back, server, client, answers)
        reading = False
        try:
            while True:
                _kind, message = _message(client)
                if _BEGIN in message:
                    reading = _READ_ONLY in message
                where = None if reading else self._due(message)
                if where == "before":
                    return
                if where == "after":
                    answers.swallow.set()
                server.sendall(message)
        finally:
            if not answers.swallow.is_set():
                _hang_up(server)
                _hang_up(client)

    def _due(self, message: bytes) -> Where | None:
        if not message.endswith(_COMMIT) or not self.plan:
            return None
        self.cuts += 1
        return self.plan.pop(0)

    def _back(self, server: socket.socket, client: socket.socket, answers: _Answers) -> None:
        try:
            while True:
                kind, message = _message(server)
                if answers.swallow.is_set() and kind == _COMPLETE:
                    return  # it is done, and nobody will hear of it
                client.sendall(message)
        finally:
            _hang_up(client)
            _hang_up(server)


@dataclass
class _Answers:
    """Whether the next answer is kept from the client."""

    swallow: threading.Event = field(default_factory=threading.Event)


@dataclass
class Pooler(Proxy):
    """Two connections of the server for each client, in turn: one for every transaction."""

    swaps: int = 0

    def serve(self, client: socket.socket) -> None:
        """Pass on a batch of messages, then the answers up to the server's being ready."""
        startup = _startup(client)
        servers = [self._opened(startup, client, first=True), self._opened(startup, client)]
        while True:
            kind, message = _message(client)
            servers[0].sendall(message)
            if kind not in b"QS":  # a simple query, or the end of an extended one
                continue
            if self._answered(servers[0], client):
                servers.reverse()
                self.swaps += 1

    def _opened(
        self, startup: bytes, client: socket.socket, *, first: bool = False
    ) -> socket.socket:
        """A connection of the server that is ready; the first one's greeting goes to the client,
        with a process number of our own."""
        server = self.connect()
        server.sendall(startup)
        while True:
            kind, message = _message(server)
            if kind == _KEY_DATA:
                message = message[:5] + struct.pack("!ii", 1, 1)
            if first:
                client.sendall(message)
            if kind == _READY:
                return server

    def _answered(self, server: socket.socket, client: socket.socket) -> bool:
        """Pass on the answers; whether the transaction has ended with them."""
        while True:
            kind, message = _message(server)
            client.sendall(message)
            if kind == _READY:
                return message[-1:] == b"I"


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()


@contextmanager
def cutting(target: int | str) -> Iterator[Cutter]:
    """A proxy that cuts commits."""
    proxy = Cutter(target)
    try:
        yield proxy
    finally:
        proxy.close()


@contextmanager
def pooling(target: int) -> Iterator[Pooler]:
    """A pooler in transaction mode."""
    proxy = Pooler(target)
    try:
        yield proxy
    finally:
        proxy.close()
