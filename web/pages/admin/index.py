"""The index of the administration: only what the person may open."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from web.call import reading
from web.late import LateRoute
from web.pages.admin.access import require_any
from web.templating import page

router = APIRouter(route_class=LateRoute)


@router.get("/admin")
def show(request: Request) -> HTMLResponse:
    """Cards that lead to the pages."""
    with reading(request) as call:
        return page(call, "admin/index.html", areas=require_any(call))
