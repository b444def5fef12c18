"""Evaluations of projects a year in production, and the commitments that they check."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from config.i18n import N_
from config.inspections import OPERATORS, rules
from projects.access import find_project
from projects.evaluations import commands
from projects.evaluations import commitments as pledges
from projects.evaluations.commands import Answer as Figures
from projects.evaluations.commitments import Pledge
from projects.evaluations.found import commitments, figures, find, listed
from projects.evaluations.judging import suggested
from projects.evaluations.numbers import plain as figure_text
from web.api import shapes
from web.api.access import ApiRoute, reading, writing
from web.api.bodies import plain
from web.api.idempotency import Answer, Key, once
from web.api.inspection_bodies import ReasonBody
from web.api.inspection_kit import done, paged, perform, place
from web.api.moments import stamp
from web.api.params import Cursor, Id, Limit
from web.api.problems import ACTS, ETAG, FINDS, REPLAYED, WRITES, refusals
from web.api.versions import IfMatch, etag
from web.call import Call
from web.navigation import refuse_administrators
from web.pages.inspections.commitments import commitment_line
from workflow.typed import parse_date

router = APIRouter(route_class=ApiRoute, tags=["evaluations"])
Data = dict[str, Any]
TEXT = 20_000
Number = Annotated[str, Field(max_length=40)]
State = Annotated[str | None, Query(pattern="^(open|answered|graded)$")]


class FiguresBody(BaseModel):
    """By indicator: an exact decimal as a text (empty: not stated), and why there is none."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{
        "values": {"invest_per_mu": "520", "output_per_mu": "680.5"},
        "notes": {"energy": "未联网"},
    }]})  # fmt: skip

    values: dict[Number, Number] = Field(max_length=200)
    notes: dict[Number, str] = Field(default_factory=dict, max_length=200)
    layout: str = Field(default="", max_length=TEXT)
    driving: str = Field(default="", max_length=TEXT)
    innovation: str = Field(default="", max_length=TEXT)


class GradeBody(BaseModel):
    """The result."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"grade": "B"}]})

    grade: str = Field(max_length=20)
    opinion: str = Field(default="", max_length=TEXT)


class PledgeBody(BaseModel):
    """What was promised. Without an indicator of the rules, `name` and `unit` tell the figure."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {"indicator": "output_per_mu", "op": ">=", "value": "600"}]})  # fmt: skip

    op: str = Field(max_length=5, description=f"One of: {'  '.join(OPERATORS)}.")
    value: str = Field(max_length=40)
    indicator: str = Field(default="", max_length=40)
    name: str = Field(default="", max_length=TEXT)
    unit: str = Field(default="", max_length=TEXT)
    by_on: str | None = Field(default=None, max_length=10, examples=["2027-06-30"])
    agreement: str = Field(default="", max_length=TEXT)


class ChangeBody(PledgeBody):
    """What is promised instead, and why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {"indicator": "output_per_mu", "op": ">=", "value": "550", "reason": "产能分两期形成"}
    ]})  # fmt: skip

    reason: str = Field(max_length=TEXT)


class CategoryBody(BaseModel):
    """The category of the issue."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"category": "其他"}]}
    )

    category: str = Field(max_length=TEXT)


def _pledge(body: PledgeBody) -> Pledge:
    by_on = parse_date(body.by_on, "by_on") if body.by_on else None
    return Pledge(body.op, body.value, body.indicator, body.name, body.unit, by_on, body.agreement)


@router.get(
    "/evaluations", response_model=shapes.EvaluationPage,
    summary=N_("Evaluations, page by page"), responses=refusals(FINDS),
)  # fmt: skip
def index(request: Request, state: State = None, cursor: Cursor = None, limit: Limit = 50) -> Data:
    """Of the projects that the caller knows, newest first."""
    with reading(request) as call:
        refuse_administrators(call)
        rows = listed(
            call.s, call.person, state=state or "", before_id=place(cursor), limit=limit + 1
        )
        return paged(request, rows, limit, lambda row: _line(call, row))


def _line(call: Call, row: Any) -> Data:
    names = ("id", "version", "project_id", "project", "state", "grade")
    return {name: getattr(row, name) for name in names} | {
        "unit": call.directory.unit_name(row.unit_id),
        "production_on": row.production_on.isoformat(), "due_on": row.due_on.isoformat(),
        "limit_at": stamp(call, row.limit_at),
        "late": row.state != "graded" and row.limit_at < call.now,
    }  # fmt: skip


@router.get(
    "/evaluations/{id}", response_model=shapes.EvaluationFile,
    summary=N_("An evaluation with its figures and commitments"),
    responses=refusals(FINDS) | {200: {"headers": ETAG}},
)  # fmt: skip
def one(request: Request, response: Response, id: Id) -> Data:
    """Commitments are held against the figures as they stand."""
    with reading(request) as call:
        refuse_administrators(call)
        row = find(call.s, call.person, id)
        response.headers.update(etag(row.version))
        checked = commands.check(call.s, row, call.ctx.calendar().local_date(call.now))
        hint = suggested((one.verdict.result for one in checked), rules().evaluation)
        return _line(call, row) | {
            "figures": _figures(call, row), "suggested": hint.code if hint else None,
            "commitments": [
                _commitment(commitment_line(one.row, one.verdict, one.figure),
                            one.row.reason or one.verdict.reason)
                for one in checked
            ],
            "layout": row.layout, "driving": row.driving, "innovation": row.innovation,
            "opinion": row.opinion, "consequence": str(row.facts.get("consequence", "")),
        }  # fmt: skip


def _figures(call: Call, row: Any) -> list[Data]:
    given = figures(call.s, row.id)
    return [
        {
            "indicator": code, "name": name, "unit": unit,
            "value": (figure_text(given[code].value) or None) if code in given else None,
            "note": given[code].note if code in given else "",
        }
        for code, (name, unit) in commands.asked(call.s, row.project_id).items()
    ]  # fmt: skip


def _commitment(shown: Data, reason: str) -> Data:
    names = ("id", "version", "indicator", "name", "op", "value", "unit", "agreement", "active",
             "result")  # fmt: skip
    return {name: shown[name] for name in names} | {
        "by_on": shown["by_on"].isoformat() if shown["by_on"] else None, "reason": reason,
        "figure": shown["figure"] or None, "issue": shown["issue"] or None,
    }  # fmt: skip


_ACT: Data = {
    "response_model": shapes.InspectionDone,
    "responses": refusals(ACTS) | {200: {"headers": ETAG | REPLAYED}},
}


@router.post("/evaluations/{id}/figures", summary=N_("Hand in the figures"), **_ACT)
def hand_in(
    request: Request, id: Id, body: FiguresBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """By who answers for the project."""
    form = Figures(body.values, body.notes, body.layout, body.driving, body.innovation)
    plain(body)
    return perform(request, commands.answer, if_match, key, evaluation=id, form=form)


@router.post("/evaluations/{id}/return", summary=N_("Send the figures back"), **_ACT)
def send_back(
    request: Request, id: Id, body: ReasonBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """By the office."""
    return perform(request, commands.send_back, if_match, key, evaluation=id, **plain(body))


@router.post("/evaluations/{id}/grade", summary=N_("Give the grade"), **_ACT)
def grade(
    request: Request, id: Id, body: GradeBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """By the office chief or the deputy director."""
    given = {"opinion": ""} | plain(body)
    return perform(request, commands.grade, if_match, key, evaluation=id, **given)


@router.get(
    "/projects/{id}/commitments", response_model=shapes.Commitments,
    summary=N_("The commitments of a project"), responses=refusals(FINDS),
)  # fmt: skip
def of_project(request: Request, id: Id) -> Data:
    """Withdrawn ones among them."""
    with reading(request) as call:
        refuse_administrators(call)
        find_project(call.s, call.person, id)
        rows = commitments(call.s, id)
        return {"items": [_commitment(commitment_line(row), row.reason) for row in rows]}


@router.post(
    "/projects/{id}/commitments", status_code=201, response_model=shapes.InspectionDone,
    summary=N_("Attach a commitment"),
    responses=refusals(WRITES) | {201: {"headers": ETAG | REPLAYED}},
)  # fmt: skip
def attach(request: Request, id: Id, body: PledgeBody, key: Key = None) -> JSONResponse:
    """By the office."""
    sent = plain(body)
    with writing(request) as call:

        def produce() -> Answer:
            made = pledges.attach(
                call.s, actor=call.person, project=id, form=_pledge(body), now=call.now
            )
            return Answer(201, done(made), etag(made.version))

        return once(call, key, sent, produce)


@router.post("/commitments/{id}/change", summary=N_("Change a commitment"), **_ACT)
def change(
    request: Request, id: Id, body: ChangeBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """With a reason; the old promise is kept."""
    plain(body)
    return perform(
        request, pledges.change, if_match, key, commitment=id, form=_pledge(body),
        reason=body.reason,
    )  # fmt: skip


@router.post("/commitments/{id}/withdraw", summary=N_("Withdraw a commitment"), **_ACT)
def withdraw(
    request: Request, id: Id, body: ReasonBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """With a reason."""
    return perform(request, pledges.withdraw, if_match, key, commitment=id, **plain(body))


@router.post("/commitments/{id}/raise", summary=N_("Make an issue of an unmet commitment"), **_ACT)
def raise_(
    request: Request, id: Id, body: CategoryBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """Once."""
    return perform(request, pledges.raise_issue, if_match, key, commitment=id, **plain(body))
