"""Forks processes on demand, so that a start costs milliseconds and not an interpreter's.

Reads one JSON object a line, `{"run": "worker" | "clerk", "argv": [...]}`, and answers with the
process id. What a child could not cope with is written into the folder named as first argument.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import traceback
from pathlib import Path

from tests.acceptance.faults import clerk, worker

RUNS = {"worker": worker.main, "clerk": clerk.main}


def main(folder: Path) -> None:
    """Serve until the input ends."""
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # lost connections are what we are after
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead need no reaping
    while line := sys.stdin.readline():
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _live(folder, asked["run"], asked["argv"])
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _live(folder: Path, run: str, argv: list[str]) -> None:
    try:
        RUNS[run](argv)
    except BaseException:
        (folder / f"fault-{os.getpid()}.txt").write_text(traceback.format_exc(), encoding="utf-8")
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
