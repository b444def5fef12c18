"""One meeting: follow-up first, then its items; candidates; the pack."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response

from models import tables
from projects.meetings import candidates, followup, papers, store
from web.attachments import file_headers
from web.call import Call, reading
from web.late import LateRoute
from web.pages.admin.forms import FRESH, Typed
from web.pages.meetings import kit
from web.pages.meetings.kit import Data, Id
from web.templating import page
from workflow.documents import store as documents
from workflow.documents.outcome import state_name as document_state
from workflow.wording import unit_name

router = APIRouter(route_class=LateRoute)
PackForm = Annotated[str, Path(pattern="^(zip|pdf)$")]


@router.get("/meetings/{number:int}")
def show(request: Request, number: Id, done: str = "") -> HTMLResponse:
    """The agenda as it stands, with what became of the last decisions as its first item."""
    with reading(request) as call:
        return view(call, number, FRESH, done)


def view(call: Call, number: int, typed: Typed, done: str = "") -> HTMLResponse:
    """The page of a meeting."""
    row = kit.find(call, number)
    units = store.units_of(call.s, [row.id]).get(row.id, [])
    items = store.items_of(call.s, call.person, row.id, state=None)
    positions = store.positions_of(call.s, [item.id for item in items])
    rows = [kit.item_row(call, item, positions.get(item.id, [])) for item in items]
    followed = followup.follow_up(call.s, call.person, row, call.now)
    own = store.decisions_of(call.s, call.person, [row.id])
    decided = followup.statuses(call.s, own, call.now)
    may = kit.flags(call, row, units)
    return page(
        call,
        "meetings/show.html",
        typed.status,
        meeting=kit.meeting_row(call, row),
        may=may,
        units=[unit_name(call.directory, unit.unit_id) for unit in units],
        items=[item for item in rows if item["picked"]],
        dropped=[item for item in rows if not item["picked"]],
        followed=[kit.decision_row(call, one) for one in followed],
        counts=followup.counted(followed),
        decisions=[kit.decision_row(call, one) for one in decided],
        decided=followup.counted(decided),
        paper=paper(call, row.agenda_document_id),
        minutes=paper(call, row.minutes_document_id),
        waiting=_waiting(call, row, may),
        reasons=list(typed.error.reasons) if typed.error is not None else [],
        done=done,
    )


def _waiting(call: Call, row: Any, may: dict[str, bool]) -> int:
    """How many candidates the office has not looked at yet."""
    if not (may["office"] and row.state == "planned"):
        return 0
    found = candidates.candidates(call.s, call.person, row, call.now)
    return sum(1 for one in found if not one.state)


def paper(call: Call, document_id: int | None) -> Data | None:
    """A document of the meeting, as far as the person may see it."""
    if document_id is None:
        return None
    table = tables.document
    chosen = table.select().where(table.c.id == document_id)
    row = call.s.execute(chosen.where(documents.visible_documents(call.person))).one_or_none()
    if row is None:
        return None
    return {
        "path": f"/documents/{row.id}",
        "number": row.number or "",
        "state": row.state,
        "state_name": document_state(row.state),
    }


@router.get("/meetings/{number:int}/candidates")
def candidate_list(request: Request, number: Id, done: str = "") -> HTMLResponse:
    """Every issue that a rule proposes, with the reasons, to be picked or left out."""
    with reading(request) as call:
        return candidate_view(call, number, FRESH, done)


def candidate_view(call: Call, number: int, typed: Typed, done: str = "") -> HTMLResponse:
    """The page of the candidates."""
    row = kit.find(call, number)
    found = candidates.candidates(call.s, call.person, row, call.now)
    return page(
        call,
        "meetings/candidates.html",
        typed.status,
        meeting=kit.meeting_row(call, row),
        rows=[_candidate(call, one) for one in found],
        may={"office": call.has("triage_officer", "office_chief") and row.state == "planned"},
        reasons=list(typed.error.reasons) if typed.error is not None else [],
        typed=typed.values,
        done=done,
    )


def _candidate(call: Call, one: candidates.Candidate) -> Data:
    issue = one.issue
    return {
        "number": issue.number,
        "title": issue.title,
        "project": issue.project_name or "",
        "category": issue.category,
        "board": unit_name(call.directory, issue.board_id),
        "light": issue.light,
        "light_reason": issue.light_reason,
        "level": issue.coordination_level,
        "reasons": [candidates.reason_text(reason) for reason in one.reasons],
        "state": one.state,
        "note": one.note,
    }


@router.get("/meetings/{number:int}/pack.{form}")
def pack(request: Request, number: Id, form: PackForm) -> Response:
    """The agenda pack: Word and PDF of every paper as a ZIP, or one PDF to print."""
    with reading(request) as call:
        kind: papers.Form = "pdf" if form == "pdf" else "zip"
        made = papers.pack(call.s, call.person, number, kind, call.now)
    headers = file_headers(made.name)
    return Response(made.content, media_type=made.media_type, headers=headers)
