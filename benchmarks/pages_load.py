"""Clients that ask as fast as they are answered, and the server process that they ask."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles

COOKIE = "xiaohao_session"
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
        """Seconds of CPU used so far by the process and its children, those that ended too."""
        pids = [self.pid, *_children(self.pid)]
        return sum(_cpu_of(pid) for pid in pids)


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(found) for found in listed.split()]


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(value) for value in fields[11:15]) / _TICK


@contextmanager
def serving(url: str, processes: int) -> Iterator[Server]:
    """`web.server.serve` in a process of its own, without the clock's work."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.pages_server", url, str(port), str(processes)]
    running = subprocess.Popen(command)
    try:
        _wait(running, port)
        yield Server(running.pid, port)
    finally:
        running.terminate()
        running.wait(60)


def _wait(running: subprocess.Popen[bytes], port: int) -> None:
    while running.poll() is None:
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=60).request("GET", "/signin")
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server has not started")


def press(server: Server, asks: list[Ask], clients: int, rounds: int) -> Load:
    """So many clients, each asking for everything so many times over one kept connection."""
    with ProcessPoolExecutor(clients, mp_context=get_context("spawn")) as pool:
        list(pool.map(_client, [(server.port, asks[:1], 1)] * clients))  # processes are up
        cpu, begun = server.cpu(), time.perf_counter()
        jobs = [(server.port, asks[n % len(asks):] + asks[:n % len(asks)], rounds)
                for n in range(clients)]  # fmt: skip
        times = [one for some in pool.map(_client, jobs) for one in some]
        seconds = time.perf_counter() - begun
    return Load(times, seconds, (server.cpu() - cpu) / len(times) * 1000)


def _client(job: tuple[int, list[Ask], int]) -> list[float]:
    port, asks, rounds = job
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    times = []
    for _round in range(rounds):
        for path, secret in asks:
            begun = time.perf_counter()
            connection.request("GET", path, headers={"Cookie": f"{COOKIE}={secret}"})
            answer = connection.getresponse()
            answer.read()
            times.append((time.perf_counter() - begun) * 1000)
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status}")
    connection.close()
    return times
