"""会议纪要: prepared from the recorded decisions and edited; signed and issued as a document."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from projects.access import OFFICE, require
from projects.meetings import papers
from web.call import Call, reading
from web.forms import posted, text
from web.late import LateRoute
from web.pages.admin.forms import FRESH, Box, Typed, build
from web.pages.meetings import kit
from web.pages.meetings.kit import Id
from web.templating import page

router = APIRouter(route_class=LateRoute)


@router.get("/meetings/{number:int}/minutes")
def minutes_form(request: Request, number: Id) -> HTMLResponse:
    """The words that the minutes will have, to be edited."""
    with reading(request) as call:
        row = kit.find(call, number)
        require(call.person, OFFICE, _("Only the office prepares meetings."))
        papers.refuse_written(call.s, row)
        return _view(call, number, FRESH)


def _view(call: Call, number: int, typed: Typed) -> HTMLResponse:
    row = kit.find(call, number)
    require(call.person, OFFICE, _("Only the office prepares meetings."))
    words = papers.suggest_minutes(call.s, call.person, number)
    boxes = [
        Box("chair", _("Chair"), words["chair"]),
        Box("present", _("Present"), words["present"], "text"),
        Box("decisions", _("Decisions, one a line"), words["decisions"], "text"),
    ]
    form = build(
        "minutes", f"/meetings/{number}/minutes", _("Prepare the minutes"), boxes, typed,
        hidden={"version": str(row.version)},
    )  # fmt: skip
    meeting = kit.meeting_row(call, row)
    return page(call, "meetings/minutes.html", typed.status, form=form, meeting=meeting)


@router.post("/meetings/{number:int}/minutes")
def prepare(request: Request, number: Id, sent: FormData = Depends(posted)) -> Response:
    """Prepare the document; signing and issuing are steps of its own page."""

    def act(call: Call) -> None:
        papers.prepare_minutes(
            call.s, actor=call.person, meeting=number, chair=text(sent, "chair"),
            present=text(sent, "present"), decisions=text(sent, "decisions"), now=call.now,
            expected_version=kit.version_of(sent),
        )  # fmt: skip

    def show(call: Call, typed: Typed) -> HTMLResponse:
        return _view(call, number, typed)

    return kit.send(request, sent, "minutes", act, show, f"/meetings/{number}", "minutes")
