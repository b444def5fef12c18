"""Task forces (专班): list, read, set up, correct, units and projects in and out, dissolve."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from config.i18n import N_
from models.queries import forces as queries
from models.queries import library
from models.queries.library import ProjectFilter
from projects.history import plain as jsonable
from projects.library import forces
from projects.library.records import Saved
from web.api import shapes
from web.api.access import ApiRoute, reading
from web.api.bodies import plain
from web.api.force_bodies import (
    ChangedForce,
    EndedForce,
    ForceProjectBody,
    ForceUnit,
    NewForce,
)
from web.api.idempotency import Key
from web.api.library_kit import act_of, make, making_of, perform
from web.api.links import numbered
from web.api.params import Cursor, Id, Limit
from web.api.plan_facts import code_of, paged
from web.api.problems import ETAG, FINDS, READS, refusals
from web.api.versions import IfMatch, etag
from web.call import Call
from web.navigation import refuse_administrators

router = APIRouter(route_class=ApiRoute, tags=["forces"])
Data = dict[str, Any]
AtWork = Annotated[
    bool | None, Query(description="true: only those at work, false: only dissolved ones.")
]
_ACT = act_of(shapes.ForceSaved)


@router.get(
    "/task-forces",
    response_model=shapes.ForcePage,
    summary=N_("Task forces, page by page"),
    responses=refusals(READS),
)
def listed(
    request: Request, at_work: AtWork = None, cursor: Cursor = None, limit: Limit = 50
) -> Data:
    """Every task force, with how many of its projects the caller may know of."""
    with reading(request) as call:
        refuse_administrators(call)
        rows = queries.page(call.s, at_work=at_work, after=numbered(cursor) or 0, limit=limit + 1)
        units, projects = queries.sizes(call.s, call.person, call.directory)
        items = [_line(call, row, units[row.id], projects[row.id]) for row in rows[:limit]]
        return paged(request, items, rows[limit - 1].id if len(rows) > limit else None)


def _line(call: Call, row: Any, units: int, projects: int) -> Data:
    leader = call.directory.people.get(row.leader_id or 0)
    alike = ("id", "version", "name", "purpose", "leader", "since", "ended_on")
    return {name: getattr(row, name) for name in alike} | {
        "leader_username": leader.username if leader is not None else None,
        "lead_unit": code_of(call, row.lead_unit_id),
        "unit_count": units,
        "project_count": projects,
    }


@router.get(
    "/task-forces/{id}",
    response_model=shapes.ForceFile,
    summary=N_("One task force with its units and projects"),
    responses=refusals(FINDS) | {200: {"headers": ETAG}},
)
def one(request: Request, response: Response, id: Id) -> Data:
    """Of its projects those that the caller may know of."""
    with reading(request) as call:
        refuse_administrators(call)
        row = forces.find(call.s, call.person, id)
        response.headers.update(etag(row.version))
        members = queries.members(call.s, row.id)
        wanted = ProjectFilter(ids=queries.project_ids(call.s, row.id))
        known = library.everything(call.s, call.person, call.directory, wanted)
        issues = library.open_issues(call.s, call.person, [p.id for p in known])
        told: Data = jsonable(_line(call, row, len(members), len(known)))
        return told | {
            "units": [code_of(call, member.unit_id) for member in members],
            "projects": [
                {"id": p.id, "name": p.name, "board": code_of(call, p.board_id),
                 "stage": p.stage, "light": p.light, "open_issues": sum(issues[p.id].values())}
                for p in known
            ],
        }  # fmt: skip


@router.post("/task-forces", summary=N_("Set up a task force"), **making_of(shapes.ForceSaved))
def found(request: Request, body: NewForce, key: Key = None) -> JSONResponse:
    """For the office. Membership gives no rights."""

    def run(call: Call, common: Data) -> Saved:
        return forces.found(call.s, **body.model_dump(), **common)

    return make(request, body, key, "/task-forces", run)


@router.post("/task-forces/{id}/edit", summary=N_("Correct a task force"), **_ACT)
def edit(
    request: Request, id: Id, body: ChangedForce, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """Name, purpose, leader or lead unit."""

    def run(call: Call, common: Data) -> Saved:
        return forces.amend(call.s, changes=plain(body), **common)

    return perform(request, body, key, if_match, run, force_id=id)


@router.post("/task-forces/{id}/units", summary=N_("Add a unit to a task force"), **_ACT)
def unit_in(
    request: Request, id: Id, body: ForceUnit, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """As a member."""

    def run(call: Call, common: Data) -> Saved:
        return forces.join(call.s, unit=body.unit, **common)

    return perform(request, body, key, if_match, run, force_id=id)


@router.post(
    "/task-forces/{id}/units/remove", summary=N_("Take a unit out of a task force"), **_ACT
)
def unit_out(
    request: Request, id: Id, body: ForceUnit, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """It stays in the history."""

    def run(call: Call, common: Data) -> Saved:
        return forces.leave(call.s, unit=body.unit, **common)

    return perform(request, body, key, if_match, run, force_id=id)


@router.post("/task-forces/{id}/projects", summary=N_("Add a project to a task force"), **_ACT)
def project_in(
    request: Request, id: Id, body: ForceProjectBody, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """To be looked after."""

    def run(call: Call, common: Data) -> Saved:
        return forces.join(call.s, project_id=body.project, **common)

    return perform(request, body, key, if_match, run, force_id=id)


@router.post(
    "/task-forces/{id}/projects/remove",
    summary=N_("Take a project out of a task force"),
    **_ACT,
)
def project_out(
    request: Request, id: Id, body: ForceProjectBody, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """It stays in the history."""

    def run(call: Call, common: Data) -> Saved:
        return forces.leave(call.s, project_id=body.project, **common)

    return perform(request, body, key, if_match, run, force_id=id)


@router.post("/task-forces/{id}/end", summary=N_("Dissolve a task force"), **_ACT)
def end(
    request: Request, id: Id, body: EndedForce, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """Its page stays."""

    def run(call: Call, common: Data) -> Saved:
        return forces.dissolve(call.s, ended_on=body.ended_on, **common)

    return perform(request, body, key, if_match, run, force_id=id)
