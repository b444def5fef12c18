"""The allow-list for libraries that open their connections themselves.

Within `guarded`, every connection of this thread's context is checked by the interpreter's own
audit events, whatever library opens it; no program may be started either. Refused connections
fail as if the network had refused them, and are named.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from notifications.http.addresses import Networks, permitted

_CONNECTIONS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_PROGRAMS = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"})
_lock = threading.Lock()
_installed = False


@dataclass(slots=True)
class Guard:
    """What is allowed, and what was refused so far."""

    allowed: Networks
    encrypted: bool
    refused: list[str] = field(default_factory=list)

    def check(self, address: Any) -> None:
        """Raises PermissionError for an address that must not be called."""
        if address is not None and not self._permits(address):
            self.refuse(str(address[0]) if isinstance(address, tuple) else "a local socket")

    def refuse(self, what: str) -> None:
        """Note it, and raise PermissionError."""
        self.refused.append(what)
        raise PermissionError(f"address-refused: {what}")

    def _permits(self, address: Any) -> bool:
        try:
            found = ip_address(address[0] if isinstance(address, tuple) else "")
        except ValueError:  # a name that would be looked up behind our back, or a path
            return False
        return permitted(found, "https" if self.encrypted else "http", self.allowed)


_current: ContextVar[Guard | None] = ContextVar("guard", default=None)


@contextmanager
def guarded(allowed: Networks, *, encrypted: bool) -> Iterator[Guard]:
    """Check whatever is connected to in this block. `encrypted`: it will speak TLS."""
    _install()
    guard = Guard(allowed, encrypted)
    token = _current.set(guard)
    try:
        yield guard
    finally:
        _current.reset(token)


def _install() -> None:
    global _installed
    with _lock:
        if not _installed:  # hooks stay for good, so there is only one
            sys.addaudithook(_heard)
            _installed = True


def _heard(event: str, args: tuple[Any, ...]) -> None:
    if event not in _CONNECTIONS and event not in _PROGRAMS:
        return
    guard = _current.get()
    if guard is None:
        return
    if event in _CONNECTIONS:
        guard.check(args[1])
    else:
        guard.refuse("a program")
