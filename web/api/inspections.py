"""Inspections: plan, note findings, make issues of them; the look-back sample."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from config.i18n import N_
from config.inspections import KINDS
from projects.access import not_allowed
from projects.inspections import findings
from projects.inspections import plan as planning
from projects.inspections.choosing import Choice
from projects.inspections.findings import Kept, Noted
from projects.inspections.found import find, members, sites
from projects.inspections.issues import raise_issues
from projects.inspections.listing import listed
from projects.inspections.lookbacks import sample
from projects.inspections.plan import Plan
from projects.inspections.report import findings_of, same_day
from web.api import shapes
from web.api.access import ApiRoute, reading, writing
from web.api.bodies import plain
from web.api.idempotency import Answer, Key, once
from web.api.inspection_bodies import FindingBody, PlanBody
from web.api.inspection_kit import done, paged, place
from web.api.moments import stamp
from web.api.params import Cursor, Id, Limit
from web.api.problems import ACTS, ETAG, FINDS, REPLAYED, WRITES, refusals
from web.api.versions import etag
from web.call import Call
from web.navigation import refuse_administrators
from web.pages.inspections.kit import sees_samples
from workflow.typed import parse_date

router = APIRouter(route_class=ApiRoute, tags=["inspections"])
Data = dict[str, Any]
Kind = Annotated[str | None, Query(pattern=f"^({'|'.join(KINDS)})$")]
STATES = "suggested|planned|under_way|sent|closed|dropped"
State = Annotated[str | None, Query(pattern=f"^({STATES})$")]
Month = Annotated[str, Query(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-09"])]


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
