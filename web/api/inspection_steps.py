"""The steps of an inspection: set out, visit, close, give up."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from config.i18n import N_
from projects.inspections import steps
from projects.inspections.plan import Done
from web.api.access import ApiRoute, writing
from web.api.bodies import plain
from web.api.idempotency import Answer, Key, once
from web.api.inspection_bodies import ConclusionBody, ReasonBody, VisitBody
from web.api.inspection_kit import ACT, done, perform
from web.api.params import Id
from web.api.versions import IfMatch, etag

router = APIRouter(route_class=ApiRoute, tags=["inspections"])


@router.post("/inspections/{id}/start", summary=N_("Set out on an inspection"), **ACT)
def start(request: Request, id: Id, if_match: IfMatch = None, key: Key = None) -> JSONResponse:
    """By the team."""
    return perform(request, steps.start, if_match, key, inspection=id)


@router.post("/inspections/{id}/visit", summary=N_("Note a visit to a site"), **ACT)
def visit(request: Request, id: Id, body: VisitBody, key: Key = None) -> JSONResponse:
    """By the team."""
    sent = plain(body)
    with writing(request) as call:

        def produce() -> Answer:
            made: Done = steps.visit(
                call.s, actor=call.person, inspection=id, project=body.project,
                remark=body.remark, now=call.now,
            )  # fmt: skip
            return Answer(200, done(made), etag(made.version))

        return once(call, key, sent, produce)


@router.post("/inspections/{id}/close", summary=N_("Close an inspection"), **ACT)
def close(
    request: Request, id: Id, body: ConclusionBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """Its report is frozen."""
    return perform(request, steps.close, if_match, key, inspection=id, **plain(body))


@router.post("/inspections/{id}/drop", summary=N_("Give up a planned inspection"), **ACT)
def drop(
    request: Request, id: Id, body: ReasonBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """With a reason."""
    return perform(request, steps.drop, if_match, key, inspection=id, **plain(body))
