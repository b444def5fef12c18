"""Evidence: upload, facts, content. What comes in is looked at as the portal does."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import FileResponse, JSONResponse
from sqlalchemy import func, select

from config.i18n import N_
from config.i18n import gettext as _
from models import tables
from models.queries.evidence import find_evidence
from web.api import shapes
from web.api.access import ApiRoute, reading, writing
from web.api.acting import done
from web.api.idempotency import Answer, Key, known, once
from web.api.moments import local
from web.api.params import Id, TaskNumber
from web.api.problems import ACTS, ETAG, FINDS, REPLAYED, header, refusals
from web.api.versions import IfMatch, etag, matching
from web.attachments import file_headers
from web.call import Call
from workflow.act_words import act_name
from workflow.case import not_visible
from workflow.commands.proof import Proof, add_evidence
from workflow.conflicts import refuse_outdated
from workflow.errors import GuardFailed, NotAllowed, Reason
from workflow.evidence_safety import Stored, accept, keeps_gps, open_evidence
from workflow.guards_closure import EVIDENCE_KINDS
from workflow.offers import offers
from workflow.timeline_words import value_word

router = APIRouter(route_class=ApiRoute, tags=["evidence"])
Data = dict[str, Any]
_CHUNK = 1 << 20


@router.get(
    "/evidence/{id}",
    response_model=shapes.EvidenceFile,
    summary=N_("What is known of a piece of evidence"),
    responses=refusals(FINDS),
)
def one(request: Request, id: Id) -> Data:
    """Metadata; the content has an address of its own."""
    with reading(request) as call:
        row = find_evidence(call.s, call.person, id)
        if row is None:
            raise not_visible(str(id))
        return _facts(call, row)


def _facts(call: Call, row: Any) -> Data:
    task, issue = tables.task.c, tables.issue.c
    numbers = select(task.number, issue.number.label("issue")).join(
        tables.issue, issue.id == task.issue_id
    )
    of = call.s.execute(numbers.where(task.id == row.task_id)).one()
    plain = ("id", "kind", "name", "note", "sha256", "size", "cycle")
    return {name: getattr(row, name) for name in plain} | {
        "kind_name": value_word("evidence", row.kind),
        "added_by": call.directory.person_name(row.added_by_id),
        "added_at": local(call, row.added_at),
        "task": of.number,
        "issue": of.issue,
        "content": f"/api/v1/evidence/{row.id}/content" if row.sha256 else None,
    }


@router.get(
    "/evidence/{id}/content",
    response_class=FileResponse,
    summary=N_("The file itself"),
    description=N_("Always as an attachment, never to be shown in place."),
    responses=refusals(FINDS)
    | {
        200: {
            "description": "The file.",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
            "headers": {"Content-Disposition": header("attachment, with the file's name.")},
        }
    },
)
def content(request: Request, id: Id) -> FileResponse:
    """The bytes as they were stored."""
    with reading(request) as call:
        found = open_evidence(call.s, call.person, id)
    return FileResponse(
        found.path,
        media_type=found.media_type,
        headers=file_headers(found.name),
    )


@router.post(
    "/tasks/{number}/evidence",
    status_code=201,
    response_model=shapes.Attached,
    summary=N_("Attach a file to a task"),
    description=N_("The kind of file is told by its content; photos lose where they were taken."),
    responses=refusals(ACTS) | {201: {"headers": ETAG | REPLAYED}},
)
def attach(
    request: Request,
    number: TaskNumber,
    file: Annotated[UploadFile, File(description="The file.")],
    kind: Annotated[str, Form(max_length=30, examples=[EVIDENCE_KINDS[0]],
                              description=f"One of: {', '.join(EVIDENCE_KINDS)}.")],
    note: Annotated[str, Form(max_length=500)] = "",
    if_match: IfMatch = None,
    key: Key = None,
) -> JSONResponse:  # fmt: skip
    """佐证材料."""
    sent = {"kind": kind, "note": note, "name": file.filename, "sha256": _digest(file)}
    with reading(request) as call, matching(if_match) as version:
        if (before := known(call, key, sent)) is not None:
            return before  # the task may have moved on since
        refuse_unoffered(call, number)
        refuse_outdated(call.s, "task", number, version)
        keep_gps = keeps_gps(call.s, number)
    stored = accept(file.file, file.filename or "", keep_gps=keep_gps)
    with writing(request) as call, matching(if_match) as version:

        def produce() -> Answer:
            proof = Proof(kind, stored.name, note, stored.digest, stored.size)
            outcome = add_evidence(
                call.s, actor=call.person, task=number, proof=proof, now=call.now,
                expected_version=version,
            )  # fmt: skip
            key = _newest(call, number)
            where = {"Location": f"/api/v1/evidence/{key}"}
            body = done(call, outcome) | _stored(stored, key)
            return Answer(201, body, etag(outcome.task_version or 0) | where)

        return once(call, key, sent, produce)


def _digest(file: UploadFile) -> str:
    """Of the file as it was sent; what is stored may have lost the place."""
    found = hashlib.sha256()
    while chunk := file.file.read(_CHUNK):
        found.update(chunk)
    file.file.seek(0)
    return found.hexdigest()


def refuse_unoffered(call: Call, number: str) -> None:
    """Nobody fills the store who may not add evidence to this task now."""
    for offer in offers(call.s, call.person, number, call.now):
        if (offer.kind, offer.name, offer.number) == ("task", "add_evidence", number):
            if offer.reasons:
                raise GuardFailed(*offer.reasons)
            return
    if number not in _numbers(call, number):
        raise not_visible(number)
    raise NotAllowed(
        Reason(
            "not_allowed",
            _("{person} may not do this: {act}.").format(
                person=call.person.name, act=act_name("add_evidence")
            ),
        )
    )


def _numbers(call: Call, number: str) -> list[str]:
    chosen = select(tables.task.c.number).where(tables.task.c.number == number)
    return [row.number for row in call.s.execute(chosen)]


def _newest(call: Call, number: str) -> int:
    evidence, task = tables.evidence.c, tables.task.c
    chosen = (
        select(func.max(evidence.id))
        .join(tables.task, task.id == evidence.task_id)
        .where(task.number == number)
    )
    return int(call.s.execute(chosen).scalar_one())


def _stored(stored: Stored, key: int) -> Data:
    return {
        "evidence_id": key,
        "sha256": stored.digest,
        "size": stored.size,
        "media_type": stored.media_type,
        "place_removed": stored.place_removed,
    }
