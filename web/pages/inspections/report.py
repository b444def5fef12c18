"""/inspections/{id}/report.{form}: the report as a file."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from projects.inspections.paper import report_file
from web.attachments import file_headers
from web.call import reading
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.inspections.kit import Number

router = APIRouter(route_class=LateRoute)


@router.get("/inspections/{number:int}/report.{form}")
def report(request: Request, number: Number, form: str) -> Response:
    """docx or pdf; of a closed inspection always the same bytes."""
    with reading(request) as call:
        refuse_administrators(call)
        found = report_file(call.s, call.person, number, form, call.now)
    return Response(found.content, media_type=found.media_type, headers=file_headers(found.name))
