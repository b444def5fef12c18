"""Intake: other platforms (12345, 一企来, 一网统管) hand issues in."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from config.i18n import N_
from web.actions.base import Field as Asked
from web.actions.base import typed
from web.api import shapes
from web.api.access import ApiRoute, needs, writing
from web.api.bodies import plain
from web.api.problems import WRITES, header, refusals
from web.call import Call
from workflow.intake import Contact, IntakeForm, IntakeOutcome, intake

router = APIRouter(route_class=ApiRoute, tags=["intake"])
Data = dict[str, Any]
_TEXT = 20_000
_DAY = (Asked("found_on", N_("Found on"), "date", optional=True),)
EXAMPLE: dict[str, Any] = {
    "source": "12345",
    "source_id": "20260928-000123",
    "title": "企业反映厂区外杆线影响施工",
    "description": "厂区北侧10千伏杆线影响基坑开挖",
    "category": "杆线迁移",
    "board": "lucheng",
    "no_project_reason": "企业诉求",
    "contact": {"enterprise": "某精密机械公司", "person": "张工", "phone": "0519-00000000"},
}


class ContactBody(BaseModel):
    """Who asked the platform for help."""

    model_config = ConfigDict(extra="forbid")
    enterprise: str = Field(default="", max_length=_TEXT)
    person: str = Field(default="", max_length=_TEXT)
    phone: str = Field(default="", max_length=_TEXT)


class IntakeBody(BaseModel):
    """What a platform hands in."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})
    source: str = Field(max_length=_TEXT, description="The platform's code.")
    source_id: str = Field(max_length=_TEXT, description="The platform's own number of it.")
    title: str = Field(max_length=_TEXT)
    description: str = Field(default="", max_length=_TEXT)
    category: str = Field(max_length=_TEXT, description="Name, code, or the platform's own name.")
    board: str | None = Field(default=None, max_length=_TEXT)
    project: str | None = Field(default=None, max_length=_TEXT)
    no_project_reason: str = Field(default="", max_length=_TEXT)
    urgent: bool | None = None
    found_on: str | None = Field(default=None, max_length=40, examples=["2026-09-28"])
    contact: ContactBody | None = None


@router.post(
    "/intake",
    status_code=201,
    response_model=shapes.Filed,
    summary=N_("Hand in an issue from another platform"),
    description=N_(
        "Once for each source and source_id: a repeat is answered with 200 and the number it has."
    ),
    responses=refusals(WRITES)
    | {
        200: {"model": shapes.Filed, "description": "It was handed in before."},
        201: {"headers": {"Location": header("Address of the issue.")}},
    },
)
@needs("intake")
def hand_in(request: Request, body: IntakeBody) -> JSONResponse:
    """By the platform's own account."""
    sent = plain(body)
    with writing(request) as call:
        found = intake(
            call.s, source=body.source, actor=call.person, form=_form(call, sent), now=call.now
        )
        return JSONResponse(
            _answer(sent, found),
            status_code=201 if found.created else 200,
            headers={"Location": f"/api/v1/issues/{found.number}"},
        )


def _form(call: Call, sent: Data) -> IntakeForm:
    given = {k: v for k, v in sent.items() if k not in ("source", "contact", "found_on")}
    day = typed(_DAY, sent, call.s)["found_on"]
    contact = Contact(**(sent.get("contact") or {}))
    return IntakeForm(**({"description": ""} | given), found_on=day, contact=contact)


def _answer(sent: Data, found: IntakeOutcome) -> Data:
    return {
        "number": found.number,
        "created": found.created,
        "differing": list(found.differing),
        "source": sent["source"],
        "source_id": sent["source_id"],
    }
