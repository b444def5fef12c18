"""Decisions of dispatch meetings: answered with a date, handed over as tasks, carried out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from config.i18n import N_
from projects.meetings import decisions, store, tasks
from web.api.access import ApiRoute, writing
from web.api.bodies import plain
from web.api.idempotency import Answer, Key, once
from web.api.meeting_bodies import MeetingAnswerBody, MeetingNoteBody, day
from web.api.params import Id
from web.api.problems import ACTS, ETAG, REPLAYED, refusals
from web.api.shapes import meetings as shapes
from web.api.versions import IfMatch, etag, matching
from web.call import Call

router = APIRouter(route_class=ApiRoute, tags=["meetings"])
Data = dict[str, Any]
_DECISION: Data = {
    "response_model": shapes.DecisionDone,
    "responses": refusals(ACTS) | {200: {"headers": ETAG | REPLAYED}},
}


def _on_decision(
    request: Request,
    id: int,
    if_match: str | None,
    key: str | None,
    sent: Data,
    act: Callable[[Call, int | None], Any],
) -> JSONResponse:
    with writing(request) as call, matching(if_match) as version:

        def produce() -> Answer:
            act(call, version)
            row = store.find_decision(call.s, call.person, id)
            (told,) = [
                one for one in store.decisions_of(call.s, call.person, [row.meeting_id])
                if one.id == id
            ]  # fmt: skip
            body = {"id": id, "meeting": row.meeting_id, "state": row.state,
                    "version": row.version, "task": told.task_number}  # fmt: skip
            return Answer(200, body, etag(row.version))

        return once(call, key, sent, produce)


@router.post("/decisions/{id}/answer", summary=N_("Answer with a date"), **_DECISION)
def answer(
    request: Request, id: Id, body: MeetingAnswerBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """By the unit that was asked."""
    sent = plain(body)

    def act(call: Call, version: int | None) -> None:
        decisions.answer(
            call.s, actor=call.person, decision=id, text=sent["text"], due=day(sent),
            now=call.now, expected_version=version,
        )  # fmt: skip

    return _on_decision(request, id, if_match, key, sent, act)


@router.post("/decisions/{id}/task", summary=N_("Hand a decision over as a task"), **_DECISION)
def task(request: Request, id: Id, if_match: IfMatch = None, key: Key = None) -> JSONResponse:
    """Once; its date is the fixed deadline."""

    def act(call: Call, version: int | None) -> None:
        tasks.make_task(
            call.s, actor=call.person, decision=id, now=call.now, expected_version=version
        )

    return _on_decision(request, id, if_match, key, {}, act)


@router.post("/decisions/{id}/done", summary=N_("Mark a decision as carried out"), **_DECISION)
def done(
    request: Request, id: Id, body: MeetingNoteBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """For one without a task."""
    sent = plain(body)

    def act(call: Call, version: int | None) -> None:
        decisions.done(
            call.s, actor=call.person, decision=id, note=sent["note"], now=call.now,
            expected_version=version,
        )  # fmt: skip

    return _on_decision(request, id, if_match, key, sent, act)
