"""Files of evidence, to be saved: never shown by the browser itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import FileResponse

from web.attachments import file_headers
from web.call import reading
from web.late import LateRoute
from workflow.evidence_safety import open_evidence

router = APIRouter(route_class=LateRoute)


@router.get("/evidence/{number}")
def download(request: Request, number: Annotated[int, Path(ge=1, lt=2**31)]) -> FileResponse:
    """The file, as an attachment under its harmless name (RFC 6266); 404 outside the scope."""
    with reading(request) as call:
        found = open_evidence(call.s, call.person, number)
    return FileResponse(found.path, media_type=found.media_type, headers=file_headers(found.name))
