"""Documents as files: one by one, or many as a pack."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from web.call import Call, reading
from web.pages.documents import known, require
from workflow.documents import files, ladder, packs

router = APIRouter()
Keys = Annotated[list[Annotated[int, Query(ge=1, lt=2**31)]] | None, Query(max_length=500)]
Names = Annotated[list[Annotated[str, Query(max_length=50)]] | None, Query(max_length=500)]


@router.get("/documents/pack.zip")
def pack(
    request: Request,
    id: Keys = None,
    issue: Names = None,
    task: Names = None,
    step: Keys = None,
    kind: str = "",
    form: Names = None,
) -> Response:
    """Several documents at one click, e.g. for a meeting: those chosen, or all about the issues and
    tasks that were."""
    with reading(request) as call:
        chosen = _packed(call, id, issue, task, step, kind)
        return _file(packs.pack(call.s, call.person, chosen, form or ["pdf"]))


@router.get("/documents/pack.pdf")
def merged(
    request: Request,
    id: Keys = None,
    issue: Names = None,
    task: Names = None,
    step: Keys = None,
    kind: str = "",
    view: bool = False,
) -> Response:
    """The same as one PDF, to be printed or put on a screen."""
    with reading(request) as call:
        chosen = _packed(call, id, issue, task, step, kind)
        return _file(packs.merged(call.s, call.person, chosen), inline=view)


def _packed(
    call: Call, ids: Keys, issues: Names, tasks: Names, steps: Keys, kind: str
) -> list[int]:
    require(call)
    if ids or not (issues or tasks or steps):
        return ids or []
    carried = ladder.find_steps(call.s, call.person, steps) if steps else []
    named = [*(tasks or []), *(step.task_number for step in carried)]
    return packs.documents_about(call.s, call.person, issues or [], named, kind)


@router.get("/documents/{number:int}.{form}")
def download(request: Request, number: int, form: str, view: bool = False) -> Response:
    """The document as docx or pdf; `view` shows a PDF in the browser."""
    with reading(request) as call:
        return _file(files.render(call.s, call.person, known(number), form), inline=view)


def _file(file: files.File, *, inline: bool = False) -> Response:
    """A file with its name after RFC 6266; nothing in it runs."""
    shown = "inline" if inline and file.media_type == files.MEDIA["pdf"] else "attachment"
    name = quote(file.name, safe="")
    plain = "document." + file.name.rpartition(".")[2]
    return Response(
        file.content,
        media_type=file.media_type,
        headers={
            "content-disposition": f"{shown}; filename=\"{plain}\"; filename*=UTF-8''{name}",
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
        },
    )
