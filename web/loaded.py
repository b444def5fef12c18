"""Importing this loads all that a web process needs. It is for the process they are forked from."""

from __future__ import annotations

import gc


def _load() -> None:
    """What is loaded stays: looking through it for garbage would only cost time, and in the
    processes that are forked memory, since each page that is looked at becomes their own."""
    gc.disable()
    from uvicorn.protocols.http import auto  # noqa: F401  what answers there

    from web import processes  # noqa: F401  what runs first in a forked process
    from web.server import work_out_routes

    work_out_routes()
    gc.freeze()
    gc.enable()


_load()
