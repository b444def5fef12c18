"""Acts on plans, permits, proposals and land demands, by the portal's own declarations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import select

from config.milestones import default_network
from models import tables
from projects.access import find_project
from web.actions.base import Field, typed
from web.api.access import ApiRoute, writing
from web.api.bodies import body_model, plain
from web.api.idempotency import Answer, Key, once
from web.api.params import Id
from web.api.problems import ACTS as ACT_STATUSES
from web.api.problems import ETAG, REPLAYED, refusals
from web.api.shapes import milestones as shapes
from web.api.versions import IfMatch, etag, matching
from web.call import Call
from web.pages.projects.plan_acts import ACTS, PlanAct, perform
from workflow.case import not_visible

router = APIRouter(route_class=ApiRoute, tags=["plans"])
Data = dict[str, Any]
PATHS = {
    "project": "/projects/{id}/plan", "milestone": "/milestones/{id}", "permit": "/permits/{id}",
    "proposal": "/milestone-proposals/{id}", "demand": "/land-demands/{id}",
}  # fmt: skip
TABLES = {
    "milestone": tables.milestone, "permit": tables.permit,
    "proposal": tables.milestone_proposal, "demand": tables.land_demand,
}  # fmt: skip


def fields_of(act: PlanAct) -> tuple[Field, ...]:
    """The act's fields as JSON has them: keys where the form offers choices of the project."""
    return tuple(_plain(one) for one in act.fields)


def _plain(one: Field) -> Field:
    if one.name in ("after", "before"):
        return replace(one, kind="line", many=True)
    if one.name == "item":
        return replace(one, kind="number")
    if one.name == "kind":
        return replace(one, choices=tuple((key, key) for key in default_network().permits))
    return one


def _project_of(call: Call, act: PlanAct, row_id: int) -> Any:
    if act.subject == "project":
        return find_project(call.s, call.person, row_id)
    table = TABLES[act.subject]
    row = call.s.execute(select(table.c.project_id).where(table.c.id == row_id)).first()
    if row is None:
        raise not_visible(str(row_id))
    return find_project(call.s, call.person, row.project_id)


def _act(act: PlanAct) -> Callable[..., JSONResponse]:
    fields = fields_of(act)
    body: type[BaseModel] = body_model(_name(act), fields)

    def endpoint(
        request: Request, id: Any, body: Any = None, if_match: IfMatch = None, key: Key = None
    ) -> JSONResponse:
        sent = plain(body)
        with writing(request) as call, matching(if_match) as version:

            def produce() -> Answer:
                project = _project_of(call, act, id)
                values = typed(fields, sent, call.s)
                made = perform(call, act, project, id, version, values)
                answer = _done(made)
                return Answer(200, answer, etag(answer["version"]))

            return once(call, key, sent, produce)

    endpoint.__annotations__ = {
        "request": Request, "id": Id, "body": body if fields else body | None,
        "if_match": IfMatch, "key": Key, "return": JSONResponse,
    }  # fmt: skip
    endpoint.__name__ = f"{act.subject}_{act.name.replace('-', '_')}"
    return endpoint


def _name(act: PlanAct) -> str:
    return "".join(word.capitalize() for word in f"{act.subject}-{act.name}".split("-")) + "Plan"


def _done(made: Any) -> Data:
    changed, issue = made if isinstance(made, tuple) else (made, None)
    return {
        "id": getattr(changed, "id", changed.project_id), "project": changed.project_id,
        "version": changed.version, "issue": issue,
        "warnings": [str(reason) for reason in changed.warnings],
    }  # fmt: skip


for _one in ACTS:
    router.add_api_route(
        f"{PATHS[_one.subject]}/{_one.name}", _act(_one), methods=["POST"], summary=_one.title,
        description=_one.help or None, response_model=shapes.PlanDone,
        responses=refusals(ACT_STATUSES) | {200: {"headers": ETAG | REPLAYED}},
    )  # fmt: skip
