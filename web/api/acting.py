"""Acting: reports, and one endpoint for every action of the catalogue.

The bodies are made from the same declarations as the portal's forms, and the commands run are
the same, so refusals have the same codes, fields and remedies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from config.i18n import N_
from web.actions import ACTIONS
from web.actions.base import Action, Doing, typed
from web.actions.discovery import REPORT_FIELDS, report_form
from web.api import shapes
from web.api.access import ApiRoute, writing
from web.api.bodies import body_model, plain, proofs
from web.api.idempotency import Answer, Key, once
from web.api.moments import local
from web.api.params import Id, IssueNumber, TaskNumber
from web.api.problems import ACTS, ETAG, REPLAYED, WRITES, refusals
from web.api.versions import IfMatch, etag, matching
from web.call import Call
from workflow.commands.base import Outcome
from workflow.commands.discovery import report

router = APIRouter(route_class=ApiRoute)
Data = dict[str, Any]
ReportBody = body_model("Report", REPORT_FIELDS)


@router.post(
    "/issues",
    tags=["issues"],
    status_code=201,
    response_model=shapes.Done,
    summary=N_("Report an issue"),
    description=N_("Filed for the caller's unit, in the state reported."),
    responses=refusals(WRITES) | {201: {"headers": ETAG | REPLAYED}},
)
def file_report(
    request: Request,
    body: ReportBody,  # type: ignore[valid-type]
    key: Key = None,
) -> JSONResponse:
    """上报."""
    sent = plain(body)
    with writing(request) as call:

        def produce() -> Answer:
            form = report_form(typed(REPORT_FIELDS, sent, call.s))
            outcome = report(call.s, actor=call.person, form=form, now=call.now)
            where = {"Location": f"/api/v1/issues/{outcome.issue_number}"}
            return Answer(201, done(call, outcome), etag(outcome.issue_version) | where)

        return once(call, key, sent, produce)


def done(call: Call, outcome: Outcome) -> Data:
    """What a command leaves behind, as plain data."""
    return {
        "issue_number": outcome.issue_number,
        "issue_state": outcome.issue_state,
        "issue_version": outcome.issue_version,
        "task_number": outcome.task_number,
        "task_state": outcome.task_state,
        "task_version": outcome.task_version,
        "due_at": local(call, outcome.due_at),
        "request_id": outcome.request_id,
    }


def perform(
    request: Request,
    action: Action,
    sent: Data,
    if_match: str | None,
    key: str | None,
    **subject: Any,
) -> JSONResponse:
    """Run an action once and say what came out."""
    with writing(request) as call, matching(if_match) as version, action.own_names():

        def produce() -> Answer:
            doing = Doing(call.s, call.person, call.now, version=version, **subject)
            outcome = action.perform(doing, _values(action, sent, call))
            seen = outcome.task_version if action.subject == "task" else outcome.issue_version
            return Answer(200, done(call, outcome), etag(seen or outcome.issue_version))

        return once(call, key, sent, produce)


def _values(action: Action, sent: Data, call: Call) -> Data:
    fields = [one for one in action.fields if one.kind != "evidence"]
    values = typed(fields, sent, call.s)
    if len(fields) < len(action.fields):
        values["evidence"] = proofs(sent.get("evidence"))
    return values


# ------------------------------------------------------------ endpoints by declaration


def _endpoint(action: Action) -> Callable[..., JSONResponse]:
    if action.subject == "issue":
        return _with_body(action, IssueNumber)
    return _with_body(action, TaskNumber)


def _with_body(action: Action, number_type: Any) -> Callable[..., JSONResponse]:
    def act(
        request: Request,
        number: Any,
        body: Any = None,
        if_match: IfMatch = None,
        key: Key = None,
    ) -> JSONResponse:
        return perform(request, action, plain(body), if_match, key, number=number)

    return _typed(act, action, number=number_type)


def _typed(
    act: Callable[..., JSONResponse], action: Action, **types: Any
) -> Callable[..., JSONResponse]:
    """The endpoint with the types that its declaration gives it."""
    body: type[BaseModel] = body_model(_name(action), action.fields)
    found: Any = body if action.fields else body | None
    act.__annotations__ = {
        "request": Request,
        "body": found,
        "if_match": IfMatch,
        "key": Key,
        "return": JSONResponse,
    } | types
    act.__name__ = action.rule
    return act


def _name(action: Action) -> str:
    words = f"{action.subject}-{action.name}".split("-")
    return "".join(word.capitalize() for word in words)


def _decide(action: Action) -> Callable[..., JSONResponse]:
    def act(
        request: Request,
        id: Any,
        body: Any = None,
        if_match: IfMatch = None,
        key: Key = None,
    ) -> JSONResponse:
        return perform(request, action, plain(body), if_match, key, prepared_id=id)

    return _typed(act, action, id=Id)


def _add(action: Action) -> None:
    prepared = action.rule == "decide_prepared"
    path = "/prepared/{id}/decide" if prepared else f"/{action.subject}s/{{number}}/{action.name}"
    router.add_api_route(
        path,
        _decide(action) if prepared else _endpoint(action),
        methods=["POST"],
        tags=[f"{action.subject}s"],
        summary=action.title,
        description=action.help or None,
        response_model=shapes.Done,
        responses=refusals(ACTS) | {200: {"headers": ETAG | REPLAYED}},
    )


for _action in ACTIONS:
    _add(_action)
