"""Jobs and heartbeats: whether the machinery lives and nothing was missed."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from web.call import database, reading
from web.late import LateRoute
from web.pages.admin.access import require
from web.templating import page
from workflow import engine_room
from workflow.waiting_words import waits
from workflow.watchdog import examine
from workflow.wording import word

router = APIRouter(route_class=LateRoute)
STATES = ("pending", "bundled", "sent", "failed")


@router.get("/admin/jobs")
def show(request: Request) -> HTMLResponse:
    """Heartbeats, what was put off, what waits, and what the watchdog finds."""
    with reading(request) as call:
        require(call, "jobs")
        room = engine_room.look(call.s, call.person, call.now)
        findings = examine(database(request), call.now)
        return page(
            call,
            "admin/jobs.html",
            room=room,
            findings=engine_room.told(findings, call.person, call.zone),
            count=len(findings),
            waited=engine_room.waited,
            waits=waits(room.backlog, call.zone),
            state_names={one: word("notice", one) for one in STATES},
        )
