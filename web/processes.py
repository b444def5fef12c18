"""Several processes behind one address: they answer requests, this one keeps the clock.

The parent listens, sweeps and delivers; its children, forked from a process that has loaded the
application (see `web.forking`), share the listening socket and the connections that come there
(`web.accepting`). A child that dies is replaced; queued requests wait for whoever is there. What
a process remembers of the ledger it gives only while the database itself says that the ledger
stands still, so children never disagree.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from uvicorn import _subprocess
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess, multiprocess

from config import logs
from config.settings import Settings
from models.db import Database
from web.accepting import Held
from web.child import Child, Config
from web.forking import method
from web.metrics_shared import Shared

if TYPE_CHECKING:
    from fastapi import FastAPI

PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
HEALTHY_WITHIN = 30
"""Seconds that a child has to say that it lives."""


def serve_many(
    db: Database, settings: Settings, shared: Shared, *, with_worker: bool = True
) -> None:
    """Serve with `web_processes` children until SIGTERM or SIGINT; what is under way ends first.

    Inside of `web.forking.prepared`, which gives `shared`. Raises OSError where the address is
    taken, SystemExit where a child cannot start.
    """
    # uvicorn has no settings for these two
    _subprocess.spawn, multiprocess.Process = method(), Child  # type: ignore[misc]
    with _bound(settings.host, settings.port) as listener, _clock(db, settings, with_worker):
        children = _Children(_config(db, settings, shared), [listener], shared)
        children.run()
    if any(child.exitcode == STARTUP_FAILURE for child in children.processes):
        raise SystemExit(STARTUP_FAILURE)


class _Children(Multiprocess):
    """The web processes; what one leaves behind when it ends is put in order."""

    def __init__(self, config: Config, sockets: list[socket.socket], shared: Shared) -> None:
        super().__init__(config, sockets)
        self._shared, self._held = shared, config.held
        self._known: set[int] = set()

    def keep_subprocess_alive(self) -> None:
        """Replace who has died, and say so to the common figures."""
        super().keep_subprocess_alive()
        serving = {child.pid for child in self.processes if child.pid is not None}
        for pid in self._known - serving:
            self._held.forget(pid)
            self._shared.ended(pid)
        self._known = serving


def _config(db: Database, settings: Settings, shared: Shared) -> Config:
    return Config(
        partial(application, db.url, settings, shared),
        held=Held(),
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.web_processes,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_worker_healthcheck=HEALTHY_WITHIN,
    )


def _bound(host: str, port: int) -> socket.socket:
    """A socket at the address, which says that it speaks TCP.

    asyncio sends small answers at once only on such a one; others wait 40 ms for the client's
    delayed acknowledgement.
    """
    family, kind, proto, _name, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
    )[0]
    listener = socket.socket(family, kind, proto)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.set_inheritable(True)
    return listener


def application(url: str, settings: Settings, shared: Shared) -> FastAPI:
    """The portal as a child serves it; the child ends when its parent is gone."""
    from web.metrics import Measures
    from web.server import create_app

    logs.configure(settings.log_level, "json" if settings.log_format == "json" else "text")
    _die_with_parent()
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    db = Database(url)
    return create_app(db, settings, with_worker=False, measures=Measures(db, shared))


def _die_with_parent() -> None:
    """On Linux the kernel tells a child at once; the address is free for whoever starts anew.

    That is the process which forked the child: the one that listens takes the child for dead, too.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)


def _leave_with_parent() -> None:
    """The same for other systems, and for a parent that died before the kernel was asked."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _clock(db: Database, settings: Settings, wanted: bool) -> Iterator[None]:
    """The sweeps and deliveries of one worker beside the children."""
    from projects.clock import JOBS
    from workflow.scheduler import Worker

    stopping = threading.Event()
    metronome = Worker(db, settings, stopping, JOBS).start() if wanted else None
    try:
        yield
    finally:
        stopping.set()
        if metronome is not None:
            metronome.shutdown(wait=True)
