"""Decisions of dispatch meetings: answered with a date, handed over as tasks, carried out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from config.i18n import N_
from projects.meetings import decisions, followup, store, tasks
from web.api import meeting_facts as facts
from web.api.access import ApiRoute, reading, writing
from web.api.bodies import plain
from web.api.idempotency import Answer, Key, once
from web.api.links import dated, dated_cursor, onward
from web.api.meeting_bodies import MeetingAnswerBody, MeetingNoteBody, day
from web.api.params import Cursor, Id, Limit, UnitCode
from web.api.problems import ACTS, ETAG, FINDS, REPLAYED, refusals
from web.api.shapes import meetings as shapes
from web.api.versions import IfMatch, etag, matching
from web.call import Call
from web.navigation import refuse_administrators
from workflow.calendar_years import find_unit_id

router = APIRouter(route_class=ApiRoute, tags=["meetings"])
Data = dict[str, Any]
Late = Annotated[bool, Query(description="Only those that are overdue.")]
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


@router.get(
    "/decisions",
    response_model=shapes.DecisionPage,
    summary=N_("What meetings decided and is not carried out yet"),
    responses=refusals(FINDS),
)
def unsettled(
    request: Request, unit: UnitCode = None, late: Late = False, cursor: Cursor = None,
    limit: Limit = 50,
) -> Data:  # fmt: skip
    """Of all meetings within the caller's scope, nearest date first, those without one last."""
    with reading(request) as call:
        refuse_administrators(call)
        unit_id, after = find_unit_id(call.s, unit, "unit"), dated(cursor)
        found = followup.open_decisions(call.s, call.person, call.now, unit_id=unit_id)
        rows = [
            one for one in found
            if (not late or one.status == "overdue") and (after is None or one.place > after)
        ]  # fmt: skip
        place = dated_cursor(*rows[limit - 1].place) if len(rows) > limit else None
        items = [facts.decision(call, one) for one in rows[:limit]]
        return {"items": items, "next": onward(request, place), "next_cursor": place}


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
