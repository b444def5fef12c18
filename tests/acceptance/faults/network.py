"""Several machines on one: network namespaces on a bridge, each with an address of its own.

A machine is cut off by taking its line down. What it says to another one alone is lost when it is
told a wrong hardware address for that one: frames go out and nobody takes them.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_NOBODY = "02:00:00:00:00:01"
_NEW_NET = 0x40000000  # CLONE_NEWNET of setns(2)
_NET, _OURS = "10.231.77", 254


@dataclass
class Network:
    """Machines by name. Their addresses go in the order of their names, from .1 on."""

    prefix: str
    names: Sequence[str]
    made: list[str] = field(default_factory=list)

    def address(self, name: str) -> str:
        """Of a machine."""
        return f"{_NET}.{self.names.index(name) + 1}"

    def build(self) -> None:
        """A bridge that this process is on as well, and a line to each machine."""
        self._ip("link", "add", f"{self.prefix}br", "type", "bridge")
        self._ip("addr", "add", f"{_NET}.{_OURS}/24", "dev", f"{self.prefix}br")
        self._ip("link", "set", f"{self.prefix}br", "up")
        for number, name in enumerate(self.names):
            space, line = self._space(name), f"{self.prefix}v{number}"
            self._ip("netns", "add", space)
            self.made.append(space)
            self._ip("link", "add", line, "type", "veth", "peer", "name", "eth0", "netns", space)
            self._ip("link", "set", line, "master", f"{self.prefix}br", "up")
            self._ip("-n", space, "addr", "add", f"{self.address(name)}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                self._ip("-n", space, "link", "set", device, "up")

    def remove(self) -> None:
        """Whatever was built."""
        for space in self.made:
            subprocess.run(["ip", "netns", "del", space], check=False)
        subprocess.run(["ip", "link", "del", f"{self.prefix}br"], check=False)

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """Whatever this thread starts or opens meanwhile is on that machine."""
        with Path("/proc/thread-self/ns/net").open() as here:
            with Path(f"/run/netns/{self._space(name)}").open() as there:
                _enter(there.fileno())
            try:
                yield
            finally:
                _enter(here.fileno())

    @contextmanager
    def cut_off(self, name: str) -> Iterator[None]:
        """Nobody reaches the machine, and it reaches nobody."""
        self._ip("-n", self._space(name), "link", "set", "eth0", "down")
        try:
            yield
        finally:
            self._ip("-n", self._space(name), "link", "set", "eth0", "up")

    @contextmanager
    def unheard(self, speaker: str, listener: str) -> Iterator[None]:
        """What one machine says to the other is lost; the other way all is well."""
        which = (self.address(listener), "dev", "eth0")
        space = self._space(speaker)
        wrong = ("lladdr", _NOBODY, "nud", "permanent")
        self._ip("-n", space, "neigh", "replace", *which, *wrong)
        try:
            yield
        finally:
            self._ip("-n", space, "neigh", "del", *which)

    def _space(self, name: str) -> str:
        return f"{self.prefix}{name}"

    def _ip(self, *words: str) -> None:
        done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _enter(space: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(space, _NEW_NET):
        raise OSError(ctypes.get_errno(), "setns")


@contextmanager
def network(*names: str) -> Iterator[Network]:
    """Machines of these names; the test is skipped where nobody may have any."""
    if os.geteuid() or shutil.which("ip") is None or not Path("/proc/self/ns/net").exists():
        pytest.skip("machines of their own take Linux, root and the command ip")
    found = Network(f"xh{os.getpid() % 10_000}", names)
    try:
        try:
            found.build()
        except OSError as error:
            pytest.skip(f"no machines of their own are permitted here: {error}")
        yield found
    finally:
        found.remove()
