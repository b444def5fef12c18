"""The project library: list, read, add, correct; stages, lists, chain of responsibility."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from config.i18n import N_
from config.project_rules import project_rules
from config.projects import LISTS, STAGES
from models.queries import library as queries
from models.queries.paging import LIGHTS, BadCursor
from projects.access import find_project
from projects.library import commands as library
from projects.library import duties, listings, stages
from projects.library.asked import read
from projects.library.records import Saved
from web.api import shapes
from web.api.access import ApiRoute, reading
from web.api.idempotency import Key
from web.api.library_kit import act_of, make, making_of, perform
from web.api.links import cursor_refused, onward
from web.api.params import Cursor, Id, Limit, UnitCode
from web.api.problems import ETAG, FINDS, READS, refusals
from web.api.project_bodies import (
    ChangedProject,
    EndedDuty,
    EndedListing,
    NewDuty,
    NewListing,
    NewProject,
    NewStage,
)
from web.api.project_facts import line, record
from web.api.versions import IfMatch, etag
from web.call import Call
from web.navigation import refuse_administrators

router = APIRouter(route_class=ApiRoute, tags=["projects"])
Data = dict[str, Any]
Run = Callable[[Call, dict[str, Any]], Saved]


def _one_of(names: Any, about: str) -> Any:
    return Query(pattern=f"^({'|'.join(names)})$", description=about)


List = Annotated[str | None, _one_of(LISTS, "On this list.")]
Stage = Annotated[str | None, _one_of(STAGES, "In this stage.")]
Light = Annotated[str | None, _one_of(LIGHTS, "With this light.")]
Band = Annotated[str | None, _one_of([b.code for b in project_rules().bands], "Of this size band.")]
Year = Annotated[int | None, Query(ge=2000, le=2100, description="On a list of this year.")]
Name = Annotated[str | None, Query(max_length=60, min_length=1)]
Words = Annotated[
    str | None, Query(max_length=100, description="Words of name, code, owner or content.")
]


@router.get(
    "/projects",
    response_model=shapes.ProjectPage,
    summary=N_("Key projects, page by page"),
    responses=refusals(READS),
)
def listed(
    request: Request,
    list: List = None,
    year: Year = None,
    stage: Stage = None,
    light: Light = None,
    band: Band = None,
    board: UnitCode = None,
    chain: Name = None,
    tag: Name = None,
    q: Words = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Data:
    """Within the caller's scope, worst light first; merged records are left out."""
    given = {"list": list, "year": year, "stage": stage, "light": light, "band": band,
             "board": board, "chain": chain, "tag": tag, "q": q}  # fmt: skip
    asked = {name: [str(value)] for name, value in given.items() if value is not None}
    with reading(request) as call:
        refuse_administrators(call)
        wanted = read(call.directory, asked)
        try:
            found = queries.page(
                call.s, call.person, call.directory, wanted, cursor=cursor, limit=limit
            )
        except BadCursor:
            raise cursor_refused() from None
        return {
            "items": [line(call, row) for row in found.rows],
            "total": found.total,
            "next": onward(request, found.next_cursor),
            "next_cursor": found.next_cursor,
        }


@router.get(
    "/projects/{id}",
    response_model=shapes.ProjectFile,
    summary=N_("One project with its whole record"),
    description=N_("The contact's telephone only for the office and who answers for the project."),
    responses=refusals(FINDS) | {200: {"headers": ETAG}},
)
def one(request: Request, response: Response, id: Id) -> Data:
    """A record that was merged names the one that is kept."""
    with reading(request) as call:
        row = find_project(call.s, call.person, id)
        response.headers.update(etag(row.version))
        return line(call, row) | record(call, row)


@router.post("/projects", summary=N_("Add a project"), **making_of(shapes.ProjectSaved))
def add(request: Request, body: NewProject, key: Key = None) -> JSONResponse:
    """A new record, for the office."""

    def run(call: Call, common: Data) -> Saved:
        return library.add(call.s, values=body.fields, board=body.board, **common)

    return make(request, body, key, "/projects", run)


_ACT = act_of(shapes.ProjectSaved)


@router.post("/projects/{id}/record", summary=N_("Correct a record"), **_ACT)
def correct(
    request: Request, id: Id, body: ChangedProject, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """Fields of the record; who answers for the project may fill in what it reports."""

    def run(call: Call, common: Data) -> Saved:
        return library.edit(call.s, values=body.fields, **common)

    return perform(request, body, key, if_match, run, project_id=id)


@router.post("/projects/{id}/stages", summary=N_("Record a stage"), **_ACT)
def reach(
    request: Request, id: Id, body: NewStage, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """A stage with the day since when."""

    def run(call: Call, common: Data) -> Saved:
        return stages.reach(call.s, stage=body.stage, since=body.since, note=body.note, **common)

    return perform(request, body, key, if_match, run, project_id=id)


@router.post("/projects/{id}/listings", summary=N_("Put a project on a list"), **_ACT)
def enlist(
    request: Request, id: Id, body: NewListing, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """A place on a year's list."""

    def run(call: Call, common: Data) -> Saved:
        given = body.model_dump(exclude={"list"}, exclude_unset=True)
        return listings.enlist(call.s, list_code=body.list, **given, **common)

    return perform(request, body, key, if_match, run, project_id=id)


@router.post(
    "/projects/{id}/listings/{listing}/end", summary=N_("Take a project off a list"), **_ACT
)
def delist(
    request: Request,
    id: Id,
    listing: Id,
    body: EndedListing,
    key: Key = None,
    if_match: IfMatch = None,
) -> JSONResponse:
    """The entry stays in the record."""

    def run(call: Call, common: Data) -> Saved:
        return listings.delist(
            call.s, listing_id=listing, removed_on=body.removed_on, reason=body.reason, **common
        )

    return perform(request, body, key, if_match, run, project_id=id)


@router.post("/projects/{id}/duties", summary=N_("Give a responsibility"), **_ACT)
def assign(
    request: Request, id: Id, body: NewDuty, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """Whoever held the part before holds it until that day."""

    def run(call: Call, common: Data) -> Saved:
        return duties.assign(call.s, **body.model_dump(), **common)

    return perform(request, body, key, if_match, run, project_id=id)


@router.post("/projects/{id}/duties/end", summary=N_("End a responsibility"), **_ACT)
def end(
    request: Request, id: Id, body: EndedDuty, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """Without a successor."""

    def run(call: Call, common: Data) -> Saved:
        return duties.end(call.s, role=body.role, until=body.until, **common)

    return perform(request, body, key, if_match, run, project_id=id)
