"""Where a request may go: public addresses, and the networks that the settings name.

The address is typed by an administrator, and its name is resolved by somebody else's server. So
the address itself is checked, and exactly the one that was checked is connected to.
"""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import SplitResult, urlsplit

from notifications.http.limit import Limit

Address = IPv4Address | IPv6Address
Networks = tuple[IPv4Network | IPv6Network, ...]
PORTS = {"http": 80, "https": 443}
MOST_ADDRESSES = 3
"""How many addresses of a name are tried."""
_NAT64 = IPv6Network("64:ff9b::/96")
_UNICAST = IPv6Network("2000::/3")
"""All that is public of version 6. Outside of it stand forms of inside addresses: site-local,
IPv4-compatible and translated ones, and the house's own NAT64 (RFC 8215)."""
_RESERVED = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"), IPv6Network("3fff::/20"))
"""What `is_global` of older Pythons does not know yet."""


class AddressRefused(Exception):
    """The address must not be called; the reason says why."""


class Unresolved(Exception):
    """The name has no address at the moment."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect (`addresses`, each checked) and what to ask for there."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]

    @property
    def host_header(self) -> str:
        """Host and, unless it is the usual one, port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def networks(text: str) -> Networks:
    """Networks separated by commas. Raises ValueError for what is none."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def split(url: str) -> SplitResult:
    """The parts of an address. Raises `AddressRefused` for what is none."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError as error:
        raise AddressRefused(f"address-malformed: {error}") from None
    plain = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in PORTS or not parts.hostname or not plain:
        raise AddressRefused("address-malformed")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("address-malformed: no account and no fragment may stand in it")
    return parts


def refuse_literal(parts: SplitResult, allowed: Networks) -> None:
    """Refuse an address written as a number, before it is stored. Names are looked up later."""
    try:
        address = ip_address(parts.hostname or "")
    except ValueError:
        return
    if not permitted(address, parts.scheme, allowed):
        raise AddressRefused(f"address-refused: {address}")


def resolve(url: str, allowed: Networks, limit: Limit) -> Target:
    """Look the host up and keep the first addresses that may be called.

    Raises `AddressRefused` when there is none among them, `Unresolved` when the name is unknown
    or nobody says within the limit.
    """
    parts = split(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    found = _look_up(host, port, limit)
    good = [a for a in found if permitted(ip_address(a), parts.scheme, allowed)][:MOST_ADDRESSES]
    if not good:
        raise AddressRefused(f"address-refused: {host} is {', '.join(found)}")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, tuple(good))


def _look_up(host: str, port: int, limit: Limit) -> list[str]:
    """The system's look-up knows no time limit, so a thread is left behind with a slow one."""
    answers: SimpleQueue[list[Any] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        found = answers.get(timeout=limit.left())
    except (Empty, TimeoutError):
        raise Unresolved(f"name-unknown: {host}: no answer in time") from None
    if isinstance(found, OSError | UnicodeError):
        raise Unresolved(f"name-unknown: {host}: {found}")
    if isinstance(found, Exception):
        raise found
    return list(dict.fromkeys(str(item[4][0]) for item in found))


def permitted(address: Address, scheme: str, allowed: Networks) -> bool:
    """Whether it may be called: inside the networks named, or public and then encrypted."""
    real = _behind(address)
    if any(real in network for network in allowed if network.version == real.version):
        return True
    return scheme == "https" and _public(real)


def _public(address: Address) -> bool:
    """Whether it belongs to a machine of the public network, on every version of Python."""
    if any(address in network for network in _RESERVED if network.version == address.version):
        return False
    routed = isinstance(address, IPv4Address) or address in _UNICAST
    return routed and address.is_global and not address.is_multicast


def _behind(address: Address) -> Address:
    """The address of version 4 that one of version 6 stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
