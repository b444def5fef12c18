"""专班: task forces with their units, projects and issues; and the industrial chains."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from models.queries import forces as queries
from models.queries import library
from models.queries.library import ProjectFilter
from projects.access import OFFICE, not_allowed, require
from projects.library import forces, tags
from web.call import Call, reading
from web.forms import posted, text, texts
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.projects.forms import (
    FRESH,
    Box,
    Typed,
    build,
    day,
    people_of,
    perform,
    today,
    units_of,
    version,
)
from web.pages.projects.notices import done_text
from web.templating import page, url
from workflow.case import not_visible
from workflow.errors import Malformed, Reason
from workflow.wording import unit_name

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]
PATH = "/task-forces"


@router.get(PATH)
def listed(request: Request, done: str = "") -> HTMLResponse:
    """Every task force, and the form for a new one."""
    with reading(request) as call:
        refuse_administrators(call)
        return _listed(call, FRESH, done_text(done))


def _listed(call: Call, typed: Typed, done: str = "") -> HTMLResponse:
    units, projects = queries.sizes(call.s, call.person, call.directory)
    rows = [
        {"row": row, "lead": unit_name(call.directory, row.lead_unit_id), "units": units[row.id],
         "projects": projects[row.id]}
        for row in queries.forces(call.s)
    ]  # fmt: skip
    form = build("found", PATH, _("Set up"), _boxes(call, None), typed) if _keeps(call) else None
    return page(call, "projects/forces.html", typed.status, rows=rows, form=form, done=done)


def _keeps(call: Call) -> bool:
    return bool(call.person.roles & OFFICE)


def _boxes(call: Call, row: Any) -> list[Box]:
    now = defaultdict(str, forces.head(call.s, row) if row is not None else {})
    found = [
        Box("name", _("Name"), now["name"]),
        Box("purpose", _("Task of the force"), now["purpose"], "text", True),
        Box("leader", _("Leader"), now["leader"], optional=True, options=people_of(call.directory)),
        Box("leader_name", _("or a leader outside, by name"), now["leader_name"], optional=True),
        Box("lead_unit", _("Lead unit"), now["lead_unit"], optional=True,
            options=units_of(call.directory)),
    ]  # fmt: skip
    if row is None:
        found += [Box("since", _("Since"), today(call), type="date"),
                  Box("units", _("Member units"), [], "units", True,
                      options=units_of(call.directory))]  # fmt: skip
    return found


@router.post(PATH)
def found(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Set a task force up."""

    def act(call: Call) -> str:
        refuse_administrators(call)
        require(call.person, OFFICE)
        made = forces.found(call.s, actor=call.person, now=call.now, since=day(sent, "since"),
                            units=texts(sent, "units"), **_given(sent))  # fmt: skip
        return f"{PATH}/{made.id}"

    def again(call: Call, typed: Typed) -> Response:
        units = typed.values.get("units", [])
        typed.values["units"] = [units] if isinstance(units, str) else units
        return _listed(call, typed)

    return perform(request, sent, "found", act, again, "force_founded")


def _given(sent: FormData) -> Data:
    return {n: text(sent, n) for n in ("name", "purpose", "leader", "leader_name", "lead_unit")}


@router.get(PATH + "/{force_id:int}")
def show(request: Request, force_id: int, done: str = "") -> HTMLResponse:
    """A task force with its units, its projects and their issues."""
    with reading(request) as call:
        refuse_administrators(call)
        return _show(call, force_id, FRESH, done_text(done))


def _show(call: Call, force_id: int, typed: Typed, done: str = "") -> HTMLResponse:
    row = forces.find(call.s, call.person, force_id)
    wanted = ProjectFilter(ids=queries.project_ids(call.s, row.id))
    projects = library.everything(call.s, call.person, call.directory, wanted)
    issues = library.open_issues(call.s, call.person, [one.id for one in projects])
    keeps = _keeps(call) and row.ended_on is None
    path, hidden = f"{PATH}/{row.id}", {"version": str(row.version)}
    all_ids = [key for keys in library.merged(call.s, [p.id for p in projects]).values()
               for key in keys]  # fmt: skip
    return page(
        call,
        "projects/force.html",
        typed.status,
        force=row,
        done=done,
        lead=unit_name(call.directory, row.lead_unit_id),
        members=[{"code": call.directory.units[m.unit_id].code,
                  "name": unit_name(call.directory, m.unit_id)}
                 for m in queries.members(call.s, row.id)],
        projects=[{"row": p, "board": unit_name(call.directory, p.board_id),
                   "open": sum(issues[p.id].values()),
                   "path": url("/issues", project=p.id, open="1")} for p in projects],
        issues={"n": sum(sum(one.values()) for one in issues.values()),
                "path": url("/issues", project=all_ids, open="1")},
        edit=build("edit", f"{path}/edit", _("Save"), _boxes(call, row), typed, hidden=hidden)
        if keeps else None,
        unit_form=build("unit", f"{path}/unit", _("Add as a member"),
                   [Box("unit", _("Unit"), options=units_of(call.directory))], typed,
                   hidden=hidden) if keeps else None,
        project_form=build("project", f"{path}/project", _("Add to the task force"),
                           [_project_box(call)], typed, hidden=hidden) if keeps else None,
        end=build("end", f"{path}/end", _("Dissolve"),
                  [Box("ended_on", _("Ended on"), today(call), type="date")], typed,
                  weighty=True, hidden=hidden) if keeps else None,
    )  # fmt: skip


def _project_box(call: Call) -> Box:
    known = library.everything(call.s, call.person, call.directory, ProjectFilter())
    return Box("project", _("Project"), kind="project", options=[(p.name, "") for p in known],
               help=_("Write its full name."))  # fmt: skip


ACTS = ("edit", "unit", "project", "end", "unit_out", "project_out")


@router.post(PATH + "/{force_id:int}/{name}")
def change(
    request: Request, force_id: int, name: str, sent: FormData = Depends(posted)
) -> Response:
    """Correct it, add or take out a unit or a project, or dissolve it."""
    if name not in ACTS:
        raise not_visible(name)

    def act(call: Call) -> str:
        refuse_administrators(call)
        _act(call, force_id, name, sent)
        return f"{PATH}/{force_id}"

    def again(call: Call, typed: Typed) -> Response:
        return _show(call, force_id, typed)

    return perform(request, sent, name, act, again, "force_ended" if name == "end" else "saved")


def _act(call: Call, force_id: int, name: str, sent: FormData) -> None:
    common: Data = {"actor": call.person, "force_id": force_id, "now": call.now,
                    "expected_version": version(sent)}  # fmt: skip
    if name == "edit":
        forces.edit(call.s, **_given(sent), **common)
    elif name == "end":
        forces.dissolve(call.s, ended_on=day(sent, "ended_on"), **common)
    elif name == "unit":
        forces.join(call.s, unit=text(sent, "unit"), **common)
    elif name == "unit_out":
        forces.leave(call.s, unit=text(sent, "unit"), **common)
    else:
        command = forces.join if name == "project" else forces.leave
        command(call.s, project_id=_project(call, text(sent, "project")), **common)


def _project(call: Call, name: str) -> int:
    if not _keeps(call):
        raise not_allowed()
    known = library.everything(call.s, call.person, call.directory, ProjectFilter())
    found = next((p.id for p in known if name in (p.name, str(p.id))), None)
    if found is None:
        message = _("There is no project {name}.").format(name=name[:80])
        raise Malformed(Reason("project_unknown", message, "project", _("Write its full name.")))
    return int(found)


@router.get("/projects/chains")
def chains(request: Request, done: str = "") -> HTMLResponse:
    """The industrial chains with who leads them."""
    with reading(request) as call:
        refuse_administrators(call)
        return _chains(call, FRESH, done_text(done))


def _chains(call: Call, typed: Typed, done: str = "") -> HTMLResponse:
    held = library.by_chain(call.s, call.person, call.directory)
    rows = [
        {"row": row, "path": url("/projects", chain=row.name),
         "projects": held[row.name]}
        for row in tags.chains(call.s)
    ]  # fmt: skip
    boxes = [
        Box("name", _("Industrial chain")),
        Box("leader", _("Chain leader"), optional=True, options=people_of(call.directory)),
        Box("leader_name", _("or a leader outside, by name"), optional=True),
        Box("active", _("Projects may be given this chain"), True, "flag"),
    ]
    form = build("chain", "/projects/chains", _("Save"), boxes, typed) if _keeps(call) else None
    return page(call, "projects/chains.html", typed.status, rows=rows, form=form, done=done)


@router.post("/projects/chains")
def keep_chain(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Add a chain, or change its leader."""

    def act(call: Call) -> str:
        refuse_administrators(call)
        tags.keep_chain(
            call.s, actor=call.person, name=text(sent, "name"), leader=text(sent, "leader"),
            leader_name=text(sent, "leader_name"), active=text(sent, "active") == "yes",
            now=call.now,
        )  # fmt: skip
        return "/projects/chains"

    return perform(request, sent, "chain", act, _chains, "chain")
