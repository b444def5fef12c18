"""`xiaohao serve` with several web processes: one clock, one address, and nobody is missed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import sleep
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select

from models import tables
from models.db import Database
from tests.world import World
from web.metrics_shared import ENVIRONMENT, sharing
from web.processes import _bound

ROOT = Path(__file__).parents[2]


@pytest.fixture
def served(world: World, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The whole service with two web processes, over a database of each kind."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "cli.main", "serve", "--port", str(port), "--db", world.db.url]
    env = os.environ | {"PYTHONPATH": str(ROOT), "XIAOHAO_WEB_PROCESSES": "2"}
    with subprocess.Popen(words, cwd=tmp_path, env=env) as service:
        try:
            yield service, port
        finally:
            service.kill()


def test_a_web_process_that_dies_is_replaced_and_the_clock_keeps_ticking(
    served: tuple[subprocess.Popen[bytes], int], world: World
) -> None:
    service, port = served
    _until(lambda: _answers(port), "it serves")
    _until(lambda: len(_web(service.pid)) == 2, "two processes")
    victim = _web(service.pid)[0]
    os.kill(victim, signal.SIGKILL)
    _until(lambda: _answers(port), "the other one goes on")
    _until(lambda: len(set(_web(service.pid)) - {victim}) == 2, "there are two again")
    assert all(_answers(port) for _ in range(10))
    assert _clock_of(world.db) == {service.pid}
    service.terminate()
    assert service.wait(60) == 0
    assert _left(port)


def test_every_web_process_gives_the_same_figures_and_they_never_go_down(
    served: tuple[subprocess.Popen[bytes], int], world: World
) -> None:
    service, port = served
    _until(lambda: _answers(port) and len(_web(service.pid)) == 2, "two processes")
    told = _figures(port)  # from here on it counts
    world.reported("2026-09-28 10:00")
    for _ in range(20):
        _missing(port)
    pids = set(_web(service.pid))
    _until(lambda: _figures(port) == (told[0] + 20, 1), "every answer is counted")
    assert {_figures(port) for _ in range(20)} == {(told[0] + 20, 1)}
    os.kill(pids.pop(), signal.SIGKILL)
    _until(lambda: len(set(_web(service.pid)) - pids) == 1, "there are two again")
    _until(lambda: _answers(port), "they serve")
    assert {_figures(port) for _ in range(20)} == {(told[0] + 20, 1)}


def test_figures_of_an_earlier_service_are_gone_and_the_environment_is_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    with sharing(tmp_path, 8000) as shared, sharing(tmp_path, 8001) as other:
        (shared.folder / "histogram_1.db").write_bytes(b"")
        assert (shared.agreed("event", 7), shared.agreed("event", 9)) == (7, 7)
        assert other.agreed("event", 3) == 3
        assert os.environ[ENVIRONMENT] == str(other.folder)
    assert ENVIRONMENT not in os.environ
    with sharing(tmp_path, 8000) as shared:
        assert list(shared.folder.iterdir()) == []
        assert shared.agreed("event", 9) == 9


def test_web_processes_end_when_their_parent_is_killed(
    served: tuple[subprocess.Popen[bytes], int],
) -> None:
    service, port = served
    _until(lambda: _answers(port), "it serves")
    service.kill()
    service.wait(60)
    _until(lambda: _left(port), "the address is free again")


def test_web_processes_are_there_again_when_the_one_they_are_forked_from_dies(
    served: tuple[subprocess.Popen[bytes], int],
) -> None:
    service, port = served
    _until(lambda: _answers(port) and len(_web(service.pid)) == 2, "two processes")
    before = set(_web(service.pid))
    loader = next(pid for pid in _children(service.pid) if "forkserver" in _command(pid))
    os.kill(int(loader), signal.SIGKILL)
    _until(lambda: len(set(_web(service.pid)) - before) == 2, "two others")
    _until(lambda: _answers(port), "they serve")
    service.terminate()
    assert service.wait(60) == 0
    assert _left(port)


def test_callers_who_keep_their_connections_are_spread_over_the_processes(
    served: tuple[subprocess.Popen[bytes], int],
) -> None:
    service, port = served
    _until(lambda: _answers(port) and len(_web(service.pid)) == 2, "two processes")
    with ExitStack() as kept:
        for _ in range(16):
            _ask_and_stay(kept.enter_context(socket.create_connection(("127.0.0.1", port))))
        assert all(_held(pid, port) >= 4 for pid in _web(service.pid))


def _ask_and_stay(line: socket.socket) -> None:
    line.sendall(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert line.recv(1)


def _held(pid: int, port: int) -> int:
    """Connections of clients that a process holds."""
    found = psutil.Process(pid).net_connections("tcp")
    return sum(1 for one in found if one.laddr.port == port and one.status == "ESTABLISHED")


def test_small_answers_are_sent_at_once() -> None:
    """asyncio sets TCP_NODELAY only on sockets that say that they speak TCP."""
    with _bound("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def _web(parent: int) -> list[int]:
    """Those that serve: children of the one that has loaded the application."""
    loaders = [pid for pid in _children(parent) if "forkserver" in _command(pid)]
    return [int(pid) for loader in loaders for pid in _children(loader)]


def _children(parent: int | str) -> list[str]:
    try:
        return Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    except FileNotFoundError:
        return []


def _command(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except FileNotFoundError:
        return ""


def _clock_of(db: Database) -> set[int]:
    """The processes that have swept."""
    with db.read() as s:
        found = s.execute(select(tables.heartbeat.c.worker)).scalars()
        return {int(worker.rpartition(":")[2]) for worker in found}


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _missing(port: int) -> None:
    """Ask for a page that there is not; each request on a connection of its own."""
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"http://127.0.0.1:{port}/nowhere", method="DELETE"), timeout=30)
    refused.value.close()


def _figures(port: int) -> tuple[float, float]:
    """How many such requests whoever answers has counted, and how many reports."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    found = {
        (sample.name, sample.labels.get("method") or sample.labels.get("tag")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    requests = found.get(("xiaohao_request_seconds_count", "DELETE"), 0.0)
    return requests, found.get(("xiaohao_transitions_total", "issue.report"), 0.0)


def _left(port: int) -> bool:
    """Whether nobody listens any more."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _until(holds: Callable[[], bool], what: str) -> None:
    for _try in range(1800):
        if holds():
            return
        sleep(0.1)
    raise AssertionError(f"never: {what}")
