"""One HTTP request: to the address that was checked, once, within a time limit."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from notifications.http.addresses import Target
from notifications.http.limit import Limit

MOST_BYTES = 65536
"""How much of an answer is read."""


class NotReached(Exception):
    """No answer came: refused, dropped, too slow."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, the wish to wait (`Retry-After` as it was sent), and the start of the body."""

    status: int
    retry_after: str = ""
    body: bytes = b""


def post(
    target: Target, body: bytes, headers: Mapping[str, str], limit: Limit, method: str = "POST"
) -> Answer:
    """Send a body and read at most MOST_BYTES. Redirects are answers like any other.

    The limit is for everything, so that neither addresses that do not answer nor a platform that
    drips can hold a worker. Raises `NotReached` when no answer came.
    """
    connection = _connected(target, limit)
    over = threading.Event()
    try:
        with _no_longer_than(connection.sock, limit.left(), over):
            return _exchange(connection, target, body, headers, method)
    except (OSError, http.client.HTTPException) as error:
        # broken off by ourselves, it looks as if the other side had hung up
        raise NotReached("no answer in time" if over.is_set() else _said(error)) from None
    finally:
        connection.close()


def _connected(target: Target, limit: Limit) -> _Connection:
    """A connection to the first address that answers. None may use up the time of all others."""
    fault, untried = "", len(target.addresses)
    for address in target.addresses:
        try:
            connection = _Connection(target, address, limit.left() / untried)
            connection.connect()
        except OSError as error:
            fault = _said(error)
        else:
            connection.sock.settimeout(None)  # from here on the limit itself breaks it off
            return connection
        untried -= 1
    raise NotReached(fault)


def _exchange(
    connection: _Connection, target: Target, body: bytes, headers: Mapping[str, str], method: str
) -> Answer:
    if isinstance(connection.sock, ssl.SSLSocket):
        connection.sock.do_handshake()
    connection.request(method, target.path, body or None, {"Host": target.host_header, **headers})
    response = connection.getresponse()
    said = response.read(MOST_BYTES)  # reading lets the other side finish, too
    return Answer(response.status, response.getheader("Retry-After") or "", said)


class _Connection(http.client.HTTPConnection):
    """A connection to one address, under the name of the host that was meant."""

    def __init__(self, target: Target, address: str, timeout: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout)
        self.target, self.address = target, address

    def connect(self) -> None:
        """Connect to the checked address; for https the certificate must be the host's."""
        raw = socket.create_connection((self.address, self.target.port), self.timeout)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.target.scheme == "http":
            self.sock = raw
            return
        context = ssl.create_default_context()
        # The handshake waits, so it is left to where the time limit is.
        self.sock = context.wrap_socket(
            raw, server_hostname=self.target.host, do_handshake_on_connect=False
        )


@contextmanager
def _no_longer_than(
    open_socket: socket.socket, seconds: float, over: threading.Event
) -> Iterator[None]:
    """Break the connection when time is `over`; whoever waits for its bytes is told at once."""

    def break_off() -> None:
        over.set()
        with suppress(OSError):
            open_socket.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, break_off)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
