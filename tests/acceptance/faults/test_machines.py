"""Several machines: a database host, two web hosts, two workers, and a network that fails them.

Each is a network namespace of its own. Callers talk to both web hosts and go to the other one with
the same key when the first does not answer in time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from random import Random

import pytest

from config import clock
from models.db import Database
from models.migrate import upgrade
from tests.acceptance.faults import SEED, TIMES
from tests.acceptance.faults.callers import Callers, every_call_was_done_once, token_of
from tests.acceptance.faults.checker import check, watchdog_says
from tests.acceptance.faults.crowd import crowd
from tests.acceptance.faults.house import ROOT, House, house
from tests.acceptance.faults.network import Network, network
from tests.acceptance.faults.patience import ended, until
from tests.servers import Server, servers

pytestmark = pytest.mark.slow

WEB, WORKERS = ("web1", "web2"), ("work1", "work2")
CHANNELS = ("inapp", "folder")
SECONDS, CALLS = 3.0, 4
"""How long a fault lasts, and how many calls are done after each before the next."""
HASTY = "tcp_user_timeout=1500&keepalives_idle=1&keepalives_interval=1&connect_timeout=2"
"""Whoever is not heard is given up within seconds here, not within a minute."""
HASTY_SERVER = (
    "listen_addresses=*", "tcp_user_timeout=1500", "tcp_keepalives_idle=1",
    "tcp_keepalives_interval=1",
)  # fmt: skip
Fault = Callable[[], AbstractContextManager[None]]


@contextmanager
def database_host(net: Network) -> Iterator[tuple[Server, Database]]:
    """A server that every machine may reach, with the crowd; this process has its socket."""
    with servers(1, *HASTY_SERVER) as [server]:
        with net.inside("db"):
            server.make()
            with (server.data / "pg_hba.conf").open("a") as rules:
                rules.write("host all all samenet trust\n")
            server.start().run("CREATE DATABASE office")
        url = f"postgresql+psycopg://postgres@/office?host={server.folder}&port={server.port}"
        upgrade(url)
        db = Database(url)
        crowd(db, channels=CHANNELS)
        yield server, db
        db.close()


@contextmanager
def worker(net: Network, name: str, url: str, folder: Path) -> Iterator[None]:
    """A worker on a machine of its own."""
    env = os.environ | settings(folder) | {"PYTHONPATH": str(ROOT)}
    with (folder / f"{name}.log").open("wb") as said, net.inside(name):
        words = [sys.executable, "-m", "cli.main", "worker", "--db", url]
        process = subprocess.Popen(words, env=env, cwd=folder, stderr=said)
    try:
        yield
    finally:
        process.kill()
        ended(process)


@contextmanager
def web_host(net: Network, name: str, url: str, folder: Path) -> Iterator[House]:
    """The service on a machine of its own."""
    own = folder / name
    own.mkdir()
    with ExitStack() as stack:
        with net.inside(name):
            found = house(url, own, settings=settings(folder), host=net.address(name))
            served = stack.enter_context(found)
        yield served


def settings(folder: Path) -> dict[str, str]:
    """Settings of every machine."""
    return {
        "XIAOHAO_CHANNELS": ",".join(CHANNELS), "XIAOHAO_FOLDER_DIR": str(folder / "mail"),
        "XIAOHAO_LEASE_SECONDS": "4", "XIAOHAO_SMTP_TIMEOUT": "3", "XIAOHAO_POLL_SECONDS": "0.5",
    }  # fmt: skip


def faults(net: Network, chance: Random) -> list[Fault]:
    """A machine cut off, a web host and a worker that are not heard or do not hear."""
    web, work = chance.choice(WEB), chance.choice(WORKERS)
    found: list[Fault] = [
        partial(net.cut_off, chance.choice((web, work))),
        partial(net.unheard, "db", web),
        partial(net.unheard, web, "db"),
        partial(net.unheard, "db", work),
        partial(net.cut_off, "db"),
    ]
    chance.shuffle(found)
    return found


def test_machines_that_lose_each_other_lose_no_call_and_double_none(tmp_path: Path) -> None:
    chance = Random(SEED)
    with (
        network("db", *WEB, *WORKERS) as net,
        database_host(net) as (server, db),
        ExitStack() as stack,
    ):
        assert {"not_swept", "not_escalated"} <= watchdog_says(db, clock.now())
        address = f"{net.address('db')}:{server.port}"
        url = f"postgresql+psycopg://postgres@{address}/office?{HASTY}"
        for name in WORKERS:
            stack.enter_context(worker(net, name, url, tmp_path))
        hosts = [stack.enter_context(web_host(net, name, url, tmp_path)) for name in WEB]
        token = token_of(db, "lucheng_reporter")
        at_work = Callers(token, [host.base for host in hosts], timeout=3)
        with at_work.working(3):
            for _ in range(TIMES):
                for fault in faults(net, chance):
                    suffer(fault, at_work)
        for host in hosts:
            until(lambda: host.status("/healthz") == 200, "nothing is missed")  # noqa: B023
        every_call_was_done_once(db, at_work)
        check(db, clock.now())
        assert at_work.lost + at_work.later.total() > 0, "nobody noticed: the test proves nothing"


def suffer(fault: Fault, at_work: Callers) -> None:
    """Live with a fault for a while, then without."""
    with fault():
        time.sleep(SECONDS)
    done = len(at_work.told)
    until(lambda: len(at_work.told) >= done + CALLS, "calls are done again")
