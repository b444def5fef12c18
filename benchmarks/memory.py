"""Memory of this process, as Linux tells it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def memory(name: str) -> float:
    """MiB of this process: `VmRSS` now, `VmHWM` at its peak."""
    return int(dict(_status())[name].split()[0]) / 1024


def forget_peak() -> None:
    """Count the peak of memory from here."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _status() -> Iterator[tuple[str, str]]:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        name, _colon, value = line.partition(":")
        yield name, value
