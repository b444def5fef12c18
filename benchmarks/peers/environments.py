"""Each peer in an environment of its own, made by pip under var/ at the first call."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
VAR = HERE.parent.parent / "var" / "benchmarks"
PEERS = ("django-fsm", "viewflow", "spiffworkflow")


def python(peer: str) -> str:
    """The interpreter of a peer's environment; made anew when its requirements have changed."""
    required = HERE / f"requirements-{peer}.txt"
    if not required.exists():
        return sys.executable
    folder, mark = VAR / peer, hashlib.sha256(required.read_bytes()).hexdigest()
    found, made = folder / "bin" / "python", folder / "made-from"
    if not made.exists() or made.read_text() != mark:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(found), "-m", "pip", "install", "--quiet", "-r", str(required)]
        subprocess.run(pip, check=True)
        made.write_text(mark)
    return str(found)


class Peer:
    """A running peer."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._line()

    def seconds(self, lives: int) -> tuple[float, float]:
        """How long so many lives have taken, and how much processor the peer used for them."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{lives}\n")
        self._process.stdin.flush()
        took, busy = self._line().split()
        return float(took), float(busy)

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a peer has failed")
        return line


@contextmanager
def peer(name: str, database: dict[str, Any]) -> Iterator[Peer]:
    """A peer over a database of its own, warm."""
    script = HERE / f"peer_{name.replace('-', '_')}.py"
    command = [python(name), str(script), json.dumps(database)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:
        try:
            yield Peer(process)
        finally:
            process.terminate()
