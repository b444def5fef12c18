"""The web process: health for machines, and the scheduler beside it in the embedded default."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Response
from sqlalchemy import text

from config import clock
from config.settings import Settings
from models import migrate
from models.db import Database
from workflow.scheduler import Worker
from workflow.watchdog import examine


def create_app(db: Database, settings: Settings, *, with_worker: bool = True) -> FastAPI:
    """The application. With a worker it also sweeps and delivers, until it is shut down."""
    stopping = threading.Event()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        metronome = Worker(db, settings, stopping).start() if with_worker else None
        yield
        stopping.set()
        if metronome is not None:
            metronome.shutdown(wait=True)

    app = FastAPI(title="Xiaohao", lifespan=lifespan, docs_url=None, redoc_url=None)
    _add_health(app, db)
    return app


def _add_health(app: FastAPI, db: Database) -> None:
    @app.get("/healthz")
    def healthz(response: Response) -> dict[str, Any]:
        """Green when the watchdog finds nothing missed; 503 with the kinds of findings otherwise.

        Anybody may ask, so it names no issue: `xiaohao watchdog` does.
        """
        findings = examine(db, clock.now())
        response.status_code = 503 if findings else 200
        return {
            "status": "red" if findings else "green",
            "findings": dict(Counter(finding.kind for finding in findings)),
            "count": len(findings),
        }

    @app.get("/readyz")
    def readyz(response: Response) -> dict[str, Any]:
        """Whether the database answers and has this version's schema."""
        with db.read() as s:
            s.execute(text("SELECT 1"))
        ready = migrate.current(db.url) == migrate.head()
        response.status_code = 200 if ready else 503
        return {"status": "ready" if ready else "schema_outdated"}


def serve(db: Database, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests and sweeps under way end first."""
    app = create_app(db, settings)
    uvicorn.run(app, host=settings.host, port=settings.port, log_config=None)
    db.close()
