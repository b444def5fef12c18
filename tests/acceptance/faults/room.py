"""A small volume of its own in memory, which can be filled to the last page and emptied again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_PIECES = (1 << 20, 1 << 12, 1)


@dataclass(frozen=True)
class Room:
    """Where the volume is mounted."""

    path: Path

    def fill(self) -> None:
        """Leave no room for anything."""
        with self._ballast.open("ab", buffering=0) as ballast:
            for piece in _PIECES:
                _pour(ballast.write, bytes(piece))

    def free(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)

    @property
    def _ballast(self) -> Path:
        return self.path / "ballast"


def _pour(write: object, piece: bytes) -> None:
    assert callable(write)
    while True:
        try:
            if write(piece) < len(piece):
                return
        except OSError:
            return


@contextmanager
def room(path: Path, megabytes: int) -> Iterator[Room]:
    """A volume of that size, mounted there; the test is skipped where nobody may mount one."""
    path.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "xiaohao-faults"]
    said = subprocess.run(
        ["mount", *options, str(path)], capture_output=True, text=True, check=False
    )
    if said.returncode:
        pytest.skip(f"no volume of its own may be mounted here: {said.stderr.strip()}")
    try:
        yield Room(path)
    finally:
        # lazily: a server that was just killed may not have let go of it yet
        subprocess.run(["umount", "-l", str(path)], check=True)
