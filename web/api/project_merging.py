"""Two records of one project: both sides field by field, and merged as the office chooses."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from config.i18n import N_
from projects.library import comparing, merging
from projects.library.comparing import Difference
from web.api import shapes
from web.api.access import ApiRoute, reading, writing
from web.api.bodies import plain
from web.api.idempotency import Answer, Key, once
from web.api.library_kit import saved
from web.api.params import INTEGER, Id
from web.api.problems import ETAG, FINDS, REPLAYED, WRITES, refusals
from web.api.project_bodies import Merge
from web.api.versions import etag
from web.navigation import refuse_administrators

router = APIRouter(route_class=ApiRoute, tags=["projects"])
Data = dict[str, Any]
Other = Annotated[
    int, Query(ge=1, le=INTEGER, description="The record that is given up.", examples=[2])
]


@router.get(
    "/projects/{id}/merge",
    response_model=shapes.Compared,
    summary=N_("Compare two records of one project"),
    responses=refusals(FINDS) | refusals((409,)),
)
def compare(request: Request, id: Id, other: Other) -> Data:
    """What the other record says otherwise; every conflict wants a choice."""
    with reading(request) as call:
        refuse_administrators(call)
        found = merging.compare(call.s, actor=call.person, keep=id, other=other)
        return {
            "digest": found.digest,
            "records": [
                {"id": row.id, "version": row.version, "name": row.name,
                 "lists": found.lists[row.id]}
                for row in (found.kept, found.other)
            ],
            "differences": [difference(one) for one in found.differences],
        }  # fmt: skip


def difference(one: Difference) -> Data:
    """A field that two sides say differently."""
    return {
        "field": one.field, "label": comparing.label(one.field), "ours": one.ours,
        "theirs": one.theirs, "conflict": one.conflict,
    }  # fmt: skip


@router.post(
    "/projects/{id}/merge",
    response_model=shapes.ProjectSaved,
    summary=N_("Merge another record into a project"),
    description=N_(
        "The other record stays and points to this one. `expect` is the digest of the comparison;"
        " where either record has changed since, nothing is written."
    ),
    responses=refusals(WRITES) | {200: {"headers": ETAG | REPLAYED}},
)
def merge(request: Request, id: Id, body: Merge, key: Key = None) -> JSONResponse:
    """For the office."""
    with writing(request) as call:
        refuse_administrators(call)

        def produce() -> Answer:
            done = merging.merge(
                call.s, actor=call.person, keep=id, now=call.now, **body.model_dump()
            )
            return Answer(200, saved(done), etag(done.version))

        return once(call, key, plain(body), produce)
