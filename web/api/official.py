"""Official documents: list, read, prepare, each step of their lives, and their files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from config.i18n import N_, current_language
from config.i18n import gettext as _
from models.queries.issues import find_issue
from notifications.documents.kinds import KINDS
from web.api import shapes
from web.api.access import ApiRoute, reading, writing
from web.api.bodies import plain
from web.api.idempotency import Answer, Key, once
from web.api.links import cursor_refused, onward
from web.api.official_bodies import PrepareBody, VoidBody, draft_of
from web.api.official_facts import facts, kinds, lines
from web.api.params import INTEGER, Cursor, Id, Limit, UnitCode
from web.api.problems import ACTS, ETAG, FINDS, READS, REPLAYED, WRITES, header, refusals
from web.api.versions import IfMatch, etag, matching
from web.attachments import file_headers
from web.call import Call
from workflow.case import not_visible
from workflow.documents import commands, files, store
from workflow.documents.outcome import Issued
from workflow.errors import Malformed, Reason

router = APIRouter(route_class=ApiRoute, tags=["documents"])
Data = dict[str, Any]
Kind = Annotated[str | None, Query(pattern=f"^({'|'.join(KINDS)})$")]
State = Annotated[str | None, Query(pattern="^(prepared|signed|issued|void)$")]
Form = Annotated[str, Path(pattern="^(docx|pdf)$", examples=["pdf"])]
IssueFilter = Annotated[
    str | None,
    Query(pattern=r"^[A-Za-z0-9-]+$", max_length=50, description="About this issue.",
          examples=["WT-2026-000001"]),
]  # fmt: skip
Unreceived = Annotated[bool, Query(description="Only those that my unit has yet to sign for.")]


@router.get(
    "/documents",
    response_model=shapes.DocumentPage,
    summary=N_("Official documents, page by page"),
    responses=refusals(FINDS),
)
def listed(
    request: Request,
    kind: Kind = None,
    state: State = None,
    issue: IssueFilter = None,
    issuer: UnitCode = None,
    unreceived: Unreceived = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Data:
    """Within the caller's scope, those first that were signed, or else prepared, last."""
    with reading(request) as call:
        found = store.list_documents(
            call.s,
            call.person,
            kind=kind or "",
            state=state or "",
            issue_id=_issue_id(call, issue),
            issuer_id=_unit_id(call, issuer),
            unreceived=unreceived,
            before_id=_place(cursor),
            limit=limit + 1,
        )
        shown, more = found[:limit], len(found) > limit
        last = str(shown[-1].id) if more else None
        return {
            "items": lines(call, shown),
            "next": onward(request, last),
            "next_cursor": last,
        }


def _issue_id(call: Call, number: str | None) -> int | None:
    if number is None:
        return None
    issue = find_issue(call.s, call.person, number)
    if issue is None:
        raise not_visible(number)
    return int(issue.id)


def _unit_id(call: Call, code: str | None) -> int | None:
    if code is None:
        return None
    unit = call.directory.find_unit(code)
    if unit is None:
        message = _("Unknown unit {name}.").format(name=code)
        raise Malformed(Reason("unit_unknown", message, "issuer", _("Use its code or full name.")))
    return unit.id


def _place(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and 0 < int(cursor[:20]) <= INTEGER):
        raise cursor_refused()
    return int(cursor)


@router.get(
    "/documents/kinds",
    response_model=shapes.DocumentKinds,
    summary=N_("Kinds of documents and what each wants to be told"),
    responses=refusals(READS),
)
def known(request: Request) -> Data:
    """Every kind, in the order of the rules."""
    with reading(request):
        return {"items": kinds(current_language())}


@router.post(
    "/documents",
    status_code=201,
    response_model=shapes.DocumentDone,
    summary=N_("Prepare a document"),
    description=N_("Freezes what it says. It has neither number nor date before it is signed."),
    responses=refusals(WRITES) | {201: {"headers": ETAG | REPLAYED}},
)
def prepare(request: Request, body: PrepareBody, key: Key = None) -> JSONResponse:
    """拟制."""
    sent = plain(body)
    with writing(request) as call:

        def produce() -> Answer:
            made = commands.prepare(call.s, actor=call.person, draft=draft_of(body), now=call.now)
            where = {"Location": f"/api/v1/documents/{made.id}"}
            return Answer(201, done(made), etag(made.version) | where)

        return once(call, key, sent, produce)


def done(made: Issued) -> Data:
    """What a step leaves behind, as plain data."""
    return {
        "id": made.id,
        "state": made.state,
        "version": made.version,
        "number": made.number,
        "warnings": [str(reason) for reason in made.warnings],
    }


@router.get(
    "/documents/{id}",
    response_model=shapes.DocumentFile,
    summary=N_("One document with all it says"),
    responses=refusals(FINDS) | {200: {"headers": ETAG}},
)
def one(request: Request, response: Response, id: Id) -> Data:
    """Its words, its steps, who has received it, what the caller may do with it."""
    with reading(request) as call:
        row = store.find_document(call.s, call.person, id)
        response.headers.update(etag(row.version))
        return facts(call, row)


@router.get(
    "/documents/{id}/files/{form}",
    response_class=Response,
    summary=N_("The document as a file"),
    description=N_("docx or pdf; the same document always gives the same bytes."),
    responses=refusals((*FINDS, 409))
    | {
        200: {
            "description": "The file.",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
            "headers": {"Content-Disposition": header("attachment, with the file's name.")},
        }
    },
)
def content(request: Request, id: Id, form: Form) -> Response:
    """Rendered from the frozen words."""
    with reading(request) as call:
        found = files.render(call.s, call.person, id, form)
    return Response(found.content, media_type=found.media_type, headers=file_headers(found.name))


# ---------------------------------------------------------------- the steps of its life

_STEP: Data = {
    "response_model": shapes.DocumentDone,
    "responses": refusals(ACTS) | {200: {"headers": ETAG | REPLAYED}},
}


def _perform(
    request: Request,
    document: int,
    step: Callable[..., Issued],
    if_match: str | None,
    key: str | None,
    sent: Data | None = None,
) -> JSONResponse:
    """Take a document's next step. `sent` are the step's own arguments."""
    with writing(request) as call, matching(if_match) as version:

        def produce() -> Answer:
            made = step(
                call.s, actor=call.person, document=document, now=call.now,
                expected_version=version, **(sent or {}),
            )  # fmt: skip
            return Answer(200, done(made), etag(made.version))

        return once(call, key, sent or {}, produce)


@router.post("/documents/{id}/sign", summary=N_("Sign a document: number and date"), **_STEP)
def sign(request: Request, id: Id, if_match: IfMatch = None, key: Key = None) -> JSONResponse:
    """签发: by the person whom its kind asks for."""
    return _perform(request, id, commands.sign, if_match, key)


@router.post("/documents/{id}/issue", summary=N_("Issue a signed document"), **_STEP)
def issue(request: Request, id: Id, if_match: IfMatch = None, key: Key = None) -> JSONResponse:
    """印发: its addressees are told."""
    return _perform(request, id, commands.issue, if_match, key)


@router.post("/documents/{id}/receipt", summary=N_("Sign for a document that arrived"), **_STEP)
def receipt(request: Request, id: Id, if_match: IfMatch = None, key: Key = None) -> JSONResponse:
    """签收: for the caller's unit, once."""
    return _perform(request, id, commands.receive, if_match, key)


@router.post("/documents/{id}/void", summary=N_("Void a document; its number is kept"), **_STEP)
def void(
    request: Request, id: Id, body: VoidBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """作废: with a reason."""
    reason = {"reason": plain(body).get("reason") or ""}
    return _perform(request, id, commands.void, if_match, key, reason)
