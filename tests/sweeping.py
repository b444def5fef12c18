"""The clock's work in tests: sweeping at each moment at which something is due."""

from __future__ import annotations

from tests.world import World, at
from workflow.due import next_due
from workflow.sweep import tick


def sweep_until(world: World, end: str) -> None:
    """Sweep at each moment at which something is due, up to `end` in local time."""
    while True:
        with world.db.read() as s:
            due = next_due(s)
        if due is None or due > at(end):
            return
        tick(world.db, due)
