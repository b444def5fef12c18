"""One bulletin: its words with figures that lead to their rows, and the next step of its life."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from projects.bulletins import annexes, commands, reading, words
from projects.bulletins.source import Source
from web.call import Call, writing
from web.call import reading as reading_call
from web.forms import check_csrf, kept, posted, text
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.bulletins.figures import rows_path
from web.templating import page
from workflow.documents.rights import may
from workflow.errors import GuardFailed, IllegalTransition, Malformed, StaleVersion, WorkflowError

router = APIRouter(route_class=LateRoute)
Number = Annotated[int, Path(ge=1, lt=2**31)]
Data = dict[str, Any]
Act = Literal["save", "check", "refresh", "reopen", "sign", "issue", "correct"]
AGAIN = (GuardFailed, IllegalTransition, Malformed, StaleVersion)
"""Refusals that are told on the page itself, beside what was typed."""


@router.get("/bulletins/{number:int}")
def show(request: Request, number: Number, done: str = "") -> HTMLResponse:
    """As it stands; figures that are in the reader's sight lead to their rows."""
    with reading_call(request) as call:
        refuse_administrators(call)
        return _page(call, number, done=done)


def _page(
    call: Call, number: int, *, done: str = "", typed: Data | None = None,
    refused: WorkflowError | None = None, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    line = reading.find(call.s, call.person, number)
    source = reading.source(call.s, line)
    corrected = reading.find(call.s, call.person, line.row.corrects_id) if (
        line.row.corrects_id is not None
    ) else None  # fmt: skip
    return page(
        call,
        "bulletins/show.html",
        status,
        line=line,
        row=line.row,
        document=line.document,
        state_name=commands.state_word(line.state),
        sections=[_section(call, line, source, name) for name in words.HEADS],
        tables=[_table(call, table, source) for table in annexes.tables(source)],
        placeholders=words.offered(),
        typed=typed or {},
        lengths=commands.LENGTHS,
        writes=call.has(*commands.WRITERS),
        may=may(call.s, call.person, line.document) if line.document is not None else {},
        edition=source.frozen.edition,
        digest=source.frozen.digest,
        corrected=corrected.row.id if corrected is not None else None,
        reasons=refused.reasons if refused is not None else (),
        done=_done(done),
    )


def _done(what: str) -> str:
    told = {
        "save": _("The draft is saved."),
        "check": _("It is checked; the deputy director can sign it."),
        "refresh": _("The draft now uses the newest edition of the month."),
        "reopen": _("It can be edited again."),
        "sign": _("It is signed and has its number."),
        "issue": _("It is issued to every unit."),
        "correct": _("This draft corrects the earlier bulletin."),
    }
    return told.get(what, "")


def _section(call: Call, line: reading.Line, source: Source, name: str) -> Data:
    body = getattr(line.row, name)
    return {
        "name": name,
        "head": words.HEADS[name],
        "text": body,
        "paragraphs": [
            [_piece(call, piece, source) for piece in words.pieces(paragraph, source)]
            for paragraph in body.splitlines()
            if paragraph.strip()
        ],
    }


def _piece(call: Call, piece: Any, source: Source) -> Data:
    """A figure leads to its rows where its scope is in sight; else it is told, like any word."""
    mine = call.person.sees_all or piece.scope == f"unit:{call.person.unit_id}"
    newest = source.month if piece.kpi and mine else ""
    return {
        "text": piece.text,
        "path": rows_path(newest, piece.kpi, piece.scope, source.frozen.edition) if newest else "",
    }


def _table(call: Call, table: annexes.Table, source: Source) -> Data:
    return {
        "title": table.title,
        "columns": table.columns,
        "rows": [[_piece(call, cell, source) for cell in row] for row in table.rows],
    }


@router.post("/bulletins/{number:int}/{act}")
def act(request: Request, number: Number, act: Act, sent: FormData = Depends(posted)) -> Response:
    """A step: save, check, take the newest edition, reopen, sign, issue, correct."""
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            refuse_administrators(call)
            key = _done_act(call, number, act, sent)
    except AGAIN as refused:
        with reading_call(request) as call:
            return _page(call, number, typed=kept(sent), refused=refused, status=refused.status)
    return RedirectResponse(f"/bulletins/{key}?done={act}", status_code=303)


def _done_act(call: Call, number: int, name: str, sent: FormData) -> int:
    common: Data = {"actor": call.person, "bulletin": number, "now": call.now}
    version = text(sent, "version")
    if name == "correct":
        return commands.correct(call.s, **common, reason=text(sent, "reason"))
    common["expected_version"] = int(version) if version.isdecimal() else None
    if name in ("save", "check") and "progress" in sent:
        given = {one: text(sent, one) for one in words.HEADS}
        saved = commands.edit(call.s, **common, words=given)
        common["expected_version"] = saved
    if name == "check":
        commands.check(call.s, **common, issuer=text(sent, "issuer"))
    elif name == "reopen":
        commands.reopen(call.s, **common, reason=text(sent, "reason"))
    elif name in ("refresh", "sign", "issue"):
        getattr(commands, name)(call.s, **common)
    return number
