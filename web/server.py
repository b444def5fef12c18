"""The web application: portal, API, health for machines, and the scheduler beside them."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.routing import BaseRoute

from config.settings import Settings
from models.db import Database
from web import again, errors, health, metrics
from web.addresses import Index, flat
from web.again import retrying
from web.api.router import routes as api_routes
from web.api.setup import install as install_api
from web.heads import Heads
from web.limits import Buckets
from web.middleware import BodyLimit, Language, SecurityHeaders
from web.pages import routers
from web.portal_limit import PortalLimit
from web.templating import STATIC
from web.turnstile import Turnstile


def create_app(
    db: Database,
    settings: Settings,
    *,
    with_worker: bool = True,
    measures: metrics.Measures | None = None,
) -> FastAPI:
    """The application. With a worker it also sweeps and delivers, until it is shut down."""
    stopping = threading.Event()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        metronome = _clock(db, settings, stopping) if with_worker else None
        try:
            yield
        finally:  # also when the server fails: nothing may tick over a database that is closed
            stopping.set()
            if metronome is not None:
                metronome.shutdown(wait=True)

    app = FastAPI(
        title="Xiaohao",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # it would send people to whatever host the request names
        routes=_routes(),
    )
    app.state.db, app.state.settings = db, settings
    app.state.health = health.Report()
    app.state.turnstile = Turnstile(needed=db.engine.dialect.name == "sqlite")
    errors.install(app)
    again.install(app)
    app.mount("/static", KeptFiles(directory=STATIC))
    install_api(app, settings)
    app.add_middleware(
        BodyLimit, limit=settings.max_body_mb * 1024 * 1024, seconds=settings.body_seconds
    )
    app.state.portal_limit = Buckets(settings.portal_per_minute)
    app.add_middleware(PortalLimit, buckets=app.state.portal_limit)
    app.add_middleware(Language)
    app.add_middleware(SecurityHeaders, https=settings.base_url.startswith("https:"))
    app.state.measures = measures or metrics.Measures(db)
    app.add_middleware(metrics.Latency, measures=app.state.measures)
    app.add_middleware(Heads)
    return app


def _clock(db: Database, settings: Settings, stopping: threading.Event) -> Any:
    """The sweeps and deliveries beside the pages; of several processes none needs to load them."""
    from projects.clock import JOBS
    from workflow.scheduler import Worker

    return Worker(db, settings, stopping, JOBS).start()


@cache
def _routes() -> list[BaseRoute]:
    """Every route, with an index before them; the applications of one process share them."""
    portal = [route for router in routers() for route in flat(router)]
    for route in portal:
        route.include_in_schema = False
    found = [*health.router.routes, *metrics.router.routes, *retrying([*api_routes, *portal])]
    return [Index(found), *found]


def work_out_routes() -> None:
    """Make what the applications of this process share."""
    _routes()


class KeptFiles(StaticFiles):
    """Static files that browsers keep: their address changes with their content."""

    def file_response(self, *args: object, **kwargs: object):  # type: ignore[no-untyped-def]
        """As Starlette does, with a lifetime."""
        answer = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        answer.headers["cache-control"] = "public, max-age=31536000, immutable"
        return answer
