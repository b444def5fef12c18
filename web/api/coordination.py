"""Who can solve an issue, and requests to raise it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from config.i18n import N_
from models.queries.issues import find_issue
from projects.coordination.requests import ask, decline
from web.api import meeting_facts as facts
from web.api.access import ApiRoute, reading, writing
from web.api.bodies import plain
from web.api.idempotency import Answer, Key, once
from web.api.meeting_bodies import CoordinationAskBody, CoordinationOpinionBody
from web.api.params import Id, IssueNumber
from web.api.problems import ACTS, ETAG, FINDS, REPLAYED, refusals
from web.api.shapes import meetings as shapes
from web.api.versions import IfMatch, etag, matching
from workflow.case import not_visible

router = APIRouter(route_class=ApiRoute, tags=["meetings"])
_ACT: dict[str, Any] = {
    "response_model": shapes.CoordinationDone,
    "responses": refusals(ACTS) | {200: {"headers": ETAG | REPLAYED}},
}


@router.get(
    "/issues/{number}/coordination",
    response_model=shapes.CoordinationFile,
    summary=N_("Coordination level of an issue, with its reason"),
    responses=refusals(FINDS),
)
def show(request: Request, number: IssueNumber) -> dict[str, Any]:
    """Apart from supervision levels."""
    with reading(request) as call:
        issue = find_issue(call.s, call.person, number)
        if issue is None:
            raise not_visible(number)
        return facts.coordination(call, issue)


@router.post("/issues/{number}/coordination", summary=N_("Ask for coordination"), **_ACT)
def request_it(
    request: Request,
    number: IssueNumber,
    body: CoordinationAskBody,
    if_match: IfMatch = None,
    key: Key = None,
) -> JSONResponse:
    """L1 becomes L2 at once; the others wait for the meeting."""
    sent = plain(body)
    with writing(request) as call, matching(if_match) as version:

        def produce() -> Answer:
            done = ask(
                call.s, actor=call.person, issue=number, cause=sent["cause"],
                reason=sent["reason"], now=call.now, expected_version=version,
            )  # fmt: skip
            told = {"issue": done.issue_number, "version": done.issue_version}
            return Answer(200, told, etag(done.issue_version))

        return once(call, key, sent, produce)


@router.post(
    "/coordination-requests/{id}/decline", summary=N_("Answer a request without the meeting"),
    **_ACT,
)  # fmt: skip
def refuse(
    request: Request,
    id: Id,
    body: CoordinationOpinionBody,
    if_match: IfMatch = None,
    key: Key = None,
) -> JSONResponse:
    """By the office; If-Match names the request's version."""
    sent = plain(body)
    with writing(request) as call, matching(if_match) as version:

        def produce() -> Answer:
            done = decline(
                call.s, actor=call.person, request=id, opinion=sent["opinion"], now=call.now,
                expected_version=version,
            )  # fmt: skip
            told = {"issue": done.issue_number, "version": done.issue_version}
            return Answer(200, told, etag(done.issue_version))

        return once(call, key, sent, produce)
