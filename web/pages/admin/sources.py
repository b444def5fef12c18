"""Other platforms: which hand issues in, as whom, and where their news goes."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select
from starlette.datastructures import FormData

from config.i18n import gettext as _
from config.roles import SEPARATED
from models import tables
from web.call import Call, reading
from web.forms import posted, text
from web.late import LateRoute
from web.pages.admin.access import require
from web.pages.admin.forms import FRESH, Box, Typed, build, perform, yes
from web.templating import page
from workflow import sources
from workflow.wording import unit_name

router = APIRouter(route_class=LateRoute)
PATH = "/admin/sources"


@router.get(PATH)
def show(request: Request) -> HTMLResponse:
    """The list and the form for a new platform."""
    with reading(request) as call:
        require(call, "sources")
        return listing(call)


def _boxes(call: Call, row: Any = None) -> list[Box]:
    people = [
        (p.username, f"{p.name} ({p.username}) {unit_name(call.directory, p.unit_id)}")
        for p in call.directory.people.values()
        if p.active and not p.roles & SEPARATED
    ]
    person = call.directory.people[row.person_id].username if row is not None else ""
    return [
        Box("name", _("Name"), row.name if row is not None else ""),
        Box("person", _("Files as"), person, options=people,
            help=_("The platform's own account, with the role of a reporter.")),
        Box("callback_url", _("Address for news"), row.callback_url if row is not None else "",
            optional=True, help=_("https, or within the networks of the settings")),
        Box("secret_name", _("Name of the secret that signs"),
            row.secret_name if row is not None else "", optional=True,
            help=_("The secret itself is kept in the environment or a file, never here.")),
    ]  # fmt: skip


def listing(call: Call, typed: Typed = FRESH) -> HTMLResponse:
    """The page of all platforms."""
    rows = list(call.s.execute(select(tables.source_system).order_by(tables.source_system.c.code)))
    code = Box("code", _("Code"), help=_("e.g. 12345; it never changes."))
    return page(
        call,
        "admin/sources.html",
        typed.status,
        rows=rows,
        people=call.directory.people,
        form=build("add", PATH, _("Register the platform"), [code, *_boxes(call)], typed),
        done=call.request.query_params.get("done", ""),
    )


@router.post(PATH)
def add(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Register a platform."""

    def act(call: Call) -> None:
        sources.register(
            call.s, actor=call.person, now=call.now, code=text(sent, "code"), **_posted(sent)
        )

    return perform(request, sent, "sources", "add", act, listing, PATH, "source_added")


def _posted(sent: FormData) -> dict[str, str]:
    names = ("name", "person", "callback_url", "secret_name")
    return {name: text(sent, name) for name in names}


@router.get(PATH + "/{code}")
def show_one(request: Request, code: str) -> HTMLResponse:
    """One platform."""
    with reading(request) as call:
        require(call, "sources")
        return one(call, code)


def one(call: Call, code: str, typed: Typed = FRESH) -> HTMLResponse:
    """The page of a platform."""
    row = sources.find_source(call.s, code)
    boxes = [*_boxes(call, row), Box("active", _("Active"), row.active, kind="flag")]
    return page(
        call,
        "admin/source.html",
        typed.status,
        row=row,
        form=build("edit", f"{PATH}/{code}", _("Save"), boxes, typed),
        done=call.request.query_params.get("done", ""),
    )


@router.post(PATH + "/{code}")
def edit(request: Request, code: str, sent: FormData = Depends(posted)) -> Response:
    """Change a platform, or end it."""

    def act(call: Call) -> None:
        sources.update_source(
            call.s, actor=call.person, now=call.now, code=code, active=yes(sent, "active"),
            **_posted(sent),
        )  # fmt: skip

    def again(call: Call, typed: Typed) -> HTMLResponse:
        return one(call, code, typed)

    return perform(request, sent, "sources", "edit", act, again, f"{PATH}/{code}", "saved")
