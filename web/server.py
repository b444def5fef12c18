"""The web application: portal, API, health for machines, and the scheduler beside them."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.routing import BaseRoute

from config.settings import Settings
from models.db import Database
from projects.clock import JOBS
from web import again, errors, health, metrics
from web.again import retrying
from web.api.router import router as api_router
from web.api.setup import install as install_api
from web.limits import Buckets
from web.middleware import BodyLimit, Language, SecurityHeaders
from web.pages import routers
from web.portal_limit import PortalLimit
from web.templating import STATIC
from workflow.scheduler import Worker


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
        metronome = Worker(db, settings, stopping, JOBS).start() if with_worker else None
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
    return app


@cache
def _routes() -> list[BaseRoute]:
    """Every route. FastAPI works each out at its first call, which takes a third of a second in
    all: the applications of one process share what it has found."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(retrying(api_router))
    for router in routers():
        app.include_router(retrying(router), include_in_schema=False)
    return app.routes


def work_out_routes() -> None:
    """Work the routes out now, by asking all of them for an address that none of them has."""
    nowhere = {"type": "http", "method": "GET", "path": "/" + "-" * 40, "headers": []}
    for route in _routes():
        route.matches(dict(nowhere))


class KeptFiles(StaticFiles):
    """Static files that browsers keep: their address changes with their content."""

    def file_response(self, *args: object, **kwargs: object):  # type: ignore[no-untyped-def]
        """As Starlette does, with a lifetime."""
        answer = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        answer.headers["cache-control"] = "public, max-age=31536000, immutable"
        return answer
