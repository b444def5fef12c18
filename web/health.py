"""Health for machines: alive and nothing missed, ready to serve."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import text

from config import clock
from models import migrate
from web.call import database
from workflow.watchdog import examine

router = APIRouter(tags=["health"])


@router.get("/healthz", responses={503: {"description": "The watchdog found something."}})
def healthz(request: Request, response: Response) -> dict[str, Any]:
    """Green when the watchdog finds nothing missed; 503 with the kinds of findings otherwise.

    Anybody may ask, so it names no issue: `xiaohao watchdog` does.
    """
    findings = examine(database(request), clock.now())
    response.status_code = 503 if findings else 200
    return {
        "status": "red" if findings else "green",
        "findings": dict(Counter(finding.kind for finding in findings)),
        "count": len(findings),
    }


@router.get("/readyz", responses={503: {"description": "The schema is not this version's."}})
def readyz(request: Request, response: Response) -> dict[str, Any]:
    """Whether the database answers and has this version's schema."""
    db = database(request)
    with db.read() as s:
        s.execute(text("SELECT 1"))
    ready = migrate.current(db.url) == migrate.head()
    response.status_code = 200 if ready else 503
    return {"status": "ready" if ready else "schema_outdated"}
