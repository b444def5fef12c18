"""One process loads the application, and the web processes are forked from it.

Loading takes longer than anything else at the start. Done once, beside whatever else there is to
do, it lets every web process begin at once, and whoever replaces one that has died, too.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from config.settings import Settings
from web.metrics_shared import Shared, sharing

LOADED = "web.loaded"
"""What is imported before the first web process is forked."""


@contextmanager
def prepared(settings: Settings) -> Iterator[Shared | None]:
    """Begin to load the application, where several processes are to serve it.

    Gives the folder of what they count together, None for a single process. The folder is named
    to the process that loads, so nobody else may serve at the address.
    """
    if settings.web_processes == 1:
        yield None
        return
    with sharing(settings.var_dir, settings.port) as shared:
        if sys.platform == "win32":
            yield shared
            return
        _begin_loading()
        try:
            yield shared
        finally:
            _stop_loading()


def method() -> Any:
    """How web processes are started: forked from the one that has loaded, if the system can."""
    return multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")


def _begin_loading() -> None:
    from multiprocessing import forkserver

    forkserver.set_forkserver_preload([LOADED])
    forkserver.ensure_running()


def _stop_loading() -> None:
    """Whoever loads ends with the block, also where nothing came of it and it is still loading."""
    from multiprocessing import forkserver

    server: Any = forkserver._forkserver
    if server._forkserver_pid is not None:
        os.kill(server._forkserver_pid, signal.SIGTERM)
        server._stop()
