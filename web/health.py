"""Health for machines: alive and nothing missed, ready to serve.

Anybody may ask, as often as they like, so neither answer costs much.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from config import clock
from models.db import Database
from web.call import database
from workflow.watchdog import examine

router = APIRouter(tags=["health"])
KEPT = timedelta(seconds=5)
"""How long what the watchdog found is told again."""


@dataclass(slots=True)
class Report:
    """What the watchdog found last in this process, and when; one looks, the others wait."""

    found: dict[str, int] = field(default_factory=dict)
    at: datetime | None = None
    looking: threading.Lock = field(default_factory=threading.Lock)

    def counts(self, db: Database, now: datetime) -> dict[str, int]:
        """Findings by kind, not older than `KEPT`."""
        with self.looking:
            if self.at is None or not self.at <= now < self.at + KEPT:
                self.found = dict(Counter(finding.kind for finding in examine(db, now)))
                self.at = now
            return self.found


@router.get("/healthz", responses={503: {"description": "The watchdog found something."}})
def healthz(request: Request, response: Response) -> dict[str, Any]:
    """Green when the watchdog finds nothing missed; 503 with the kinds of findings otherwise.

    Anybody may ask, so it names no issue: `xiaohao watchdog` does. What it says may be some
    seconds old.
    """
    report: Report = request.app.state.health
    found = report.counts(database(request), clock.now())
    response.status_code = 503 if found else 200
    return {
        "status": "red" if found else "green",
        "findings": found,
        "count": sum(found.values()),
    }


@router.get("/readyz", responses={503: {"description": "The schema is not this version's."}})
def readyz(request: Request, response: Response) -> dict[str, Any]:
    """Whether the database answers and has this version's schema."""
    from models import migrate  # with Alembic, which no other request needs

    with database(request).read() as s:
        ready = migrate.revision_of(s.conn) == migrate.head()
    response.status_code = 200 if ready else 503
    return {"status": "ready" if ready else "schema_outdated"}
