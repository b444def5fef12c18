"""Changing the calendar: what a change would move is shown before it is made.

The preview makes the change in a transaction that is rolled back, so that it cannot differ from
what is done afterwards. A file travels from the preview to the change inside the form.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from web.call import Call, reading, writing
from web.forms import check_csrf, files, kept, posted, posted_with_files, text
from web.late import LateRoute
from web.pages.admin.access import require_keeper
from web.pages.admin.forms import Box, Form, Typed, build, number, units_of, yes
from web.templating import page, url
from workflow import calendar_status
from workflow.calendar_admin import (
    YearView,
    apply_recompute,
    import_days,
    plan_recompute,
    remove_exception,
    set_exception,
)
from workflow.errors import Malformed, Reason, WorkflowError
from workflow.typed import parse_date

router = APIRouter(route_class=LateRoute)
PATH = "/admin/calendar"
MAX_FILE = 400_000
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """A change somebody asks for; `content` is a file's bytes in base64."""

    what: str
    values: dict[str, str]

    def carry_out(self, call: Call) -> Any:
        """Make the change; what it did. Raises as the commands do."""
        v = self.values
        if self.what == "day":
            return self._day(call)
        if self.what == "status":
            year = number(v["year"]) or 0
            return calendar_status.set_status(call.s, year, v["status"], call.person, call.now)
        return self._file(call)

    def _day(self, call: Call) -> Any:
        v = self.values
        day, unit = parse_date(v["day"], "day"), v["unit"] or None
        if v["kind"] == "remove":
            return remove_exception(call.s, unit, day, call.person, call.now)
        return set_exception(call.s, unit, day, v["kind"], v["name"], call.person, call.now)

    def _file(self, call: Call) -> Any:
        name = Path(self.values["filename"]).name
        with TemporaryDirectory() as folder:
            path = Path(folder) / ("days" + Path(name).suffix.lower())
            path.write_bytes(_decoded(self.values["content"]))
            return import_days(call.s, path, call.person, call.now)


def wish_of(sent: FormData) -> Wish:
    """The change that a form asks for. Raises `Malformed` for a file that cannot be one."""
    what = text(sent, "what")
    names = {"day": ("day", "kind", "name", "unit"), "status": ("year", "status")}
    if what in names:
        return Wish(what, {name: text(sent, name).strip() for name in names[what]})
    given = files(sent, "file")
    if not given:
        return Wish("file", {n: text(sent, n) for n in ("filename", "content")})
    content = given[0].file.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        raise _bad_file(_("The file is too large."))
    encoded = base64.b64encode(content).decode()
    return Wish("file", {"filename": given[0].filename or "", "content": encoded})


def _decoded(content: str) -> bytes:
    try:
        found = base64.b64decode(content, validate=True)
    except ValueError:  # also for what is not ASCII
        found = b""
    if not found:
        raise _bad_file(_("No file was chosen."))
    return found


def _bad_file(message: str) -> Malformed:
    remedy = _("Choose a file with the schedule of a year (CSV, TOML or JSON).")
    return Malformed(Reason("file_malformed", message, "file", remedy))


def change_forms(call: Call, view: YearView, day: str, typed: Typed) -> list[Form]:
    """The three forms; each leads to the preview."""
    kinds = [
        ("holiday", _("a day off")),
        ("workday", _("a workday")),
        ("remove", _("take the entry back")),
    ]
    other = "provisional" if view.status == "official" else "official"
    statuses = [("official", _("official")), ("provisional", _("provisional"))]
    target = url(f"{PATH}/preview", year=view.year, unit=view.unit)
    return [
        build(
            "day", target, _("Preview the change of the day"),
            [
                Box("day", _("Day"), day, type="date"),
                Box("kind", _("It becomes"), options=kinds),
                Box("name", _("Why"), optional=True, help=_("e.g. the holiday's name")),
                Box("unit", _("Only for the unit"), view.unit, optional=True,
                    options=units_of(call)),
            ],
            typed, hidden={"what": "day"},
        ),
        build(
            "status", target, _("Preview the change of the year"),
            [
                Box("year", _("Year"), str(view.year), type="number"),
                Box("status", _("Its schedule is"), other, options=statuses,
                    help=_("Deadlines over days of a provisional year are marked.")),
            ],
            typed, hidden={"what": "status"},
        ),
        build(
            "file", target, _("Preview the file"),
            [Box("file", _("Published schedule (CSV, TOML or JSON)"), type="file")],
            typed, hidden={"what": "file"}, files=True,
        ),
    ]  # fmt: skip


class _Undo(Exception):
    """Ends a transaction without its changes; carries the page that told of them."""

    def __init__(self, shown: HTMLResponse) -> None:
        self.shown = shown
        super().__init__()


@router.post(PATH + "/preview")
def preview(request: Request, sent: FormData = Depends(posted_with_files)) -> Response:
    """What the change would do; nothing is kept."""
    try:
        with writing(request) as call:
            require_keeper(call, "calendar")
            check_csrf(call, sent)
            wish = wish_of(sent)
            outcome = wish.carry_out(call)
            raise _Undo(_shown(call, wish, outcome))
    except _Undo as undo:
        return undo.shown
    except WorkflowError as error:
        return _again(request, sent, error)


def _shown(call: Call, wish: Wish, outcome: Any) -> HTMLResponse:
    plan = plan_recompute(call.s, call.now)
    return page(
        call,
        "admin/calendar_preview.html",
        what=wish.what,
        wish=wish.values,
        outcome=outcome,
        plan=plan[:MOST_SHOWN],
        total=len(plan),
        target=url(f"{PATH}/apply", **_place(call.request)),
        back=url(PATH, **_place(call.request)),
    )


def _place(request: Request) -> dict[str, str]:
    asked = request.query_params
    return {"year": asked.get("year", ""), "unit": asked.get("unit", "")}


def _again(request: Request, sent: FormData, error: WorkflowError) -> Response:
    from web.pages.admin.calendar import year_page

    if error.status in (403, 404):
        raise error
    with reading(request) as call:
        return year_page(call, Typed(text(sent, "what") or "file", kept(sent), error))


@router.post(PATH + "/apply")
def apply(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Make the change, and re-date the running tasks in the same transaction if asked."""
    try:
        with writing(request) as call:
            require_keeper(call, "calendar")
            check_csrf(call, sent)
            wish_of(sent).carry_out(call)
            if yes(sent, "redate"):
                apply_recompute(call.s, call.person, call.now)
    except WorkflowError as error:
        return _again(request, sent, error)
    return RedirectResponse(url(PATH, **_place(request), done="calendar_changed"), status_code=303)
