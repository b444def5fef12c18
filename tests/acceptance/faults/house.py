"""The whole service as an administrator starts it: portal, API and clock, real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from tests.acceptance.faults.patience import ended, until
from tests.servers import free_ports

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class House:
    """A running `xiaohao serve`. `log` is what it has said."""

    process: subprocess.Popen[bytes]
    base: str
    log: Path

    def web(self) -> list[psutil.Process]:
        """The processes that answer: children of the one that has loaded the application."""
        with suppress(psutil.NoSuchProcess):
            family = psutil.Process(self.process.pid).children()
            loaders = [one for one in family if "forkserver" in " ".join(one.cmdline())]
            return [child for loader in loaders for child in loader.children()]
        return []

    def ready(self) -> bool:
        """Whether it answers that it is."""
        return self.status("/readyz") == 200

    def status(self, path: str) -> int:
        """What it answers there; 0 for nothing."""
        try:
            return httpx.get(self.base + path, timeout=120).status_code
        except httpx.TransportError:
            return 0


@contextmanager
def house(
    url: str, folder: Path, *, settings: dict[str, str] | None = None, host: str = "127.0.0.1"
) -> Iterator[House]:
    """The service over a database, ready; killed at the end."""
    port = free_ports(1)[0]
    where = ["--host", host, "--port", str(port), "--db", url]
    words = [sys.executable, "-m", "cli.main", "serve", *where]
    usual = {
        "PYTHONPATH": str(ROOT), "XIAOHAO_WEB_PROCESSES": "2", "XIAOHAO_CHANNELS": "inapp",
        "XIAOHAO_API_PER_MINUTE": "1000000", "XIAOHAO_POLL_SECONDS": "0.2", "XIAOHAO_LANG": "en",
    }  # fmt: skip
    env, log = os.environ | usual | (settings or {}), folder / "service.log"
    with log.open("wb") as said:
        process = subprocess.Popen(words, cwd=folder, env=env, stdout=said, stderr=said)
    found = House(process, f"http://{host}:{port}", log)
    try:
        until(lambda: process.poll() is not None or found.ready(), "it serves")
        assert process.poll() is None, log.read_text(encoding="utf-8")
        yield found
    finally:
        process.kill()
        ended(process)
