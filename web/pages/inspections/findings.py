"""/inspections/{id}/findings: noting findings on a phone, one by one.

Each entry carries a token of its own, so that it can be sent again after the line has dropped
and is still one finding. A photo may come along and is never asked for.
"""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.datastructures import FormData

from config.settings import settings
from projects.inspections.findings import Noted, record
from projects.inspections.found import find, require_member, sites
from projects.inspections.listing import photo_of
from projects.inspections.report import findings_of
from web.attachments import file_headers
from web.call import Call, reading
from web.forms import files, kept, posted_with_files, text
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.inspections.kit import Number, categories, send, whole
from web.pages.inspections.show import finding_line
from web.templating import page, url
from workflow.case import not_visible
from workflow.errors import WorkflowError
from workflow.evidence_safety import accept
from workflow.evidence_safety.kinds import UNKNOWN_TYPE, by_ending
from workflow.evidence_safety.names import clean_name, ending
from workflow.evidence_store import locate

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]


@router.get("/inspections/{number:int}/findings")
def form(
    request: Request,
    number: Number,
    project: int | None = Query(default=None, ge=1, lt=2**31),
    saved: str = "",
) -> HTMLResponse:
    """An empty entry for a site, with what was noted there below it."""
    with reading(request) as call:
        refuse_administrators(call)
        return _show(call, number, {"project": str(project or "")}, saved=saved)


@router.post("/inspections/{number:int}/findings")
def add(request: Request, number: Number, sent: FormData = Depends(posted_with_files)) -> Response:
    """Keep one finding."""

    def act(call: Call) -> str:
        entry = Noted(
            project=whole(sent, "project") or 0, title=text(sent, "title"),
            category=text(sent, "category"), detail=text(sent, "detail"),
            urgent=text(sent, "urgent") == "yes", token=text(sent, "token"), photo=_photo(sent),
        )  # fmt: skip
        record(call.s, actor=call.person, inspection=number, form=entry, now=call.now)
        where = f"/inspections/{number}/findings"
        return url(where, project=entry.project, saved=entry.token)

    def refused(call: Call, error: WorkflowError) -> HTMLResponse:
        return _show(call, number, kept(sent), error=error)

    return send(request, sent, act, refused)


def _photo(sent: FormData) -> tuple[str, str, int] | None:
    given = files(sent, "photo")
    if not given:
        return None
    stored = accept(given[0].file, given[0].filename or "")
    return stored.name, stored.digest, stored.size


def _show(
    call: Call, number: int, values: Data, *, saved: str = "", error: WorkflowError | None = None
) -> HTMLResponse:
    row = find(call.s, call.person, number)
    require_member(call.s, call.person, row.id)
    places = sites(call.s, call.person, row.id)
    names = {one.project_id: one.name for one in places}
    here = str(values.get("project") or (places[0].project_id if places else ""))
    lines = [finding_line(call, one, names) for one in findings_of(call.s, call.person, row)]
    token = str(values.get("token") or secrets.token_urlsafe(16))
    return page(
        call, "inspections/findings.html", error.status if error else 200, one=row,
        sites=[(str(one.project_id), one.name) for one in places], here=here, token=token,
        values={"title": "", "category": "", "detail": "", "urgent": ""} | values,
        categories=categories(call), reasons=error.reasons if error else (),
        noted=[one for one in reversed(lines) if one["state"] != "dropped"],
        saved=saved if saved.isascii() and len(saved) <= 64 else "",
    )  # fmt: skip


@router.get("/inspections/findings/{number:int}/photo")
def photo(request: Request, number: Number) -> FileResponse:
    """The photo of a finding, as an attachment; 404 outside the scope."""
    with reading(request) as call:
        refuse_administrators(call)
        one = photo_of(call.s, call.person, number)
        path = locate(settings().var_dir / "evidence", one.photo_sha256) if one else None
        if path is None or not path.is_file():
            raise not_visible(str(number))
        name = clean_name(one.photo_name)
    kind = by_ending(ending(name))
    media = kind.media_type if kind else UNKNOWN_TYPE
    return FileResponse(path, media_type=media, headers=file_headers(name))
