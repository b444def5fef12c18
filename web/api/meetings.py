"""Dispatch meetings: list, plan, agenda, pack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from config.i18n import N_
from projects.meetings import agenda, candidates, papers, planning, store
from projects.meetings.planning import Invitation
from web.api import meeting_facts as facts
from web.api.access import ApiRoute, reading, writing
from web.api.bodies import plain
from web.api.idempotency import Answer, Key, once
from web.api.links import cursor_refused, onward
from web.api.meeting_bodies import (
    MeetingItemBody,
    MeetingPlanBody,
)
from web.api.params import INTEGER, Cursor, Id, Limit
from web.api.problems import ACTS, ETAG, FINDS, READS, REPLAYED, WRITES, header, refusals
from web.api.shapes import meetings as shapes
from web.api.versions import IfMatch, etag, matching
from web.attachments import file_headers
from web.call import Call
from workflow.typed import parse_moment

router = APIRouter(route_class=ApiRoute, tags=["meetings"])
Data = dict[str, Any]
PackForm = Annotated[str, Path(pattern="^(zip|pdf)$", examples=["zip"])]
Year = Annotated[int | None, Query(ge=2000, le=2200, description="Of this year only.")]
ACT: Data = {
    "response_model": shapes.MeetingDone,
    "responses": refusals(ACTS) | {200: {"headers": ETAG | REPLAYED}},
}


@router.get(
    "/meetings",
    response_model=shapes.MeetingPage,
    summary=N_("Dispatch meetings, page by page"),
    responses=refusals(READS),
)
def listed(request: Request, year: Year = None, cursor: Cursor = None, limit: Limit = 50) -> Data:
    """Within the caller's scope, the latest first."""
    with reading(request) as call:
        rows = store.list_meetings(
            call.s, call.person, year=year, before_id=_place(cursor), limit=limit + 1
        )
        shown = rows[:limit]
        counts = store.counts(call.s, call.person, [row.id for row in shown])
        last = str(shown[-1].id) if len(rows) > limit else None
        items = [facts.line(call, row, counts[row.id]) for row in shown]
        return {"items": items, "next": onward(request, last), "next_cursor": last}


def _place(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and 0 < int(cursor[:20]) <= INTEGER):
        raise cursor_refused()
    return int(cursor)


@router.get(
    "/meetings/{id}",
    response_model=shapes.MeetingFile,
    summary=N_("One dispatch meeting with its agenda"),
    responses=refusals(FINDS) | {200: {"headers": ETAG}},
)
def one(request: Request, response: Response, id: Id) -> Data:
    """What became of earlier decisions, items, decisions: as far as the caller may see them."""
    with reading(request) as call:
        row = store.find_meeting(call.s, call.person, id)
        response.headers.update(etag(row.version))
        return facts.full(call, row)


@router.get(
    "/meetings/{id}/candidates",
    response_model=shapes.CandidateList,
    summary=N_("Issues that the rules propose for a meeting"),
    responses=refusals(FINDS),
)
def proposed(request: Request, id: Id) -> Data:
    """For who sees every issue."""
    with reading(request) as call:
        row = store.find_meeting(call.s, call.person, id)
        found = candidates.candidates(call.s, call.person, row, call.now)
        return {"items": [
            {"issue": c.issue.number, "title": c.issue.title, "state": c.state, "note": c.note,
             "level": c.issue.coordination_level, "reasons": facts.reasons(c.reasons)}
            for c in found
        ]}  # fmt: skip


@router.get(
    "/meetings/{id}/pack/{form}",
    response_class=Response,
    summary=N_("The agenda pack as one file"),
    description=N_("zip: Word and PDF of every paper; pdf: one file to print."),
    responses=refusals((*FINDS, 409))
    | {
        200: {
            "description": "The file.",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
            "headers": {"Content-Disposition": header("attachment, with the file's name.")},
        }
    },
)
def pack(request: Request, id: Id, form: PackForm) -> Response:
    """For who sees every document of it."""
    with reading(request) as call:
        kind: papers.Form = "pdf" if form == "pdf" else "zip"
        made = papers.pack(call.s, call.person, id, kind, call.now)
    return Response(made.content, media_type=made.media_type, headers=file_headers(made.name))


# ---------------------------------------------------------------- acts on a meeting


@router.post(
    "/meetings",
    status_code=201,
    response_model=shapes.MeetingDone,
    summary=N_("Plan a dispatch meeting"),
    responses=refusals(WRITES) | {201: {"headers": ETAG | REPLAYED}},
)
def plan(request: Request, body: MeetingPlanBody, key: Key = None) -> JSONResponse:
    """It takes the next number of its year."""
    sent = plain(body)
    with writing(request) as call:

        def produce() -> Answer:
            row = planning.plan(
                call.s, actor=call.person, form=invitation(call, sent), now=call.now
            )
            where = {"Location": f"/api/v1/meetings/{row.id}"}
            return Answer(201, done(row), etag(row.version) | where)

        return once(call, key, sent, produce)


def invitation(call: Call, sent: Data) -> Invitation:
    """What is planned, as the command takes it."""
    given = str(sent.get("starts_at") or "").strip()
    usual = call.ctx.policy().coordination.meeting_at
    moment = parse_moment(given, call.zone, "starts_at", usual) if given else None
    return Invitation(moment, sent.get("place", ""), sent.get("chair", ""), sent.get("units") or ())


def done(row: Any, **more: Any) -> Data:
    """The answer to an act."""
    usual = {"item": None, "decision": None, "document": None, "issue": None}
    return {"id": row.id, "number": row.number, "state": row.state, "version": row.version,
            **usual, **more}  # fmt: skip


def act_on(
    request: Request,
    id: int,
    if_match: str | None,
    key: str | None,
    sent: Data,
    act: Callable[[Call, int | None], Data],
) -> JSONResponse:
    """Do something to a meeting; `act` returns what else the answer says."""
    with writing(request) as call, matching(if_match) as version:

        def produce() -> Answer:
            more = act(call, version)
            row = store.find_meeting(call.s, call.person, id)
            return Answer(200, done(row, **more), etag(row.version))

        return once(call, key, sent, produce)


@router.post("/meetings/{id}/items", summary=N_("Pick an issue, or leave it out"), **ACT)
def put_item(
    request: Request, id: Id, body: MeetingItemBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """With `leave_out` the issue is left out and keeps that reason."""
    sent = plain(body)

    def act(call: Call, version: int | None) -> Data:
        about: Data = {"actor": call.person, "meeting": id, "issue": sent["issue"],
                       "now": call.now, "expected_version": version}  # fmt: skip
        if sent.get("leave_out"):
            return {"item": agenda.drop(call.s, reason=sent["leave_out"], **about)}
        return {"item": agenda.pick(call.s, proposal=sent.get("proposal", ""), **about)}

    return act_on(request, id, if_match, key, sent, act)


@router.post("/meetings/{id}/agenda", summary=N_("Fix the agenda and call the units"), **ACT)
def fix(request: Request, id: Id, if_match: IfMatch = None, key: Key = None) -> JSONResponse:
    """Its issues come to L3, its paper is prepared."""

    def act(call: Call, version: int | None) -> Data:
        row = agenda.fix(
            call.s, actor=call.person, meeting=id, now=call.now, expected_version=version
        )
        return {"document": row.agenda_document_id}

    return act_on(request, id, if_match, key, {}, act)
