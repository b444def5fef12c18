"""Leaders' instructions: give, answer, accept, return, withdraw, raise as an issue."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from config.i18n import N_
from projects.instructions import commands
from projects.instructions.commands import Order
from projects.instructions.found import find, listed
from web.api import shapes
from web.api.access import ApiRoute, reading, writing
from web.api.bodies import plain
from web.api.idempotency import Answer, Key, once
from web.api.inspection_bodies import ReasonBody
from web.api.inspection_kit import done, paged, perform, place
from web.api.moments import local, stamp
from web.api.params import INTEGER, Cursor, Id, Limit
from web.api.problems import ACTS, ETAG, FINDS, REPLAYED, WRITES, refusals
from web.api.versions import IfMatch, etag
from web.call import Call
from web.navigation import refuse_administrators
from workflow.typed import parse_moment

router = APIRouter(route_class=ApiRoute, tags=["instructions"])
Data = dict[str, Any]
TEXT = 20_000
State = Annotated[str | None, Query(pattern="^(open|answered|accepted|withdrawn)$")]


class OrderBody(BaseModel):
    """An instruction about an inspection, a project (ids) or an issue (its number)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {"text": "一周内解决", "unit": "zjj", "leader": "principal", "project": 1}]})  # fmt: skip

    text: str = Field(max_length=TEXT)
    unit: str = Field(max_length=120, description="Code or full name of the addressed unit.")
    leader: str = Field(default="", max_length=120, description="Username of the leader.")
    leader_name: str = Field(default="", max_length=TEXT)
    inspection: int | None = Field(default=None, ge=1, le=INTEGER)
    project: int | None = Field(default=None, ge=1, le=INTEGER)
    issue: str = Field(default="", max_length=50)
    limit_at: str | None = Field(default=None, max_length=40, examples=["2026-10-12"])


class AnswerBody(BaseModel):
    """The unit's answer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "已落实"}]})

    text: str = Field(max_length=TEXT)


class OpinionBody(BaseModel):
    """What the inspector says of the answer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"opinion": "同意"}]})

    opinion: str = Field(default="", max_length=TEXT)


class RaiseBody(BaseModel):
    """The issue that it becomes."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {"title": "杆线迁移滞后", "category": "杆线迁移"}]})  # fmt: skip

    title: str = Field(max_length=TEXT)
    category: str = Field(max_length=TEXT)


@router.get(
    "/instructions", response_model=shapes.InstructionPage,
    summary=N_("Leaders' instructions, page by page"), responses=refusals(FINDS),
)  # fmt: skip
def index(
    request: Request, state: State = None, late: bool = False, cursor: Cursor = None,
    limit: Limit = 50,
) -> Data:  # fmt: skip
    """Those that the caller may know of, newest first."""
    with reading(request) as call:
        refuse_administrators(call)
        rows = listed(
            call.s, call.person, state=state or "", late_before=call.now if late else None,
            before_id=place(cursor), limit=limit + 1,
        )  # fmt: skip
        return paged(request, rows, limit, lambda row: _line(call, row))


def _line(call: Call, row: Any) -> Data:
    people = call.directory
    names = ("id", "version", "number", "text", "state", "round", "project_id", "inspection_id",
             "answer", "ruling")  # fmt: skip
    return {name: getattr(row, name) for name in names} | {
        "leader": row.leader or people.person_name(row.leader_id),
        "unit": people.unit_name(row.unit_id), "given_at": stamp(call, row.given_at),
        "limit_at": stamp(call, row.limit_at),
        "late": row.state == "open" and row.limit_at < call.now, "issue": row.issue_number,
        "raised_issue": row.raised_number, "answered_at": local(call, row.answered_at),
    }  # fmt: skip


@router.post(
    "/instructions", status_code=201, response_model=shapes.InspectionDone,
    summary=N_("Record an instruction"),
    responses=refusals(WRITES) | {201: {"headers": ETAG | REPLAYED}},
)  # fmt: skip
def give(request: Request, body: OrderBody, key: Key = None) -> JSONResponse:
    """By leaders, inspectors and the office."""
    sent = plain(body)
    with writing(request) as call:

        def produce() -> Answer:
            end = call.ctx.policy().hours.day_end
            limit = body.limit_at and parse_moment(body.limit_at, call.zone, "limit_at", end)
            form = Order(**(sent | {"limit_at": limit or None}))
            made = commands.give(call.s, actor=call.person, form=form, now=call.now)
            where = {"Location": f"/api/v1/instructions/{made.id}"}
            return Answer(201, done(made), etag(made.version) | where)

        return once(call, key, sent, produce)


@router.get(
    "/instructions/{id}", response_model=shapes.InstructionLine, summary=N_("One instruction"),
    responses=refusals(FINDS) | {200: {"headers": ETAG}},
)  # fmt: skip
def one(request: Request, response: Response, id: Id) -> Data:
    """With its answer."""
    with reading(request) as call:
        refuse_administrators(call)
        row = find(call.s, call.person, id)
        response.headers.update(etag(row.version))
        rows = listed(call.s, call.person, before_id=id + 1, limit=1)
        return _line(call, rows[0])


_ACT: Data = {
    "response_model": shapes.InspectionDone,
    "responses": refusals(ACTS) | {200: {"headers": ETAG | REPLAYED}},
}


@router.post("/instructions/{id}/answer", summary=N_("Answer an instruction"), **_ACT)
def answer(
    request: Request, id: Id, body: AnswerBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """By the addressed unit."""
    return perform(request, commands.answer, if_match, key, instruction=id, **plain(body))


@router.post("/instructions/{id}/accept", summary=N_("Accept the answer"), **_ACT)
def accept(
    request: Request, id: Id, body: OpinionBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """By inspectors and the office."""
    return perform(request, commands.accept, if_match, key, instruction=id, **plain(body))


@router.post("/instructions/{id}/return", summary=N_("Return the answer"), **_ACT)
def return_(
    request: Request, id: Id, body: ReasonBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """With a reason and a new limit."""
    return perform(request, commands.return_, if_match, key, instruction=id, **plain(body))


@router.post("/instructions/{id}/withdraw", summary=N_("Withdraw an instruction"), **_ACT)
def withdraw(
    request: Request, id: Id, body: ReasonBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """With a reason."""
    return perform(request, commands.withdraw, if_match, key, instruction=id, **plain(body))


@router.post("/instructions/{id}/raise", summary=N_("Make an issue of an instruction"), **_ACT)
def raise_(
    request: Request, id: Id, body: RaiseBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """Once."""
    return perform(request, commands.raise_issue, if_match, key, instruction=id, **plain(body))
