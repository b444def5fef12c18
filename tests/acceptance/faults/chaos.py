"""Starts processes, kills them at random moments, starts others in their place."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.acceptance.faults.patience import ended, until
from tests.acceptance.faults.timing import SharedClock

Make = Callable[[int], tuple[str, list[str]]]
"""What to run as the n-th process of a seat: its name in the nursery and its arguments."""


@dataclass
class Seat:
    """A place that is always taken: who is killed is replaced at once."""

    make: Make
    pid: int = 0
    generation: int = 0


@dataclass
class Chaos:
    """A nursery with its seats. `kills` counts those that hit while there was work to do."""

    nursery: subprocess.Popen[str]
    folder: Path
    chance: Random
    seats: list[Seat] = field(default_factory=list)
    kills: int = 0

    def seat(self, make: Make) -> None:
        """Take a seat and start its first process."""
        self.seats.append(Seat(make))
        self._start(self.seats[-1])

    def _start(self, seat: Seat) -> None:
        run, argv = seat.make(seat.generation)
        seat.generation += 1
        assert self.nursery.stdin is not None and self.nursery.stdout is not None
        self.nursery.stdin.write(json.dumps({"run": run, "argv": argv}) + "\n")
        self.nursery.stdin.flush()
        seat.pid = int(self.nursery.stdout.readline())

    def rage(self, kills: int, work_left: Callable[[], bool], longest: float = 0.2) -> None:
        """Kill somebody now and then until so many were hit at work, or there is none left."""
        wanted = self.kills + kills
        while self.kills < wanted and work_left():
            time.sleep(self.chance.uniform(0.01, longest))
            if work_left():
                seat = self.chance.choice(self.seats)
                _kill(seat.pid)
                self.kills += 1
                self._start(seat)

    def wait(self, done: Callable[[], bool]) -> None:
        """Leave them alone until it is done."""
        until(done, "they are done", self.faults)

    def clerks(self, url: str, clock: SharedClock, out: Path, number: int = 2) -> None:
        """Seats for people at work; what they were told was done goes into `out`."""
        for part in range(number):
            share = ["--out", str(out), "--share", f"{part}/{number}"]
            self.seat(_clerk(["--db", url, *clock.arguments(), *share]))

    def dismiss_clerks(self) -> None:
        """Send the people home; the workers stay."""
        for seat in [seat for seat in self.seats if seat.make(0)[0] == "clerk"]:
            self.dismiss(seat)

    def dismiss(self, seat: Seat) -> None:
        """Kill one and leave the place empty."""
        _kill(seat.pid)
        self.seats.remove(seat)

    def clear(self) -> None:
        """Kill everybody; nobody comes back."""
        for seat in self.seats:
            _kill(seat.pid)
        self.seats.clear()

    def faults(self) -> list[str]:
        """What processes died of, other than by our hand."""
        return [path.read_text(encoding="utf-8") for path in self.folder.glob("fault-*.txt")]


@contextmanager
def chaos(folder: Path, seed: int) -> Iterator[Chaos]:
    """A nursery, stopped at the end with everybody in it."""
    nursery = subprocess.Popen(
        [sys.executable, "-m", "tests.acceptance.faults.nursery", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    found = Chaos(nursery, folder, Random(seed))
    try:
        yield found
    finally:
        found.clear()
        assert nursery.stdin is not None and nursery.stdout is not None
        nursery.stdin.close()
        ended(nursery)
        nursery.stdout.close()


def _clerk(argv: list[str]) -> Make:
    return lambda n: ("clerk", [*argv, "--generation", str(n)])


def _kill(pid: int) -> None:
    """SIGKILL, and wait until the process is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        while True:
            os.kill(pid, 0)
            time.sleep(0.001)
