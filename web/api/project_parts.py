"""Tags of a project, the industrial chains, and in whose figures a project counts."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from config.i18n import N_
from models.queries import library as queries
from projects.library import commands as library
from projects.library import tags
from projects.library.records import Saved
from web.api import shapes
from web.api.access import ApiRoute, reading, writing
from web.api.bodies import plain
from web.api.idempotency import Answer, Key, once
from web.api.library_kit import act_of, perform
from web.api.params import Id
from web.api.problems import READS, REPLAYED, WRITES, refusals
from web.api.project_bodies import Attribution, KeptChain, Tag
from web.api.versions import IfMatch
from web.call import Call
from web.navigation import refuse_administrators

router = APIRouter(route_class=ApiRoute, tags=["projects"])
Data = dict[str, Any]
_ACT = act_of(shapes.ProjectSaved)


@router.post("/projects/{id}/tags", summary=N_("Tag a project"), **_ACT)
def tag(
    request: Request, id: Id, body: Tag, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """A repeat changes nothing."""

    def run(call: Call, common: Data) -> Saved:
        return tags.put(call.s, **body.model_dump(), **common)

    return perform(request, body, key, if_match, run, project_id=id)


@router.post("/projects/{id}/tags/remove", summary=N_("Take a tag off a project"), **_ACT)
def untag(
    request: Request, id: Id, body: Tag, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """It stays in the history."""

    def run(call: Call, common: Data) -> Saved:
        return tags.drop(call.s, **body.model_dump(), **common)

    return perform(request, body, key, if_match, run, project_id=id)


@router.post(
    "/projects/{id}/attribution",
    summary=N_("Count a project in another town or street"),
    **_ACT,
)
def attribute(
    request: Request, id: Id, body: Attribution, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """Where it lies does not change; without a board the project counts where it lies again."""

    def run(call: Call, common: Data) -> Saved:
        return library.attribute(call.s, board=body.board, reason=body.reason, **common)

    return perform(request, body, key, if_match, run, project_id=id)


@router.get(
    "/industrial-chains",
    response_model=shapes.Chains,
    summary=N_("Industrial chains with who leads them"),
    responses=refusals(READS),
)
def chains(request: Request) -> Data:
    """By name, with how many projects the caller may know of."""
    with reading(request) as call:
        refuse_administrators(call)
        held = queries.by_chain(call.s, call.person, call.directory)
        people = call.directory.people
        return {"items": [
            {"id": row.id, "name": row.name, "leader": row.leader, "active": row.active,
             "leader_username": people[row.leader_id].username if row.leader_id in people
             else None, "projects": held[row.name]}
            for row in tags.chains(call.s)
        ]}  # fmt: skip


@router.post(
    "/industrial-chains",
    response_model=shapes.ChainKept,
    summary=N_("Add an industrial chain, or change its leader"),
    responses=refusals(WRITES) | {200: {"headers": REPLAYED}},
)
def keep_chain(request: Request, body: KeptChain, key: Key = None) -> JSONResponse:
    """A chain of that name is changed, whole."""
    with writing(request) as call:
        refuse_administrators(call)

        def produce() -> Answer:
            made = tags.keep_chain(call.s, actor=call.person, now=call.now, **body.model_dump())
            return Answer(200, {"id": made, "name": body.name.strip()})

        return once(call, key, plain(body), produce)
