"""What several web processes count together for `/metrics`, in a folder of their service.

Each process writes its own latencies there and any of them adds up all; where counting of the
history began is agreed on. So a scrape gets the same figures from whichever process answers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

ENVIRONMENT = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client reads it once, when a process imports the package."""
SINCE = ".since"


class Shared:
    """The folder of one service. Picklable: processes are handed it when they start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def agreed(self, name: str, mine: int) -> int:
        """The number that the first process gave under this name, which may be this one."""
        target = self.folder / f"{name}{SINCE}"
        if not target.exists():
            with NamedTemporaryFile("w", dir=self.folder) as trial:
                trial.write(str(mine))
                trial.flush()
                _link(trial.name, target)
        return int(target.read_text())

    def collect_into(self, registry: CollectorRegistry) -> None:
        """Add up what every process of the service has written, those that ended among them."""
        MultiProcessCollector(registry, path=str(self.folder))  # type: ignore[no-untyped-call]

    def ended(self, pid: int) -> None:
        """Forget what only held while the process lived; what it counted stays."""
        mark_process_dead(pid, str(self.folder))  # type: ignore[no-untyped-call]


def _link(made: str, target: Path) -> None:
    """Whole or not at all, and never over what another process has put there."""
    try:
        os.link(made, target)
    except FileExistsError:
        return


@contextmanager
def sharing(var_dir: Path, port: int) -> Iterator[Shared]:
    """A clean folder, which processes started in the block write to.

    The port keeps services apart that run on one machine with the same files.
    """
    folder = (var_dir / "metrics" / str(port)).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for left in (*folder.glob("*.db"), *folder.glob(f"*{SINCE}")):
        left.unlink(missing_ok=True)
    before = os.environ.get(ENVIRONMENT)
    os.environ[ENVIRONMENT] = str(folder)
    try:
        yield Shared(folder)
    finally:
        if before is None:
            os.environ.pop(ENVIRONMENT, None)
        else:
            os.environ[ENVIRONMENT] = before
