"""Inspections: plan, visit, note findings, make issues of them, close; the look-back sample."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from config.i18n import N_
from config.inspections import KINDS, RULES
from projects.access import not_allowed
from projects.inspections import findings, steps
from projects.inspections import plan as planning
from projects.inspections.choosing import Choice
from projects.inspections.findings import Kept, Noted
from projects.inspections.found import find, members, sites
from projects.inspections.issues import raise_issues
from projects.inspections.listing import listed
from projects.inspections.lookbacks import sample
from projects.inspections.plan import Done, Plan
from projects.inspections.report import findings_of, same_day
from web.api import shapes
from web.api.access import ApiRoute, reading, writing
from web.api.bodies import plain
from web.api.idempotency import Answer, Key, once
from web.api.links import cursor_refused, onward
from web.api.moments import stamp
from web.api.params import INTEGER, Cursor, Id, Limit
from web.api.problems import ACTS, ETAG, FINDS, REPLAYED, WRITES, refusals
from web.api.versions import IfMatch, etag, matching
from web.call import Call
from web.navigation import refuse_administrators
from web.pages.inspections.kit import sees_samples
from workflow.typed import parse_date

router = APIRouter(route_class=ApiRoute, tags=["inspections"])
Data = dict[str, Any]
TEXT = 20_000
DAY = Field(max_length=10, examples=["2026-09-28"])
Kind = Annotated[str | None, Query(pattern=f"^({'|'.join(KINDS)})$")]
STATES = "suggested|planned|under_way|sent|closed|dropped"
State = Annotated[str | None, Query(pattern=f"^({STATES})$")]
Month = Annotated[str, Query(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-09"])]


class PlanBody(BaseModel):
    """A plan. `projects` are named in visiting order; other rules choose by themselves."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{
        "kind": "quarterly", "title": "三季度项目督查", "starts_on": "2026-09-28",
        "rule": "lot", "size": 3,
    }]})  # fmt: skip

    kind: str = Field(max_length=20, description=f"One of: {', '.join(KINDS)}.")
    title: str = Field(max_length=TEXT)
    starts_on: str = DAY
    ends_on: str | None = Field(default=None, max_length=10)
    leader: str = Field(default="", max_length=TEXT, description="Username of the leader.")
    leader_name: str = Field(default="", max_length=TEXT)
    members: list[str] = Field(default_factory=list, max_length=100)
    purpose: str = Field(default="", max_length=TEXT)
    announced: bool = True
    rule: str = Field(default="named", max_length=20, description=f"One of: {', '.join(RULES)}.")
    projects: list[int] = Field(default_factory=list, max_length=200)
    board: str = Field(default="", max_length=120)
    stage: str = Field(default="", max_length=20)
    days: int | None = Field(default=None, ge=1, le=3660)
    size: int | None = Field(default=None, ge=1, le=3660)


class FindingBody(BaseModel):
    """A finding. `token` is chosen by the sender: the same one is one finding."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{
        "project": 1, "title": "杆线影响施工", "category": "杆线迁移", "token": "a1b2c3d4e5",
    }]})  # fmt: skip

    project: int = Field(ge=1, le=INTEGER)
    title: str = Field(max_length=TEXT)
    category: str = Field(max_length=TEXT)
    detail: str = Field(default="", max_length=TEXT)
    urgent: bool = False
    token: str = Field(max_length=200)


class VisitBody(BaseModel):
    """A visit to a site."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"project": 1}]})

    project: int = Field(ge=1, le=INTEGER)
    remark: str = Field(default="", max_length=TEXT)


class ConclusionBody(BaseModel):
    """The conclusion of the report."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {"conclusion": "问题已全部转办。"}]})  # fmt: skip

    conclusion: str = Field(max_length=TEXT)


class ReasonBody(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "改期"}]})

    reason: str = Field(max_length=TEXT)


def place(cursor: str | None) -> int | None:
    """The id that a cursor names. Raises `Malformed`."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and 0 < int(cursor[:20]) <= INTEGER):
        raise cursor_refused()
    return int(cursor)


def paged(request: Request, rows: list[Any], limit: int, line: Callable[[Any], Data]) -> Data:
    """A page of rows of which one more than `limit` was asked for."""
    last = str(rows[limit - 1].id) if len(rows) > limit else None
    items = [line(row) for row in rows[:limit]]
    return {"items": items, "next": onward(request, last), "next_cursor": last}


@router.get(
    "/inspections", response_model=shapes.InspectionPage, summary=N_("Inspections, page by page"),
    responses=refusals(FINDS),
)  # fmt: skip
def index(
    request: Request, kind: Kind = None, state: State = None, cursor: Cursor = None,
    limit: Limit = 50,
) -> Data:  # fmt: skip
    """Those that the caller may know of, newest first."""
    with reading(request) as call:
        refuse_administrators(call)
        rows = listed(
            call.s, call.person, kind=kind or "", state=state or "", before_id=place(cursor),
            limit=limit + 1,
        )  # fmt: skip
        return paged(request, rows, limit, lambda row: _line(call, row))


def _head(call: Call, row: Any) -> Data:
    return {
        "id": row.id, "version": row.version, "number": row.number, "kind": row.kind,
        "title": row.title, "state": row.state, "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat(),
        "leader": row.leader or call.directory.person_name(row.leader_id),
    }  # fmt: skip


def _line(call: Call, row: Any) -> Data:
    names = ("sites", "visited", "findings", "issues")
    return _head(call, row) | {
        name: getattr(row, name) if call.person.sees_all else None for name in names
    }


@router.post(
    "/inspections", status_code=201, response_model=shapes.InspectionDone,
    summary=N_("Plan an inspection"),
    responses=refusals(WRITES) | {201: {"headers": ETAG | REPLAYED}},
)  # fmt: skip
def plan(request: Request, body: PlanBody, key: Key = None) -> JSONResponse:
    """By inspectors and the office."""
    sent = plain(body)
    with writing(request) as call:

        def produce() -> Answer:
            made = planning.plan(call.s, actor=call.person, form=_plan(body), now=call.now)
            where = {"Location": f"/api/v1/inspections/{made.id}"}
            return Answer(201, done(made), etag(made.version) | where)

        return once(call, key, sent, produce)


def _plan(body: PlanBody) -> Plan:
    ends_on = parse_date(body.ends_on, "ends_on") if body.ends_on else None
    choice = Choice(body.rule, tuple(body.projects), body.board, body.stage, body.days, body.size)
    return Plan(
        body.kind, body.title, parse_date(body.starts_on, "starts_on"), ends_on, body.leader,
        body.leader_name, tuple(body.members), body.purpose, body.announced, choice,
    )  # fmt: skip


def done(made: Any) -> Data:
    """What an act leaves behind, as plain data."""
    return {
        "id": made.id, "version": made.version, "number": getattr(made, "number", None),
        "state": getattr(made, "state", None), "issue": getattr(made, "issue", "") or None,
    }  # fmt: skip


@router.get(
    "/inspections/{id}", response_model=shapes.InspectionFile,
    summary=N_("An inspection with its sites and findings"),
    responses=refusals(FINDS) | {200: {"headers": ETAG}},
)  # fmt: skip
def one(request: Request, response: Response, id: Id) -> Data:
    """What the caller may know of it."""
    with reading(request) as call:
        refuse_administrators(call)
        row = find(call.s, call.person, id)
        response.headers.update(etag(row.version))
        people = call.directory
        return _head(call, row) | {
            "members": [people.person_name(key) for key in members(call.s, row.id)],
            "purpose": row.purpose, "rule": row.rule, "conclusion": row.conclusion,
            "draw": row.draw if call.person.sees_all else {},
            "sites": [_site(one) for one in sites(call.s, call.person, row.id)],
            "findings": [_finding(call, one) for one in findings_of(call.s, call.person, row)],
        }  # fmt: skip


def _site(one: Any) -> Data:
    return {
        "project_id": one.project_id, "project": one.name, "basis": one.basis, "note": one.note,
        "visited_on": one.visited_on.isoformat() if one.visited_on else None,
    }  # fmt: skip


def _finding(call: Call, one: Any) -> Data:
    names = (
        "id",
        "version",
        "project_id",
        "title",
        "detail",
        "category",
        "urgent",
        "state",
        "note",
    )
    return {name: getattr(one, name) for name in names} | {
        "found_at": stamp(call, one.found_at), "issue": one.issue_number,
        "light": one.issue_light, "same_day": same_day(call.s, one),
        "has_photo": one.photo_sha256 is not None,
    }  # fmt: skip


@router.post(
    "/inspections/{id}/findings", status_code=201, response_model=shapes.FindingKept,
    summary=N_("Note a finding"), description=N_("The same token again is answered with 200."),
    responses=refusals(WRITES) | {200: {"model": shapes.FindingKept}, 201: {"headers": REPLAYED}},
)  # fmt: skip
def note(request: Request, id: Id, body: FindingBody, key: Key = None) -> JSONResponse:
    """By the team, inspectors and the office."""
    sent = plain(body)
    with writing(request) as call:

        def produce() -> Answer:
            entry = Noted(
                body.project, body.title, body.category, body.detail, body.urgent, body.token
            )
            kept = findings.record(
                call.s, actor=call.person, inspection=id, form=entry, now=call.now
            )
            return Answer(201 if kept.new else 200, _kept(kept))

        return once(call, key, sent, produce)


def _kept(kept: Kept) -> Data:
    return {"id": kept.id, "state": kept.state, "version": kept.version, "new": kept.new}


@router.post(
    "/inspections/{id}/issues", response_model=shapes.RaisedAll,
    summary=N_("Make issues of all open findings"),
    description=N_("Each exactly once; one that is refused stays open and says why."),
    responses=refusals(ACTS) | {200: {"headers": REPLAYED}},
)  # fmt: skip
def issues(request: Request, id: Id, key: Key = None) -> JSONResponse:
    """By an inspector or triage officer, who reports them."""
    with writing(request) as call:

        def produce() -> Answer:
            made = raise_issues(call.s, actor=call.person, inspection=id, now=call.now)
            return Answer(200, {"items": [_raised(one) for one in made]})

        return once(call, key, {}, produce)


def _raised(one: Any) -> Data:
    refused = [{"code": r.code, "message": r.message, "remedy": r.remedy} for r in one.refused]
    return {"finding": one.finding, "issue": one.issue or None, "refused": refused}


_ACT: Data = {
    "response_model": shapes.InspectionDone,
    "responses": refusals(ACTS) | {200: {"headers": ETAG | REPLAYED}},
}


def perform(
    request: Request, act: Callable[..., Any], if_match: str | None, key: str | None,
    **given: Any,
) -> JSONResponse:  # fmt: skip
    """Take one step, once, against the version that was seen."""
    with writing(request) as call, matching(if_match) as version:

        def produce() -> Answer:
            made = act(call.s, actor=call.person, now=call.now, expected_version=version, **given)
            return Answer(200, done(made), etag(made.version))

        return once(call, key, given, produce)


@router.post("/inspections/{id}/start", summary=N_("Set out on an inspection"), **_ACT)
def start(request: Request, id: Id, if_match: IfMatch = None, key: Key = None) -> JSONResponse:
    """By the team."""
    return perform(request, steps.start, if_match, key, inspection=id)


@router.post("/inspections/{id}/visit", summary=N_("Note a visit to a site"), **_ACT)
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


@router.post("/inspections/{id}/close", summary=N_("Close an inspection"), **_ACT)
def close(
    request: Request, id: Id, body: ConclusionBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """Its report is frozen."""
    return perform(request, steps.close, if_match, key, inspection=id, **plain(body))


@router.post("/inspections/{id}/drop", summary=N_("Give up a planned inspection"), **_ACT)
def drop(
    request: Request, id: Id, body: ReasonBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """With a reason."""
    return perform(request, steps.drop, if_match, key, inspection=id, **plain(body))


@router.get(
    "/samples/lookbacks", response_model=shapes.SampleOf,
    summary=N_("The look-back sample of a month, drawn again"), responses=refusals(FINDS),
)  # fmt: skip
def samples(request: Request, month: Month) -> Data:
    """For who oversees the zone."""
    with reading(request) as call:
        if not sees_samples(call):
            raise not_allowed()
        year, n = int(month[:4]), int(month[5:])
        last = date(year, n, monthrange(year, n)[1])
        found = sample(call.s, call.person, date(year, n, 1), last)
        names = ("issue", "seed", "number", "share", "basis", "agrees")
        items = [
            {name: getattr(row, name) for name in names} | {"closed_on": row.closed_on.isoformat()}
            for row in found.rows
        ]
        return {"month": month, "more": found.more, "items": items}
