"""Planning a meeting, and moving one that has not begun."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from config.roles import UnitKind
from projects.access import LEADERS, OFFICE, require
from projects.meetings import moving, planning, store
from projects.meetings.planning import Invitation
from web.call import Call, reading, writing
from web.forms import check_csrf, kept, posted, text, texts
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.admin.forms import FRESH, Box, Form, Typed, build, units_of
from web.pages.meetings import kit
from web.pages.meetings import show as meeting_page
from web.pages.meetings.kit import Id
from web.templating import page
from workflow.errors import WorkflowError
from workflow.typed import parse_moment

router = APIRouter(route_class=LateRoute)
USUAL_PLACE = "经济发展局会议室"
USUAL = UnitKind.DEPARTMENT
"""Towns, streets and departments are invited unless the office says otherwise."""


@router.get("/meetings/new")
def new(request: Request) -> HTMLResponse:
    """The form, filled with the next day of the rule."""
    with reading(request) as call:
        _refuse_others(call)
        return _new(call, FRESH)


def _refuse_others(call: Call) -> None:
    refuse_administrators(call)
    require(call.person, OFFICE, _("Only the office plans meetings."))


def _new(call: Call, typed: Typed) -> HTMLResponse:
    form = _form(call, typed, "/meetings/new", _("Plan the meeting"), _suggested(call))
    return page(call, "meetings/form.html", typed.status, form=form, meeting=None)


def _suggested(call: Call) -> dict[str, Any]:
    chair = call.directory.with_role("deputy_director")
    return {
        "starts_at": _local(call, planning.suggested(call.s, call.now)),
        "place": USUAL_PLACE,
        "chair": chair[0].username if chair else "",
        "units": [u.code for u in call.directory.units.values() if u.is_board or u.kind == USUAL],
    }


def _local(call: Call, moment: Any) -> str:
    return f"{moment.astimezone(call.zone):%Y-%m-%dT%H:%M}"


def _form(call: Call, typed: Typed, action: str, button: str, values: dict[str, Any]) -> Form:
    leaders = [p for p in call.directory.people.values() if p.active and p.roles & LEADERS]
    given = typed.of("plan").get("units", values["units"])
    boxes = [
        Box("starts_at", _("When"), values["starts_at"], type="datetime-local"),
        Box("place", _("Where"), values["place"]),
        Box("chair", _("Chair"), values["chair"], options=[(p.username, p.name) for p in leaders]),
    ]
    form = build("plan", action, button, boxes, typed)
    units = build("plan", action, button, [
        Box("units", _("Units invited"), [], kind="units", options=units_of(call)),
    ], Typed(typed.form, {}, typed.error))  # fmt: skip
    units.inputs[0].value = [given] if isinstance(given, str) else list(given)
    form.inputs += units.inputs
    form.general = [r for r in form.general if r.field != "units"]
    return form


@router.post("/meetings/new")
def create(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Plan it; the number is the next of its year."""
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            _refuse_others(call)
            row = planning.plan(
                call.s, actor=call.person, form=_invitation(call, sent), now=call.now
            )
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            return _new(call, Typed("plan", kept(sent), error))
    return RedirectResponse(f"/meetings/{row.id}?done=planned", status_code=303)


def _invitation(call: Call, sent: FormData) -> Invitation:
    given = text(sent, "starts_at").strip()
    day_end = call.ctx.policy().coordination.meeting_at
    moment = parse_moment(given, call.zone, "starts_at", day_end) if given else None
    return Invitation(moment, text(sent, "place"), text(sent, "chair"), texts(sent, "units"))


@router.get("/meetings/{number:int}/change")
def change_form(request: Request, number: Id) -> HTMLResponse:
    """The same form, filled with what is planned."""
    with reading(request) as call:
        row = kit.find(call, number)
        require(call.person, OFFICE, _("Only the office prepares meetings."))
        return _change(call, row, FRESH)


def _change(call: Call, row: Any, typed: Typed) -> HTMLResponse:
    units = store.units_of(call.s, [row.id]).get(row.id, [])
    values = {
        "starts_at": _local(call, row.starts_at),
        "place": row.place,
        "chair": call.directory.people[row.chair_id].username,
        "units": [call.directory.units[unit.unit_id].code for unit in units],
    }
    form = _form(call, typed, f"/meetings/{row.id}/change", _("Save"), values)
    form.hidden = {"version": str(row.version)}
    meeting = kit.meeting_row(call, row)
    return page(call, "meetings/form.html", typed.status, form=form, meeting=meeting)


@router.post("/meetings/{number:int}/change")
def change(request: Request, number: Id, sent: FormData = Depends(posted)) -> Response:
    """Move it, or invite others."""

    def act(call: Call) -> None:
        moving.change(
            call.s, actor=call.person, meeting=number, form=_invitation(call, sent),
            now=call.now, expected_version=kit.version_of(sent),
        )  # fmt: skip

    def show(call: Call, typed: Typed) -> HTMLResponse:
        return _change(call, kit.find(call, number), typed)

    return kit.send(request, sent, "plan", act, show, f"/meetings/{number}", "changed")


@router.post("/meetings/{number:int}/call-off")
def call_off(request: Request, number: Id, sent: FormData = Depends(posted)) -> Response:
    """There will be no meeting; the reason goes to everybody who attends."""

    def act(call: Call) -> None:
        moving.call_off(
            call.s, actor=call.person, meeting=number, reason=text(sent, "reason"),
            now=call.now, expected_version=kit.version_of(sent),
        )  # fmt: skip

    def show(call: Call, typed: Typed) -> HTMLResponse:
        return meeting_page.view(call, number, typed)

    return kit.send(request, sent, "call-off", act, show, f"/meetings/{number}", "called-off")
