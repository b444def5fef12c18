"""Demands of enterprises: platforms hand them in, the office works on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from config.i18n import N_
from config.i18n import gettext as _
from projects.demands import deciding, filing, listing, settling, telling_result
from projects.demands.base import STATES, headline
from projects.demands.case import demand_case
from projects.demands.deciding import Done, TakeUp
from projects.demands.filing import DemandForm
from projects.demands.listing import VIEWS, Wanted
from web.api.access import ApiRoute, needs, reading, writing
from web.api.bodies import plain
from web.api.demand_bodies import (
    DeclineBody,
    DemandAnswerBody,
    DemandBody,
    LinkBody,
    ResultBody,
    TakeUpBody,
)
from web.api.idempotency import Answer, Key, once
from web.api.issues import unit_code
from web.api.moments import stamp
from web.api.params import Limit
from web.api.problems import ACTS, ETAG, FINDS, READS, REPLAYED, WRITES, header, refusals
from web.api.shapes.demands import DemandDone, DemandFile, DemandFiled, DemandPage
from web.api.versions import IfMatch, etag, matching
from web.call import Call, note, settings_of
from workflow.errors import Malformed, Reason

router = APIRouter(route_class=ApiRoute, tags=["demands"])
Data = dict[str, Any]
Number = Annotated[
    str,
    Path(
        description="Number of a demand.", pattern=r"^[A-Za-z0-9-]+$", max_length=50,
        examples=["XQ-2026-000001"],
    ),
]  # fmt: skip


@router.post(
    "/demands",
    status_code=201,
    response_model=DemandFiled,
    summary=N_("Hand in a demand of an enterprise from another platform"),
    description=N_(
        "Once for each source and source_id: a repeat is answered with 200 and the number it has."
    ),
    responses=refusals(WRITES)
    | {
        200: {"model": DemandFiled, "description": "It was handed in before."},
        201: {"headers": {"Location": header("Address of the demand.")}},
    },
)
@needs("intake")
def hand_in(request: Request, body: DemandBody) -> JSONResponse:
    """By the platform's own account; the secret address is for the enterprise."""
    sent = plain(body)
    source, source_id = sent.pop("source"), sent.pop("source_id")
    sent["body"] = sent.pop("text")
    with writing(request) as call, _as_sent():
        filed = filing.file_for_platform(
            call.s, source=source, source_id=source_id, actor=call.person,
            form=DemandForm(**sent), now=call.now,
        )  # fmt: skip
        told = {"source": source, "source_id": source_id, "address": _address(call, filed.secret)}
        return JSONResponse(
            {"number": filed.number, "created": filed.created, **told},
            status_code=201 if filed.created else 200,
            headers={"Location": f"/api/v1/demands/{filed.number}"},
        )


@router.get(
    "/demands",
    response_model=DemandPage,
    summary=N_("Demands of enterprises, page by page"),
    responses=refusals(READS),
)
def listed(
    request: Request,
    view: Annotated[str, Query(pattern=f"^({'|'.join(VIEWS)})$")] | None = None,
    state: Annotated[str, Query(pattern=f"^({'|'.join(STATES)})$")] | None = None,
    board: Annotated[str, Query(max_length=60, description="A unit's code.")] | None = None,
    category: Annotated[str, Query(max_length=60)] | None = None,
    month: Annotated[str, Query(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")] | None = None,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    limit: Limit = 50,
) -> Data:
    """Within the caller's scope; what waits for the office comes first."""
    _settle(request)
    with reading(request) as call:
        wanted = Wanted(view or "", state or "", _board(call, board), category or "", month or "")
        rows, total = listing.listed(call.s, call.person, wanted, call.now, page=page, size=limit)
        more = page + 1 if page * limit < total else None
        return {"items": [_line(call, row) for row in rows], "total": total, "next_page": more}


@contextmanager
def _as_sent() -> Iterator[None]:
    """Faults of the demand's text under the name that it is sent under."""
    try:
        yield
    except Malformed as error:
        raise Malformed(*(_named(reason) for reason in error.reasons)) from error


def _named(reason: Reason) -> Reason:
    if reason.field != "body":
        return reason
    code = reason.code.replace("body_", "text_", 1)
    return replace(reason, code=code, field="text")


def _settle(request: Request) -> None:
    """Let demands follow their issues, as the desk does, unless the database is busy."""
    with reading(request) as call:
        now, pending = call.now, settling.pending(call.s)
    if pending:
        note(request, lambda s: settling.settle(s, now))


@router.get(
    "/demands/{number}",
    response_model=DemandFile,
    summary=N_("One demand with everything on it"),
    responses=refusals(FINDS) | {200: {"headers": ETAG}},
)
def one(request: Request, response: Response, number: Number) -> Data:
    """Facts, history, proposals."""
    _settle(request)
    with reading(request) as call:
        found = demand_case(call.s, call.person, number)
        response.headers.update(etag(found["version"]))
        return found


@router.post(
    "/demands/{number}/take-up",
    response_model=DemandDone,
    summary=N_("Raise the issue that a demand is about"),
    responses=refusals(ACTS) | {200: {"headers": ETAG | REPLAYED}},
)
def take_up(
    request: Request, number: Number, body: TakeUpBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """Into the closed loop."""
    sent = plain(body)
    form = TakeUp(**sent)
    return _act(request, number, sent, if_match, key, deciding.take_up, form=form)


@router.post(
    "/demands/{number}/link",
    response_model=DemandDone,
    summary=N_("Link a repeat to the issue that is there already"),
    responses=refusals(ACTS) | {200: {"headers": ETAG | REPLAYED}},
)
def link(
    request: Request, number: Number, body: LinkBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """A repeat is counted."""
    sent = plain(body)
    return _act(request, number, sent, if_match, key, deciding.link, **sent)


@router.post(
    "/demands/{number}/answer",
    response_model=DemandDone,
    summary=N_("Answer the enterprise directly"),
    responses=refusals(ACTS) | {200: {"headers": ETAG | REPLAYED}},
)
def answer(
    request: Request,
    number: Number,
    body: DemandAnswerBody,
    if_match: IfMatch = None,
    key: Key = None,
) -> JSONResponse:
    """Without an issue."""
    sent = plain(body)
    given = {"category": ""} | sent
    return _act(request, number, sent, if_match, key, deciding.answer, **given)


@router.post(
    "/demands/{number}/result",
    response_model=DemandDone,
    summary=N_("Tell the enterprise the result of its closed issue"),
    responses=refusals(ACTS) | {200: {"headers": ETAG | REPLAYED}},
)
def result(
    request: Request, number: Number, body: ResultBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """Until it has judged."""
    sent = plain(body)
    return _act(request, number, sent, if_match, key, telling_result.tell_result, **sent)


@router.post(
    "/demands/{number}/decline",
    response_model=DemandDone,
    summary=N_("Decline a demand with a reason"),
    responses=refusals(ACTS) | {200: {"headers": ETAG | REPLAYED}},
)
def decline(
    request: Request, number: Number, body: DeclineBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """不予受理."""
    sent = plain(body)
    return _act(request, number, sent, if_match, key, deciding.decline, **sent)


@router.post(
    "/demands/{number}/address",
    response_model=DemandDone,
    summary=N_("Make a new secret address for the enterprise"),
    description=N_("The former one stops working. The answer is not kept: a repeat makes another."),
    responses=refusals(ACTS) | {200: {"headers": ETAG}},
)
def address(request: Request, number: Number, if_match: IfMatch = None) -> JSONResponse:
    """Told once, so that no stored answer holds the secret."""
    return _act(request, number, {}, if_match, None, deciding.reissue_link)


def _act(
    request: Request, number: str, sent: Data, if_match: str | None, key: str | None,
    command: Callable[..., Done], **fields: Any,
) -> JSONResponse:  # fmt: skip
    with writing(request) as call, matching(if_match) as version:

        def produce() -> Answer:
            done = command(
                call.s, actor=call.person, demand=number, now=call.now,
                expected_version=version, **fields,
            )  # fmt: skip
            return Answer(200, _done(call, done), etag(done.version))

        return once(call, key, sent, produce)


def _done(call: Call, done: Done) -> Data:
    return {
        "number": done.number,
        "state": done.state,
        "version": done.version,
        "issue": done.issue or None,
        "address": _address(call, done.secret),
    }


def _address(call: Call, secret: str) -> str | None:
    base = settings_of(call.request).base_url.rstrip("/")
    return f"{base}/enterprise/{secret}" if secret else None


def _line(call: Call, row: Any) -> Data:
    plain_ones = (
        "number", "version", "state", "enterprise", "category", "repeat", "relapse_candidate",
    )  # fmt: skip
    return {name: getattr(row, name) for name in plain_ones} | {
        "text": headline(row),
        "board": unit_code(call, row.board_id),
        "received_at": stamp(call, row.received_at),
        "take_up_due_at": stamp(call, row.take_up_due_at),
        "issue": row.issue_number,
    }


def _board(call: Call, code: str | None) -> int | None:
    if not code:
        return None
    unit = call.directory.by_code.get(code)
    if unit is None or not unit.is_board:
        raise Malformed(
            Reason(
                "board_unknown",
                _("Unknown town or street {name}.").format(name=code),
                "board",
                _("Use the code or full name of a town or street."),
            )
        )
    return unit.id
