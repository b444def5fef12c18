"""How a peer is told to work: one line a round, the number of lives; it answers with the seconds
that they took, and with the seconds of processor that it used itself."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

STEPS = (
    "report",
    "breakdown",
    "dispatch",
    "acknowledge",
    "progress",
    "submit",
    "verify",
    "close",
)
"""A life: each step is one durable transaction with its history and one notice."""
NOTICE = {"recipient": "liaison", "text": "您有新的待办事项，请及时处理。"}


def given() -> dict[str, Any]:
    """Where the peer's database is: `kind` and what its driver needs."""
    found: dict[str, Any] = json.loads(sys.argv[1])
    return found


def answer(live: Callable[[], None]) -> None:
    """Live once to be warm, then as often as each line says."""
    live()
    print("ready", flush=True)
    for line in sys.stdin:
        begun, busy = time.perf_counter(), time.process_time()
        for _ in range(int(line)):
            live()
        print(time.perf_counter() - begun, time.process_time() - busy, flush=True)
