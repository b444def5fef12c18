"""The list of meetings, the latest first, with what each decided and how much of it is done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from projects.access import OFFICE
from projects.meetings import planning, store
from web.call import reading
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.meetings import kit
from web.templating import page, url

router = APIRouter(route_class=LateRoute)
PAGE = 30
Year = Annotated[int | None, Query(ge=2000, le=2200)]
Before = Annotated[int | None, Query(ge=1, lt=2**31)]


@router.get("/meetings")
def index(request: Request, year: Year = None, before: Before = None) -> HTMLResponse:
    """Meetings in the scope; the office is told when the next one is due."""
    with reading(request) as call:
        refuse_administrators(call)
        rows = store.list_meetings(call.s, call.person, year=year, before_id=before, limit=PAGE + 1)
        shown = rows[:PAGE]
        counts = store.counts(call.s, call.person, [row.id for row in shown])
        office = call.has(*OFFICE)
        more = url("/meetings", year=year, before=shown[-1].id) if len(rows) > PAGE else ""
        return page(
            call,
            "meetings/list.html",
            meetings=[kit.meeting_row(call, row) | counts[row.id] for row in shown],
            year=year,
            years=store.years(call.s, call.person),
            next_path=more,
            suggested=planning.suggested(call.s, call.now) if office else None,
        )
