"""The command `xiaohao` on a machine whose clock is wrong, by as much as a file says.

    python -m tests.acceptance.faults.shifted FILE worker --db URL

The file holds seconds and may be rewritten at any time: that is a jump. Every clock that the
process reads is shifted, the metronome's too; the counter of seconds (`time.monotonic`) is not, as
on a real machine.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from apscheduler.executors import base as executors
from apscheduler.schedulers import base as schedulers
from apscheduler.triggers import date, interval

from config import clock


class Shift:
    """How far a process's clock is off."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @property
    def seconds(self) -> float:
        """Ahead of the machine's."""
        return float(self.file.read_text())

    def now(self) -> datetime:
        """What the process takes for the present."""
        return datetime.now(UTC) + timedelta(seconds=self.seconds)

    def set(self, moment: datetime) -> None:
        """Jump: from now on it is that moment."""
        draft = self.file.with_suffix(".draft")
        draft.write_text(str((moment - datetime.now(UTC)).total_seconds()))
        draft.replace(self.file)


def shift(found: Shift) -> None:
    """Shift every clock of this process."""

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return found.now().astimezone(tz)

    clock.now = found.now  # before any other module has taken it by name
    for module in (schedulers, executors, interval, date):
        module.datetime = Shifted


def main() -> None:
    """Shift, then be the command."""
    shift(Shift(Path(sys.argv.pop(1))))
    from cli.main import main as command

    command()


if __name__ == "__main__":
    main()
