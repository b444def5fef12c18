"""A connection to a mail server that is cut off when its time is over.

A server that answers slowly, a line or a byte at a time, keeps every single wait short; only a
limit of the whole talk keeps it from outliving the lease of the message.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from threading import Lock, Timer


class Fuse:
    """Cuts a connection off after so many seconds, in whatever it is about."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.blown = seconds, False
        self._lock, self._twin = Lock(), None
        self._timer = Timer(seconds, self._blow)
        self._timer.daemon = True
        self._timer.start()

    _twin: socket.socket | None

    def guard(self, sock: socket.socket) -> None:
        """Guard a connection. Through a twin, since TLS takes the socket over."""
        with self._lock:
            self._twin = sock.dup()
            if self.blown:
                self._cut()

    def end(self) -> None:
        """The talk is over."""
        self._timer.cancel()
        with self._lock:
            if self._twin is not None:
                self._twin.close()
            self._twin = None

    def _blow(self) -> None:
        with self._lock:
            self.blown = True
            self._cut()

    def _cut(self) -> None:
        if self._twin is not None:
            with contextlib.suppress(OSError):
                self._twin.shutdown(socket.SHUT_RDWR)


class Line(smtplib.SMTP):
    """A client whose connection has a fuse; with `tls` it speaks TLS from the first byte.

    Connecting takes `timeout` seconds at most, whatever number of addresses the server has.
    """

    def __init__(
        self,
        host: str,
        port: int,
        greeting: str,
        *,
        timeout: float,
        fuse: Fuse,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._fuse, self._tls = fuse, tls
        super().__init__(host, port, greeting, timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        sock = socket.create_connection((host, port), timeout / max(1, len(found)))
        self._fuse.guard(sock)
        sock.settimeout(timeout)
        if self._tls is None:
            return sock
        return self._tls.wrap_socket(sock, server_hostname=host)
