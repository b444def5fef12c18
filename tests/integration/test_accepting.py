"""Web processes that share a listening socket take as many connections each."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from errno import EMFILE
from typing import Any

import pytest

from web import accepting
from web.accepting import Door, Held

ANOTHER = os.getpid() + 1
"""A process that is not this one; nobody looks whether it is there."""
FOR_GOOD = 3600.0


class _Shared(Held):
    """A test says what another process holds, and sees what this one has said."""

    def of_another(self, connections: int) -> None:
        self._counts[ANOTHER % accepting.SLOTS] = connections

    def told(self) -> list[int]:
        return [n for n in self._counts if n != accepting.NOBODY]


class _Inside(asyncio.Protocol):
    """A connection that has come through the door."""

    def __init__(self, inside: list[asyncio.BaseTransport]) -> None:
        self._inside = inside

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._inside.append(transport)


class _Poor(socket.socket):
    """A listening socket for whose first connection there is no descriptor left."""

    refused = 0

    def accept(self) -> Any:
        if not self.refused:
            self.refused += 1
            raise OSError(EMFILE, "no descriptor left")
        return super().accept()


def test_who_holds_no_more_than_the_others_takes_a_connection_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accepting, "COURTESY", FOR_GOOD)
    shared = _Shared()
    shared.of_another(0)
    assert _taken(shared, clients=3, until=1) == (1, 2)  # the others are left for the emptier one


def test_a_connection_that_nobody_emptier_takes_is_taken_all_the_same() -> None:
    shared = _Shared()
    shared.of_another(0)  # it hangs, or has died
    assert _taken(shared, clients=5, until=5) == (5, 0)


def test_a_process_that_has_ended_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "COURTESY", FOR_GOOD)
    shared = _Shared()
    shared.of_another(0)
    shared.forget(ANOTHER)
    assert _taken(shared, clients=5, until=5) == (5, 0)


def test_others_are_told_how_many_are_held() -> None:
    shared = _Shared()
    _taken(shared, clients=2, until=2)
    assert shared.told() == [2]
    assert shared.fewest_of_others() is None
    shared.of_another(7)
    assert shared.fewest_of_others() == 7


def test_a_process_without_descriptors_pauses_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "EXHAUSTED", 0.01)
    assert _taken(_Shared(), clients=2, until=2, kind=_Poor) == (2, 0)


def _taken(
    shared: Held, *, clients: int, until: int, kind: type[socket.socket] = socket.socket
) -> tuple[int, int]:
    """How many of so many clients came through a door, and how many are left before it, once
    so many are inside."""
    with _listening(kind) as listener:
        address = listener.getsockname()
        waiting = [socket.create_connection(address) for _ in range(clients)]
        try:
            return asyncio.run(_opened(listener, shared, until))
        finally:
            for client in waiting:
                client.close()


async def _opened(listener: socket.socket, shared: Held, until: int) -> tuple[int, int]:
    inside: list[asyncio.BaseTransport] = []
    door = Door(listener, lambda: _Inside(inside), lambda: len(inside), shared)
    door.open()
    try:
        await _until(lambda: len(inside) >= until)
        await asyncio.sleep(0)  # whoever is to be let in wrongly has the time for it
        await asyncio.sleep(0)
        return len(inside), _left_before(listener)
    finally:
        door.close()
        for transport in inside:
            transport.close()


def _left_before(listener: socket.socket) -> int:
    left = 0
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return left
        left += 1


@contextmanager
def _listening(kind: type[socket.socket]) -> Iterator[socket.socket]:
    with kind(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        yield listener


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.001)
