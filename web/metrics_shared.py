"""What several web processes count together for `/metrics`, in a folder of their service.

Each process writes its own latencies there and any of them adds up all; where counting of the
history began is agreed on. So a scrape gets the same figures from whichever process answers.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

if sys.platform != "win32":
    import fcntl

ENVIRONMENT = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client reads it once, when a process imports the package."""
SINCE = ".since"
ADDED_UP = ("counter", "histogram", "summary")
"""Kinds of files whose values are sums; what a gauge told ended with its process."""
ALL_ENDED = 0
"""Stands for the processes that have ended, in the place of a process id."""


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
        registry.register(_Sum(self.folder))

    def ended(self, pid: int) -> None:
        """Put what a process has counted to that of all who have ended, and remove its files: a
        service whose processes die often neither fills the folder nor slows its scrapes down."""
        with _folder_lock(self.folder, alone=True):
            for file in self.folder.glob(f"*_{pid}.db"):
                kind = file.name.partition("_")[0]
                if kind in ADDED_UP:
                    _add(file, self.folder / f"{kind}_{ALL_ENDED}.db")
                file.unlink(missing_ok=True)


class _Sum:
    """The figures of all processes, read while none of them is being moved."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> list[Metric]:
        """What is in the folder. A process killed at its very start leaves an empty file."""
        from prometheus_client.multiprocess import MultiProcessCollector

        with _folder_lock(self._folder, alone=False):
            files = [str(f) for f in self._folder.glob("*.db") if f.stat().st_size]
            found = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
            return list(found)


def _add(source: Path, target: Path) -> None:
    """Add the figures of one file to those of another."""
    if not source.stat().st_size:
        return
    from prometheus_client.mmap_dict import MmapedDict

    total = MmapedDict(str(target))  # type: ignore[no-untyped-call]
    try:
        values = MmapedDict.read_all_values_from_file(str(source))  # type: ignore[no-untyped-call]
        for key, value, timestamp, _place in values:
            before, _when = total.read_value(key)  # type: ignore[no-untyped-call]
            total.write_value(key, before + value, timestamp)  # type: ignore[no-untyped-call]
    finally:
        total.close()  # type: ignore[no-untyped-call]


@contextmanager
def _folder_lock(folder: Path, *, alone: bool) -> Iterator[None]:
    """Many may read at a time; who moves figures is alone."""
    if sys.platform == "win32":  # a scrape may for a moment see a figure twice
        yield
        return
    with (folder / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


def _link(made: str, target: Path) -> None:
    """Whole or not at all, and never over what another process has put there."""
    try:
        os.link(made, target)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links: whole, but the last of two at once stays
        copy = f"{made}.copy"
        shutil.copyfile(made, copy)
        Path(copy).replace(target)


@contextmanager
def sharing(var_dir: Path, port: int) -> Iterator[Shared]:
    """A clean folder, which processes started in the block write to.

    The port keeps services apart that run on one machine with the same files.
    """
    folder = (var_dir / "metrics" / str(port)).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    _clean(folder)  # whoever was killed could not
    before = os.environ.get(ENVIRONMENT)
    os.environ[ENVIRONMENT] = str(folder)
    try:
        yield Shared(folder)
    finally:
        _clean(folder)
        if before is None:
            os.environ.pop(ENVIRONMENT, None)
        else:
            os.environ[ENVIRONMENT] = before


def _clean(folder: Path) -> None:
    for left in (*folder.glob("*.db"), *folder.glob(f"*{SINCE}"), folder / "lock"):
        left.unlink(missing_ok=True)
