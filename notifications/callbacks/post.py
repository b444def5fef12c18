"""One HTTP request to a platform: to the address that was checked, once, within a time limit."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from notifications.callbacks.addresses import Target

_READ = 4096


class NotReached(Exception):
    """No answer came: refused, dropped, too slow."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and the wish to wait, if there was one (`Retry-After` as it was sent)."""

    status: int
    retry_after: str = ""


def post(target: Target, body: bytes, headers: Mapping[str, str], timeout: float) -> Answer:
    """Send a body and read the answer's head. Redirects are answers like any other.

    `timeout` in seconds is for the whole exchange, so that a platform that drips cannot hold a
    worker. Raises `NotReached` when no answer came.
    """
    connection = _connected(target, timeout)
    try:
        with _no_longer_than(connection.sock, timeout):
            return _exchange(connection, target, body, headers)
    except (OSError, http.client.HTTPException) as error:
        raise NotReached(_said(error)) from None
    finally:
        connection.close()


def _connected(target: Target, timeout: float) -> _Connection:
    """A connection to the first address that answers."""
    fault = ""
    for address in target.addresses:
        connection = _Connection(target, address, timeout)
        try:
            connection.connect()
        except OSError as error:
            fault = _said(error)
        else:
            return connection
    raise NotReached(fault)


def _exchange(
    connection: _Connection, target: Target, body: bytes, headers: Mapping[str, str]
) -> Answer:
    if isinstance(connection.sock, ssl.SSLSocket):
        connection.sock.do_handshake()
    connection.request("POST", target.path, body, {"Host": target.host_header, **headers})
    response = connection.getresponse()
    response.read(_READ)  # what it says is not kept; reading lets the platform finish
    return Answer(response.status, response.getheader("Retry-After") or "")


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
def _no_longer_than(open_socket: socket.socket, seconds: float) -> Iterator[None]:
    """Break the connection when time is up; whoever waits for its bytes is told at once."""

    def break_off() -> None:
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
