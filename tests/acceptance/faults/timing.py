"""A simulated clock that real processes share: a moment, and how fast it goes from then on."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

SPEED = 10.0
"""Simulated seconds in a real one, so that a killed worker's leases run out soon."""


@dataclass(frozen=True)
class SharedClock:
    """`at` was the simulated time when the machine's clock said `epoch`."""

    at: datetime
    epoch: float

    def now(self) -> datetime:
        """The simulated present."""
        return self.at + timedelta(seconds=(time.time() - self.epoch) * SPEED)

    def arguments(self) -> list[str]:
        """As a process is told."""
        return ["--at", self.at.isoformat(), "--epoch", repr(self.epoch)]


def starting(at: datetime) -> SharedClock:
    """A clock that begins now."""
    return SharedClock(at, time.time())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What every process is told: the database and the time."""
    parser.add_argument("--db", required=True)
    parser.add_argument("--at", type=datetime.fromisoformat, required=True)
    parser.add_argument("--epoch", type=float, required=True)


def clock_of(args: argparse.Namespace) -> SharedClock:
    """The clock that a process was told."""
    return SharedClock(args.at, args.epoch)
