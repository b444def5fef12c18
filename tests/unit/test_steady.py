"""A clock that jumps is noticed by the counter of seconds; beats that were missed are dropped."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from config import clock
from workflow import steady
from workflow.steady import Every, Steadiness, watch

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


class Machine:
    """A clock and a counter that go as they are told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at, self.counted = NOON, 100.0
        monkeypatch.setattr(clock, "now", lambda: self.at)
        monkeypatch.setattr(steady, "monotonic", lambda: self.counted)

    def go(self, seconds: float, jump: timedelta = timedelta()) -> None:
        """Time passes, and the clock may jump besides."""
        self.at += timedelta(seconds=seconds) + jump
        self.counted += seconds


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.mark.parametrize("jump", [timedelta(days=3), timedelta(hours=-5), timedelta(minutes=1)])
def test_a_jump_is_told_once_with_its_length(machine: Machine, jump: timedelta) -> None:
    seen = Steadiness(clock.now(), machine.counted)
    machine.go(5, jump)
    assert seen.jumped() == jump
    machine.go(5)
    assert seen.jumped() == timedelta()


def test_a_clock_that_is_set_right_by_seconds_has_not_jumped(machine: Machine) -> None:
    seen = Steadiness(clock.now(), machine.counted)
    machine.go(3600, timedelta(seconds=-59))
    assert seen.jumped() == timedelta()


@pytest.mark.parametrize(("hours", "called"), [(-5, 1), (5, 0)])
def test_only_a_jump_back_is_acted_on(
    machine: Machine, hours: int, called: int, caplog: pytest.LogCaptureFixture
) -> None:
    class Twice(threading.Event):
        """Waits once, with a jump, and once without; then it is set."""

        rounds = 0

        def wait(self, timeout: float | None = None) -> bool:
            self.rounds += 1
            machine.go(timeout or 0, timedelta(hours=hours if self.rounds == 1 else 0))
            return self.rounds > 2

    calls: list[int] = []
    watch(Twice(), 5.0, lambda: calls.append(1))
    assert len(calls) == called
    assert caplog.text.count("the clock jumped by") == 1


def test_the_next_beat_comes_after_a_pause_however_many_were_missed() -> None:
    every = Every(5)
    assert every.get_next_fire_time(None, NOON) == NOON
    assert every.get_next_fire_time(NOON - timedelta(days=900), NOON) == NOON + timedelta(seconds=5)
