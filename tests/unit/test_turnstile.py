"""One read at a time, unless one of them keeps the others waiting."""

from __future__ import annotations

import threading

import pytest

from web import turnstile
from web.turnstile import Turnstile


def passing(gate: Turnstile, inside: threading.Event, leave: threading.Event) -> threading.Thread:
    def go() -> None:
        with gate.passed():
            inside.set()
            leave.wait(10)

    found = threading.Thread(target=go)
    found.start()
    return found


def both(gate: Turnstile, patience: float) -> bool:
    """Whether a second one comes in while a first is still inside."""
    first, second, leave = threading.Event(), threading.Event(), threading.Event()
    threads = [passing(gate, first, leave)]
    assert first.wait(10)
    threads.append(passing(gate, second, leave))
    came = second.wait(patience)
    leave.set()
    for one in threads:
        one.join(10)
    assert second.is_set()
    return came


def test_a_second_one_waits_for_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turnstile, "PATIENCE", 10.0)
    assert not both(Turnstile(needed=True), 0.1)


def test_one_that_stays_inside_holds_up_nobody_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turnstile, "PATIENCE", 0.01)
    assert both(Turnstile(needed=True), 10)


def test_where_it_is_not_needed_everybody_goes_through() -> None:
    assert both(Turnstile(needed=False), 10)


def test_it_opens_again_after_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turnstile, "PATIENCE", 10.0)
    gate = Turnstile(needed=True)
    with pytest.raises(ValueError, match="inside"), gate.passed():
        raise ValueError("inside")
    assert not both(gate, 0.1)
