"""The monthly bulletin's life."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from config.i18n import N_
from projects.bulletins import commands, words
from projects.bulletins import reading as bulletins
from web.api.access import ApiRoute, reading, writing
from web.api.bodies import plain
from web.api.bulletin_bodies import BulletinReasonBody, DraftBody, IssuerBody, WordsBody
from web.api.idempotency import Answer, Key, once
from web.api.links import numbered, onward
from web.api.params import Cursor, Id, Limit
from web.api.problems import ACTS, ETAG, FINDS, REPLAYED, WRITES, refusals
from web.api.shapes import bulletins as shapes
from web.api.versions import IfMatch, etag, matching
from web.call import Call
from web.navigation import refuse_administrators

router = APIRouter(route_class=ApiRoute, tags=["bulletins"])
Data = dict[str, Any]


@router.get(
    "/bulletins",
    response_model=shapes.BulletinPage,
    summary=N_("Monthly bulletins, newest first"),
    responses=refusals(FINDS),
)
def listed(request: Request, cursor: Cursor = None, limit: Limit = 50) -> Data:
    """Drafts for the bureau, issued ones for every unit that they went to."""
    with reading(request) as call:
        refuse_administrators(call)
        found = bulletins.listed(call.s, call.person, before_id=numbered(cursor), limit=limit + 1)
        last = str(found[limit - 1].row.id) if len(found) > limit else None
        return {
            "items": [_line(line) for line in found[:limit]],
            "next": onward(request, last),
            "next_cursor": last,
        }


def _line(line: bulletins.Line) -> Data:
    return {
        "id": line.row.id,
        "version": line.row.version,
        "month": line.row.month,
        "n": line.row.n,
        "state": line.state,
        "document": line.row.document_id,
        "number": line.document.number if line.document is not None else None,
        "title": line.document.title if line.document is not None else None,
        "corrects": line.row.corrects_id,
    }


@router.get(
    "/bulletins/{id}",
    response_model=shapes.BulletinFile,
    summary=N_("A bulletin with its words and figures"),
    responses=refusals(FINDS) | {200: {"headers": ETAG}},
)
def one(request: Request, response: Response, id: Id) -> Data:
    """`words` hold placeholders, `filled` the figures of its snapshot in their place."""
    with reading(request) as call:
        refuse_administrators(call)
        line = bulletins.find(call.s, call.person, id)
        response.headers.update(etag(line.row.version))
        return _file(call, line)


def _file(call: Call, line: bulletins.Line) -> Data:
    source = bulletins.source(call.s, line)
    texts = {name: getattr(line.row, name) for name in words.HEADS}
    return _line(line) | {
        "edition": source.frozen.edition,
        "digest": source.frozen.digest,
        "correction": line.row.correction,
        "words": texts,
        "filled": {name: words.filled(text, source) for name, text in texts.items()},
    }


@router.post(
    "/bulletins",
    status_code=201,
    response_model=shapes.BulletinFile,
    summary=N_("Draft the bulletin of a frozen month"),
    responses=refusals(WRITES) | {201: {"headers": ETAG | REPLAYED}},
)
def draft(request: Request, body: DraftBody, key: Key = None) -> JSONResponse:
    """起草."""
    sent = plain(body)
    with writing(request) as call:
        refuse_administrators(call)

        def produce() -> Answer:
            made = commands.draft(call.s, actor=call.person, month=body.month, now=call.now)
            return _told(call, made, 201)

        return once(call, key, sent, produce)


def _told(call: Call, number: int, status: int = 200) -> Answer:
    line = bulletins.find(call.s, call.person, number)
    headers = etag(line.row.version)
    if status == 201:
        headers["Location"] = f"/api/v1/bulletins/{number}"
    return Answer(status, _file(call, line), headers)


_STEP: Data = {
    "response_model": shapes.BulletinFile,
    "responses": refusals(ACTS) | {200: {"headers": ETAG | REPLAYED}},
}


def _perform(
    request: Request, id: int, step: Callable[..., Any], if_match: str | None, key: str | None,
    **sent: Any,
) -> JSONResponse:  # fmt: skip
    with writing(request) as call, matching(if_match) as version:
        refuse_administrators(call)

        def produce() -> Answer:
            step(
                call.s, actor=call.person, bulletin=id, now=call.now, expected_version=version,
                **sent,
            )  # fmt: skip
            return _told(call, id)

        return once(call, key, sent, produce)


@router.post("/bulletins/{id}/words", summary=N_("Change the words of a draft"), **_STEP)
def change(
    request: Request, id: Id, body: WordsBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """Sections that are left out stay as they are."""
    given = {name: text for name, text in plain(body).items() if text is not None}
    return _perform(request, id, commands.edit, if_match, key, words=given)


@router.post("/bulletins/{id}/check", summary=N_("Check a draft and prepare its document"), **_STEP)
def check(
    request: Request, id: Id, body: IssuerBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """Figures typed by hand, unknown ones and a text that is too long are refused."""
    return _perform(request, id, commands.check, if_match, key, issuer=body.issuer)


@router.post("/bulletins/{id}/refresh", summary=N_("Take the month's newest edition"), **_STEP)
def refresh(request: Request, id: Id, if_match: IfMatch = None, key: Key = None) -> JSONResponse:
    """Drafts only."""
    return _perform(request, id, commands.refresh, if_match, key)


@router.post("/bulletins/{id}/reopen", summary=N_("Take it back into editing"), **_STEP)
def reopen(
    request: Request, id: Id, body: BulletinReasonBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """Before it is signed; its document is void."""
    return _perform(request, id, commands.reopen, if_match, key, reason=body.reason)


@router.post("/bulletins/{id}/sign", summary=N_("Sign a bulletin: number and date"), **_STEP)
def sign(request: Request, id: Id, if_match: IfMatch = None, key: Key = None) -> JSONResponse:
    """签发: the deputy director."""
    return _perform(request, id, commands.sign, if_match, key)


@router.post("/bulletins/{id}/issue", summary=N_("Issue a signed bulletin"), **_STEP)
def issue(request: Request, id: Id, if_match: IfMatch = None, key: Key = None) -> JSONResponse:
    """印发: to every unit."""
    return _perform(request, id, commands.issue, if_match, key)


@router.post(
    "/bulletins/{id}/correct",
    status_code=201,
    response_model=shapes.BulletinFile,
    summary=N_("Draft a correction of an issued bulletin"),
    responses=refusals(ACTS) | {201: {"headers": ETAG | REPLAYED}},
)
def correct(request: Request, id: Id, body: BulletinReasonBody, key: Key = None) -> JSONResponse:
    """更正: a new bulletin that says what it corrects."""
    sent = plain(body)
    with writing(request) as call:
        refuse_administrators(call)

        def produce() -> Answer:
            made = commands.correct(
                call.s, actor=call.person, bulletin=id, reason=body.reason, now=call.now
            )
            return _told(call, made, 201)

        return once(call, key, sent, produce)
