"""Lists of projects from other libraries: handed in, compared, and taken as was chosen."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path as FilePath
from typing import Annotated, Any, get_args

from fastapi import APIRouter, File, Form, Path, Query, Request, UploadFile
from fastapi.responses import JSONResponse

from config.i18n import N_
from config.projects import LISTS
from projects.access import OFFICE, require
from projects.library.imports import taking, uploads
from projects.library.imports.plan import Kind, RowPlan, Target
from projects.library.imports.taking import Choices, Reading
from projects.library.imports.uploads import Upload
from web.api import shapes
from web.api.access import ApiRoute, reading, writing
from web.api.bodies import plain
from web.api.idempotency import Answer, Key, once
from web.api.links import numbered
from web.api.params import Cursor, Limit
from web.api.plan_facts import paged
from web.api.problems import FINDS, REPLAYED, WRITES, refusals
from web.api.project_bodies import TakenList
from web.api.project_merging import difference
from web.call import Call, settings_of
from web.navigation import refuse_administrators
from workflow.commands.base import clean
from workflow.errors import Malformed, NotVisible, Reason

router = APIRouter(route_class=ApiRoute, tags=["projects"])
Data = dict[str, Any]
_KEY = "0123456789abcdef" * 4
ListKey = Annotated[
    str,
    Path(pattern="^[0-9a-f]{64}$", description="Of the list that was handed in.", examples=[_KEY]),
]
RowKind = Annotated[str | None, Query(pattern=f"^({'|'.join(get_args(Kind))})$")]


@router.post(
    "/project-lists",
    status_code=201,
    response_model=shapes.ListHandedIn,
    summary=N_("Hand in a list of projects to be compared"),
    description=N_(
        "Nothing of it is written. It waits a day for its sender's choices; the same list again is"
        " the same key, so that a repeat needs no other one."
    ),
    responses=refusals(WRITES),
)
def hand_in(
    request: Request,
    file: Annotated[UploadFile, File(description="A .csv or .xlsx.")],
    list: Annotated[str, Form(max_length=40, examples=["city"],
                              description=f"One of: {', '.join(LISTS)}.")],
    year: Annotated[int, Form(ge=1900, le=2200, examples=[2026])],
    library: Annotated[str, Form(max_length=60, examples=["市重大项目库"],
                                 description="The library that the list is from.")],
    as_of: Annotated[date | None, Form(description="Day of the list; today by default.")] = None,
) -> JSONResponse:  # fmt: skip
    """名单比对."""
    with reading(request) as call:
        _admit(call)
        day = as_of or call.now.astimezone(call.zone).date()
        target = Target(clean("list", list, most=40), year, clean("library", library, most=60), day)
        upload = uploads.keep(
            _folder(call), call.person.id, file.file, file.filename or "", target, call.now
        )
        try:
            body = _head(upload, _read(call, upload))
        except Malformed:
            uploads.forget(upload)
            raise
        where = {"Location": f"/api/v1/project-lists/{upload.key}"}
        return JSONResponse(body, status_code=201, headers=where)


def _admit(call: Call) -> None:
    refuse_administrators(call)
    require(call.person, OFFICE)


def _folder(call: Call) -> FilePath:
    return uploads.folder(settings_of(call.request).var_dir)


def _found(call: Call, key: str) -> Upload:
    """The caller's own list. Raises `NotVisible`."""
    try:
        return uploads.find(_folder(call), call.person.id, key, call.now)
    except Malformed as gone:
        raise NotVisible(*gone.reasons) from None


def _read(call: Call, upload: Upload) -> Reading:
    return taking.read(call.s, actor=call.person, path=upload.path, target=upload.target)


def _head(upload: Upload, found: Reading) -> Data:
    target = upload.target
    return {
        "key": upload.key, "file": upload.name, "list": target.list_code, "year": target.year,
        "library": target.library, "as_of": target.as_of.isoformat(),
        "digest": found.plan.digest, "counts": found.plan.counts,
        "columns": [{"heading": c.heading, "field": c.field} for c in found.columns],
        "unknown": found.unknown,
    }  # fmt: skip


@router.get(
    "/project-lists/{key}",
    response_model=shapes.ListCompared,
    summary=N_("A list beside the library, row by row"),
    responses=refusals(FINDS),
)
def compared(
    request: Request, key: ListKey, kind: RowKind = None, cursor: Cursor = None, limit: Limit = 50
) -> Data:
    """As both stand now, in the order of the file."""
    with reading(request) as call:
        _admit(call)
        upload = _found(call, key)
        found = _read(call, upload)
        after = numbered(cursor) or 0
        rows = [
            row for row in found.plan.rows
            if row.entry.number > after and kind in (None, row.kind)
        ]  # fmt: skip
        last = rows[limit - 1].entry.number if len(rows) > limit else None
        return _head(upload, found) | paged(request, [_row(row) for row in rows[:limit]], last)


def _row(row: RowPlan) -> Data:
    return {
        "row": row.entry.number, "kind": row.kind, "name": row.entry.text("name"),
        "project": row.project, "known_as": row.name or None, "lists": row.lists,
        "listed": row.listed, "values": dict(row.entry.values),
        "differences": [difference(one) for one in row.differences],
        "reasons": [_reason(reason) for reason in row.reasons],
    }  # fmt: skip


def _reason(one: Reason) -> Data:
    return {"code": one.code, "message": one.message, "field": one.field, "remedy": one.remedy}


@router.post(
    "/project-lists/{key}/take",
    response_model=shapes.ListTaken,
    summary=N_("Take a list as was chosen"),
    description=N_(
        "All or none. `expect` is the digest of the comparison; where a record has changed since,"
        " nothing is written."
    ),
    responses=refusals(WRITES) | {200: {"headers": REPLAYED}},
)
def take(request: Request, key: ListKey, body: TakenList, once_key: Key = None) -> JSONResponse:
    """For the office; the list is forgotten then."""
    taken: dict[str, Upload] = {}
    with writing(request) as call:
        _admit(call)

        def produce() -> Answer:
            taken["list"] = upload = _found(call, key)
            done = taking.take(
                call.s, actor=call.person, path=upload.path, target=upload.target,
                choices=_choices(body), expect=body.expect, now=call.now,
            )  # fmt: skip
            return Answer(200, asdict(done))

        answer = once(call, once_key, plain(body), produce)
    for upload in taken.values():  # only now it is sure that everything was written
        uploads.forget(upload)
    return answer


def _choices(body: TakenList) -> Choices:
    fields: dict[int, dict[str, str]] = {}
    for one in body.fields:
        fields.setdefault(one.row, {})[one.field] = one.side
    return Choices(fields, {one.row: one.answer for one in body.doubtful}, body.rest, body.partial)
