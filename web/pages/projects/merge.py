"""Two records of one project: both sides field by field, and the office chooses."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select
from starlette.datastructures import FormData

from config.i18n import gettext as _
from models import tables
from models.queries import library
from models.queries.library import ProjectFilter
from projects import access
from projects.access import OFFICE, find_project
from projects.library import comparing, merging
from web.call import Call, reading, writing
from web.forms import check_csrf, posted, text
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.templating import page, url
from workflow.errors import Malformed, Reason, WorkflowError

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]
OFFERED = 20
PREFIX = "c-"


@router.get("/projects/{project_id:int}/merge")
def show(request: Request, project_id: int, other: str = "", q: str = "") -> HTMLResponse:
    """Choose the other record, then see both sides."""
    with reading(request) as call:
        refuse_administrators(call)
        access.require(call.person, OFFICE)
        return _show(call, project_id, _number(other), q, {})


def _number(text_: str) -> int:
    plain = text_.isascii() and text_.isdigit() and len(text_) < 10
    return int(text_) if plain else 0


def _show(
    call: Call,
    keep: int,
    other: int,
    q: str,
    choices: Data,
    error: WorkflowError | None = None,
) -> HTMLResponse:
    row = find_project(call.s, call.person, keep)
    found = None
    errors = error.reasons if error is not None else ()
    status = error.status if error is not None else 200
    if other:
        try:
            found = merging.compare(call.s, actor=call.person, keep=keep, other=other)
        except WorkflowError as refusal:
            if refusal.status in (403, 404):
                raise
            errors, status = refusal.reasons, refusal.status
    return page(
        call, "projects/merge.html", status, project=row, found=found, q=q, errors=errors,
        sides=_sides(call, found) if found is not None else [], choices=choices,
        offered=_offered(call, row, q) if found is None else [], prefix=PREFIX,
    )  # fmt: skip


def _sides(call: Call, found: merging.Comparison) -> list[Data]:
    people = call.directory
    return [
        {"field": d.field, "label": comparing.label(d.field), "conflict": d.conflict,
         "ours": comparing.told(d.field, d.ours, people),
         "theirs": comparing.told(d.field, d.theirs, people)}
        for d in found.differences
    ]  # fmt: skip


def _offered(call: Call, row: Any, q: str) -> list[Any]:
    """Records that may be the same project: those that the words find, else alike by name."""
    wanted = ProjectFilter(text=q or row.name[:6])
    found = library.page(call.s, call.person, call.directory, wanted, limit=OFFERED + 1).rows
    return [one for one in found if one.id != row.id][:OFFERED]


@router.post("/projects/{project_id:int}/merge")
def merge(request: Request, project_id: int, sent: FormData = Depends(posted)) -> Response:
    """Merge as was chosen, unless either record has changed since."""
    other = _number(text(sent, "other"))
    choices = {name[len(PREFIX) :]: text(sent, name) for name in sent if name.startswith(PREFIX)}
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            refuse_administrators(call)
            _refuse_unknown(call, other)
            merging.merge(call.s, actor=call.person, keep=project_id, other=other,
                          choices=choices, expect=text(sent, "expect"), now=call.now)  # fmt: skip
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            return _show(call, project_id, other, "", choices, error)
    return RedirectResponse(url(f"/projects/{project_id}", done="merged"), status_code=303)


def _refuse_unknown(call: Call, other: int) -> None:
    p = tables.project.c
    if not call.s.execute(select(p.id).where(p.id == other)).first():
        message = _("The other record is not named.")
        raise Malformed(Reason("other_missing", message, "other", _("Choose one of the list.")))
