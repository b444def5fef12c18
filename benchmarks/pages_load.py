"""Clients that ask as fast as they are answered, and the server process that they ask."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

_TICK = os.sysconf("SC_CLK_TCK")
Ask = tuple[str, str]
"""A path and the secret of the session that asks for it."""


@dataclass(frozen=True, slots=True)
class Load:
    """What clients saw: milliseconds of each answer, how long it took in all, CPU of the server."""

    times: list[float]
    seconds: float
    cpu_ms: float

    @property
    def median(self) -> float:
        """Milliseconds within which half of the answers came."""
        return quantiles(self.times, n=100)[49]

    @property
    def p95(self) -> float:
        """Milliseconds within which 95 in 100 came."""
        return quantiles(self.times, n=100)[94]

    @property
    def per_second(self) -> float:
        """Answers a second, of all clients together."""
        return len(self.times) / self.seconds


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    pid: int
    port: int

    def cpu(self) -> float:
        """Seconds of CPU used so far by the process and all below it, those that ended too."""
        return sum(_cpu_of(pid) for pid in [self.pid, *_below(self.pid)])


def _below(pid: int) -> Iterator[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    for child in map(int, listed.split()):
        yield child
        yield from _below(child)


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(value) for value in fields[11:15]) / _TICK


@contextmanager
def serving(url: str, processes: int) -> Iterator[Server]:
    """`web.server.serve` in a process of its own, without the clock's work."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.pages_server", url, str(port), str(processes)]
    with running(command, port) as server:
        yield server


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, env: dict[str, str] | None = None) -> Iterator[Server]:
    """Any server's process, from when it answers."""
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    try:
        _wait(process, port)
        yield Server(process.pid, port)
    finally:
        process.terminate()
        process.wait(60)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    while process.poll() is None:
        asking = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            asking.request("GET", "/signin")
            asking.getresponse().read()
            return
        except (OSError, http.client.HTTPException):
            time.sleep(0.01)
        finally:
            asking.close()
    raise RuntimeError("the server has not started")


def press(server: Server, asks: list[Ask], clients: int, rounds: int) -> Load:
    """So many clients, each asking for everything so many times over one kept connection."""
    with ExitStack() as stack:
        jobs = [asks[n % len(asks) :] + asks[: n % len(asks)] for n in range(clients)]
        running = [stack.enter_context(_client(server.port, job, rounds)) for job in jobs]
        for client in running:
            line_of(client)  # connected, and warm
        cpu, begun = server.cpu(), time.perf_counter()
        for client in running:
            tell(client, "go")
        times = [one for client in running for one in json.loads(line_of(client))]
        seconds = time.perf_counter() - begun
    return Load(times, seconds, (server.cpu() - cpu) / len(times) * 1000)


def _client(port: int, asks: list[Ask], rounds: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.pages_client"]
    made = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    tell(made, json.dumps({"port": port, "asks": asks, "rounds": rounds}))
    return made


def tell(client: subprocess.Popen[str], line: str) -> None:
    """Send a client a line."""
    assert client.stdin is not None
    client.stdin.write(line + "\n")
    client.stdin.flush()


def line_of(client: subprocess.Popen[str]) -> str:
    """The next line a client says. Raises RuntimeError where it has ended instead."""
    assert client.stdout is not None
    line = client.stdout.readline()
    if not line:
        raise RuntimeError("a client has failed")
    return line
