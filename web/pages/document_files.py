"""Documents as files: one by one, or many as a pack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from web.attachments import file_headers
from web.call import Call, reading
from web.late import LateRoute
from web.pages.documents import known, require
from web.templating import page
from workflow.documents import files, ladder, packs
from workflow.documents.rights import kinds_for

router = APIRouter(route_class=LateRoute)
NOTHING_CHOSEN = "/supervision?none=1#chosen-head"
Start = Annotated[str, Query(max_length=20, description="The page that was left.")]
Keys = Annotated[list[Annotated[int, Query(ge=1, lt=2**31)]] | None, Query(max_length=500)]
Names = Annotated[list[Annotated[str, Query(max_length=50)]] | None, Query(max_length=500)]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What goes into a pack: documents, or all about issues, tasks and steps that were chosen."""

    id: Keys = None
    issue: Names = None
    task: Names = None
    step: Keys = None
    kind: str = ""
    start: Start = ""
    part: bool = False

    @property
    def called(self) -> str:
        """What the pack is called."""
        return packs.PAPERS if self.id else packs.MEETING


Choice = Annotated[Chosen, Depends()]


@router.get("/documents/pack.zip")
def pack(request: Request, chosen: Choice, form: Names = None) -> Response:
    """Several documents at one click, e.g. for a meeting: those chosen, or all about the issues and
    tasks that were. What has no document is told first, unless `part` says that it is known."""
    with reading(request) as call:
        keys = _packed(call, chosen)
        if isinstance(keys, Response):
            return keys
        s, forms = call.s, form or ["pdf"]
        return _file(packs.pack(s, call.person, keys, forms, now=call.now, called=chosen.called))


@router.get("/documents/pack.pdf")
def merged(request: Request, chosen: Choice, view: bool = False) -> Response:
    """The same as one PDF, to be printed or put on a screen."""
    with reading(request) as call:
        keys = _packed(call, chosen)
        if isinstance(keys, Response):
            return keys
        made = packs.merged(call.s, call.person, keys, now=call.now, called=chosen.called)
        return _file(made, inline=view)


def _partly(call: Call, found: packs.About) -> Response:
    """Which of the chosen have no document, and what can be done about it."""
    tasks = [bare.task for bare in found.bare if bare.task]
    issues = [bare.issue for bare in found.bare if not bare.task]
    about = [("task", task) for task in tasks] + [("issue", issue) for issue in issues]
    prepares = any(kind.about == "tasks" for kind in kinds_for(call.person))
    asked = [*call.request.query_params.multi_items(), ("part", "1")]
    return page(
        call,
        "documents/partly.html",
        409,
        bare=found.bare,
        documents=len(found.documents),
        prepare_path=f"/documents/new?{urlencode(about)}" if prepares and tasks else "",
        agenda_path=f"/documents/new?{urlencode([('kind', 'meeting_agenda'), *about])}"
        if prepares
        else "",
        go_on_path=f"{call.request.url.path}?{urlencode(asked)}" if found.documents else "",
    )


def _packed(call: Call, chosen: Chosen) -> list[int] | Response:
    """The documents of the pack, or the page that asks about them first."""
    require(call)
    if chosen.start == "supervision" and not (
        chosen.id or chosen.issue or chosen.task or chosen.step
    ):
        return RedirectResponse(NOTHING_CHOSEN, status_code=303)
    found = _about(call, chosen)
    if found.bare and not (chosen.part and found.documents):
        return _partly(call, found)
    return found.documents


def _about(call: Call, chosen: Chosen) -> packs.About:
    if chosen.id or not (chosen.issue or chosen.task or chosen.step):
        return packs.About(chosen.id or [])
    carried = ladder.find_steps(call.s, call.person, chosen.step) if chosen.step else []
    named = [*(chosen.task or []), *(step.task_number for step in carried)]
    return packs.documents_about(call.s, call.person, chosen.issue or [], named, chosen.kind)


@router.get("/documents/{number:int}.{form}")
def download(request: Request, number: int, form: str, view: bool = False) -> Response:
    """The document as docx or pdf; `view` shows a PDF in the browser."""
    with reading(request) as call:
        return _file(files.render(call.s, call.person, known(number), form), inline=view)


def _file(file: files.File, *, inline: bool = False) -> Response:
    """A document, or a pack of them; only a PDF is shown by the browser itself."""
    shown = inline and file.media_type == files.MEDIA["pdf"]
    headers = file_headers(file.name, inline=shown)
    return Response(file.content, media_type=file.media_type, headers=headers)
