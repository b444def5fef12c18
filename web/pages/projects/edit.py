"""A record is added and corrected."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select
from starlette.datastructures import FormData

from config.i18n import gettext as _
from config.projects import NATURES
from models import tables
from projects import access
from projects.access import OFFICE, find_project
from projects.library import commands as library
from projects.library import fields
from web.call import Call, reading
from web.forms import posted, text
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.projects.forms import (
    FRESH,
    Box,
    Typed,
    build,
    form_page,
    perform,
    units_of,
    version,
)
from workflow.wording import word

router = APIRouter(route_class=LateRoute)


@router.get("/projects/new")
def new(request: Request) -> HTMLResponse:
    """An empty record."""
    with reading(request) as call:
        refuse_administrators(call)
        access.require(call.person, OFFICE)
        return _new(call, FRESH)


def _new(call: Call, typed: Typed) -> HTMLResponse:
    board = Box("board", _("Town or street"), optional=True,
                options=units_of(call.directory, boards=True))  # fmt: skip
    boxes = [*_boxes({}, [field.name for field in fields.FIELDS])]
    boxes.insert(2, board)
    form = build("new", "/projects/new", _("Add the project"), boxes, typed)
    crumbs = [("/projects", _("Key projects"))]
    hint = _("Only the name is needed now; what is not stated stays empty.")
    return form_page(call, form, _("Add a project"), crumbs, typed.status, hint)


@router.post("/projects/new")
def add(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Keep the new record."""

    def act(call: Call) -> str:
        refuse_administrators(call)
        access.require(call.person, OFFICE)
        given = _given(sent, [field.name for field in fields.FIELDS])
        done = library.add(call.s, actor=call.person, values=given, board=text(sent, "board"),
                           now=call.now)  # fmt: skip
        return f"/projects/{done.id}"

    return perform(request, sent, "new", act, _new, "added")


@router.get("/projects/{project_id:int}/edit")
def edit(request: Request, project_id: int) -> HTMLResponse:
    """The record with its fields; who reports on it gets what it reports."""
    with reading(request) as call:
        refuse_administrators(call)
        return _edit(call, project_id, FRESH)


def _edit(call: Call, project_id: int, typed: Typed) -> HTMLResponse:
    row = find_project(call.s, call.person, project_id)
    access.require_reporter(call.s, call.person, row)
    parent = select(tables.project.c.name).where(tables.project.c.id == row.parent_id)
    values = {f.name: fields.shown(f, getattr(row, f.column)) for f in fields.FIELDS}
    values["parent"] = (call.s.execute(parent).scalar() or "") if row.parent_id else ""
    path = f"/projects/{project_id}"
    form = build("edit", f"{path}/edit", _("Save"), _boxes(values, _open(call)), typed,
                 hidden={"version": str(row.version)})  # fmt: skip
    crumbs = [("/projects", _("Key projects")), (path, row.name)]
    title = _("Correct the record")
    return form_page(call, form, title, crumbs, typed.status, cancel=path)


def _open(call: Call) -> list[str]:
    """The fields that the person may fill in, in their order."""
    keeps = bool(call.person.roles & OFFICE)
    return [f.name for f in fields.FIELDS if keeps or f.reported]


@router.post("/projects/{project_id:int}/edit")
def save(request: Request, project_id: int, sent: FormData = Depends(posted)) -> Response:
    """Keep the corrections."""

    def act(call: Call) -> str:
        refuse_administrators(call)
        given = _given(sent, _open(call))
        library.edit(call.s, actor=call.person, project_id=project_id, values=given, now=call.now,
                     expected_version=version(sent))  # fmt: skip
        return f"/projects/{project_id}"

    def again(call: Call, typed: Typed) -> Response:
        return _edit(call, project_id, typed)

    return perform(request, sent, "edit", act, again, "saved")


def _given(sent: FormData, names: list[str]) -> dict[str, str]:
    """The fields of the form that were sent; one that is missing is no blank one."""
    return {name: text(sent, name) for name in names if name in sent}


def _boxes(values: dict[str, Any], names: list[str]) -> list[Box]:
    return [_box(fields.BY_NAME[name], values.get(name, "")) for name in names]


def _box(field: fields.Field, value: str) -> Box:
    kind = "text" if field.kind == "text" else "line"
    options = None
    if field.kind == "choice":
        options = [(code, word("nature", code)) for code in NATURES]
    if field.kind == "yes_no":
        options = [("yes", _("yes")), ("no", _("no"))]
    return Box(
        field.name, _(field.label), value, kind, field.name != "name",
        _(field.help) if field.help else "", "date" if field.kind == "date" else "text", options,
    )  # fmt: skip
