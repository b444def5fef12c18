"""Serving the application. Light to load: what serves is loaded elsewhere, or later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.settings import Settings
from web.forking import prepared
from web.metrics_shared import Shared

if TYPE_CHECKING:
    from models.db import Database

__all__ = ["prepared", "serve"]


def serve(
    db: Database, settings: Settings, *, with_worker: bool = True, shared: Shared | None = None
) -> None:
    """Serve until SIGTERM or SIGINT; requests and sweeps under way end first.

    With `web_processes` above 1 as many processes answer; the clock's work stays in one.
    `shared` is what `prepared` gave to a caller who had other things to do meanwhile.
    """
    if settings.web_processes == 1:
        _alone(db, settings, with_worker)
    elif shared is not None:
        _many(db, settings, with_worker, shared)
    else:
        with prepared(settings) as made:
            assert made is not None
            _many(db, settings, with_worker, made)
    db.close()


def _alone(db: Database, settings: Settings, with_worker: bool) -> None:
    import uvicorn

    from web.server import create_app

    uvicorn.run(
        create_app(db, settings, with_worker=with_worker),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
    )


def _many(db: Database, settings: Settings, with_worker: bool, shared: Shared) -> None:
    from web.processes import serve_many

    serve_many(db, settings, shared, with_worker=with_worker)
