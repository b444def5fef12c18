"""`python -m benchmarks.http`: commands and reads a second through each HTTP server.

--databases sqlite,postgresql        both by default
--servers uvicorn,...                the shipped one, then uvicorn+uvloop and granian
--connections 8   --requests 50      so many kept connections, each asking so often in a round
--rounds 5                           the servers take turns; medians are over these
--processes 2                        web processes, as shipped
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median, quantiles
from typing import Any

from benchmarks.http_client import Ask
from benchmarks.http_scene import Scene, lay
from benchmarks.http_servers import SERVERS, serving
from benchmarks.office import database
from benchmarks.pages_load import Server, line_of, tell

AIMS = {"command": 300, "issue": 600, "list": 600}
WORDS = {"command": "POST progress", "issue": "GET an issue", "list": "GET 20 issues"}


def main(arguments: list[str] | None = None) -> None:
    """Measure and print; never judges."""
    chosen = _arguments(arguments)
    for kind in chosen.databases.split(","):
        with database(kind) as db:
            scene = lay(db, chosen.connections * chosen.requests)
            db.close()
            _measure(kind, db.url, scene, chosen)


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.http", description=__doc__)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--servers", default=",".join(SERVERS))
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--requests", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args(arguments)


def _measure(kind: str, url: str, scene: Scene, chosen: argparse.Namespace) -> None:
    names = chosen.servers.split(",")
    asks: dict[str, Callable[[int], Ask]] = {
        "command": scene.progress,
        "issue": scene.one,
        "list": scene.listed,
    }
    seen: dict[tuple[str, str], list[dict[str, Any]]] = {}
    with ExitStack() as stack:
        servers = {n: stack.enter_context(serving(n, url, chosen.processes)) for n in names}
        for server in servers.values():
            for ask in asks.values():
                press(server, ask, chosen.connections, 5)  # warm
        for _round in range(chosen.rounds):
            for what, ask in asks.items():
                for name, server in servers.items():
                    found = press(server, ask, chosen.connections, chosen.requests)
                    seen.setdefault((what, name), []).append(found)
    _print(kind, seen, names)


def press(server: Server, ask: Callable[[int], Ask], connections: int, n: int) -> dict[str, Any]:
    """One client asks over so many connections: answers a second, latencies, CPU of both."""
    asks = [[ask(line * n + place) for place in range(n)] for line in range(connections)]
    command = [sys.executable, "-m", "benchmarks.http_client"]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as client:
        tell(client, json.dumps({"port": server.port, "asks": asks}))
        line_of(client)
        before = server.cpu()
        tell(client, "go")
        told = json.loads(line_of(client))
    times = told["times"]
    return {
        "per_second": len(times) / told["seconds"],
        "median": median(times),
        "p95": quantiles(times, n=20)[18],
        "cpu": (server.cpu() - before) / len(times) * 1000,
        "own": told["cpu"] / len(times) * 1000,
    }


def _print(kind: str, seen: dict[tuple[str, str], list[dict[str, Any]]], names: list[str]) -> None:
    first = names[0]
    for (what, name), rounds in seen.items():
        rates = [one["per_second"] for one in rounds]
        beside = [one["per_second"] for one in seen[what, first]]
        ratio = median(a / b for a, b in zip(rates, beside, strict=True))
        cpu, own, p95 = (median(r[name] for r in rounds) for name in ("cpu", "own", "p95"))
        sys.stdout.write(
            f"{kind:10} {WORDS[what]:14} {name:15} {median(rates):6.0f}/s (aim {AIMS[what]}), "
            f"{ratio:.2f} of {first}; {cpu:5.2f} ms of CPU a request (the client {own:.2f}), "
            f"95% within {p95:.0f} ms; load {os.getloadavg()[0]:.1f}\n"
        )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
