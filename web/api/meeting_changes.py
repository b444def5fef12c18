"""Changes to a dispatch meeting before it begins: moved, taken back, called off."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from config.i18n import N_
from projects.meetings import agenda, moving
from web.api.access import ApiRoute
from web.api.bodies import plain
from web.api.idempotency import Key
from web.api.meeting_bodies import MeetingPlanBody, MeetingReasonBody
from web.api.meetings import ACT, act_on, invitation
from web.api.params import Id
from web.api.versions import IfMatch
from web.call import Call

router = APIRouter(route_class=ApiRoute, tags=["meetings"])
Data = dict[str, Any]


@router.post("/meetings/{id}/change", summary=N_("Move a meeting, or change who attends"), **ACT)
def change(
    request: Request, id: Id, body: MeetingPlanBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """Where its agenda stands, units are called again."""
    sent = plain(body)

    def act(call: Call, version: int | None) -> Data:
        moving.change(
            call.s, actor=call.person, meeting=id, form=invitation(call, sent), now=call.now,
            expected_version=version,
        )  # fmt: skip
        return {}

    return act_on(request, id, if_match, key, sent, act)


@router.post("/meetings/{id}/reopen", summary=N_("Take the agenda back"), **ACT)
def reopen(
    request: Request, id: Id, body: MeetingReasonBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """Its paper is void."""
    sent = plain(body)

    def act(call: Call, version: int | None) -> Data:
        agenda.reopen(
            call.s, actor=call.person, meeting=id, now=call.now, expected_version=version, **sent
        )
        return {}

    return act_on(request, id, if_match, key, sent, act)


@router.post("/meetings/{id}/call-off", summary=N_("Call a meeting off"), **ACT)
def call_off(
    request: Request, id: Id, body: MeetingReasonBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """Its number stays; its items are candidates of the next meeting."""
    sent = plain(body)

    def act(call: Call, version: int | None) -> Data:
        moving.call_off(
            call.s, actor=call.person, meeting=id, now=call.now, expected_version=version, **sent
        )
        return {}

    return act_on(request, id, if_match, key, sent, act)
