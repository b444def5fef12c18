"""The list of bulletins, and drafting a new one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from projects.bulletins import commands, reading
from projects.kpi.reading import frozen_months
from web.call import Call, writing
from web.call import reading as reading_call
from web.forms import check_csrf, posted, text
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.templating import page, url
from workflow.errors import WorkflowError

router = APIRouter(route_class=LateRoute)
PAGE = 30
Before = Annotated[int | None, Query(ge=1, lt=2**31)]


@router.get("/bulletins")
def index(request: Request, before: Before = None) -> HTMLResponse:
    """Bulletins in sight, newest first."""
    with reading_call(request) as call:
        refuse_administrators(call)
        return _page(call, before)


def _page(
    call: Call, before: int | None = None, reasons: Any = (), status: int = 200
) -> HTMLResponse:
    found = reading.listed(call.s, call.person, before_id=before, limit=PAGE + 1)
    shown = found[:PAGE]
    writes = call.has(*commands.WRITERS)
    return page(
        call,
        "bulletins/list.html",
        status,
        lines=[_line(line) for line in shown],
        more=url("/bulletins", before=shown[-1].row.id) if len(found) > PAGE else "",
        writes=writes,
        months=frozen_months(call.s) if writes else [],
        reasons=reasons,
    )


def _line(line: reading.Line) -> dict[str, Any]:
    return {
        "id": line.row.id,
        "month": line.row.month,
        "n": line.row.n,
        "state": line.state,
        "state_name": commands.state_word(line.state),
        "title": line.document.title if line.document is not None else "",
        "number": line.document.number if line.document is not None else "",
        "corrects": line.row.corrects_id,
        "at": line.row.drafted_at,
        "issued_at": line.document.issued_at if line.document is not None else None,
    }


@router.post("/bulletins")
def new(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Draft the bulletin of a frozen month."""
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            refuse_administrators(call)
            key = commands.draft(call.s, actor=call.person, month=text(sent, "month"), now=call.now)
    except WorkflowError as refused:
        if refused.status in (403, 404):
            raise
        with reading_call(request) as call:
            return _page(call, reasons=refused.reasons, status=409)
    return RedirectResponse(f"/bulletins/{key}", status_code=303)
