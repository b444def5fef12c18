"""What the pages of meetings share: rights for buttons, rows for tables, and sending a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from projects.access import CHIEF, OFFICE, UNIT_VOICES
from projects.coordination.requests import CAUSES
from projects.meetings import candidates, store
from projects.meetings.decisions import KINDS
from projects.meetings.followup import FollowUp
from web.call import Call, reading, writing
from web.forms import check_csrf, kept
from web.pages.admin.forms import FRESH, Typed
from web.templating import url
from workflow.errors import WorkflowError
from workflow.typed import parse_date
from workflow.wording import state_name, unit_name

Data = dict[str, Any]
Id = Annotated[int, Path(ge=1, lt=2**31)]
Show = Callable[[Call, Typed], HTMLResponse]

__all__ = ["FRESH", "Data", "Id", "Typed", "date_of", "decision_row", "flags", "item_row",
           "meeting_row", "send"]  # fmt: skip


def state_word(state: str) -> str:
    """A meeting's state in words."""
    words = {
        "planned": _("being prepared"), "fixed": _("agenda stands"), "session": _("in session"),
        "closed": _("held and closed"), "called_off": _("called off"),
    }  # fmt: skip
    return words[state]


def flags(call: Call, row: Any, units: list[Any]) -> dict[str, bool]:
    """What the person is in this meeting; commands ask again."""
    attends = any(unit.unit_id == call.person.unit_id for unit in units)
    return {
        "office": call.has(*OFFICE),
        "chief": call.has(*CHIEF),
        "voice": attends and call.has(*UNIT_VOICES),
        "recorder": call.has("triage_officer"),
        "all": call.person.sees_all,
        "changeable": row.state in ("planned", "fixed"),
    }


def meeting_row(call: Call, row: Any) -> Data:
    """A meeting as lists and heads tell it."""
    return {
        "id": row.id,
        "number": row.number,
        "name": row.name,
        "state": row.state,
        "state_name": state_word(row.state),
        "starts_at": row.starts_at,
        "place": row.place,
        "chair": call.directory.person_name(row.chair_id),
        "version": row.version,
        "off_reason": row.called_off_reason,
        "path": f"/meetings/{row.id}",
    }


def item_row(call: Call, row: Any, positions: list[Any]) -> Data:
    """An item with its issue's brief, why it is here, and what units say."""
    people = call.directory
    return {
        "id": row.id,
        "place": row.place,
        "version": row.version,
        "number": row.issue_number,
        "title": row.issue_title,
        "description": row.issue_description,
        "category": row.issue_category,
        "board": unit_name(people, row.issue_board_id),
        "project": row.project_name or "",
        "project_id": row.issue_project_id,
        "state": row.issue_state,
        "state_name": state_name(call.ctx.workflow().issue, row.issue_state),
        "light": row.issue_light,
        "light_reason": row.issue_light_reason,
        "level": row.issue_coordination_level,
        "picked": row.state == "picked",
        "reasons": [candidates.reason_text(one) for one in row.reasons],
        "proposal": row.proposal,
        "outcome": row.outcome,
        "note": row.note,
        "positions": [
            {"unit": unit_name(people, p.unit_id), "text": p.text, "at": p.at,
             "by": people.person_name(p.by_id)}
            for p in positions
        ],
    }  # fmt: skip


def decision_row(call: Call, found: FollowUp) -> Data:
    """A decision with how far it is."""
    row, people = found.row, call.directory
    return {
        "id": row.id,
        "n": row.n,
        "version": row.version,
        "item_id": row.item_id,
        "kind": row.kind,
        "kind_name": _(KINDS[row.kind]),
        "state": row.state,
        "text": row.text,
        "answer": row.answer,
        "answered_by": people.person_name(row.answered_by_id),
        "unit": unit_name(people, row.lead_unit_id),
        "own": row.lead_unit_id == call.person.unit_id,
        "due": found.due,
        "status": found.status,
        "word": found.word,
        "light": found.light,
        "task": row.task_number or "",
        "issue": row.issue_number or "",
        "title": row.issue_title or "",
        "meeting": row.meeting_number,
        "meeting_id": row.meeting_id,
        "note": row.done_note,
    }


def cause_word(cause: str) -> str:
    """What a unit asks for, in words."""
    return _(CAUSES[cause]) if cause in CAUSES else cause


def date_of(text: str, field: str) -> Any:
    """A date as typed, None for an empty field. Raises `Malformed`."""
    return parse_date(text, field) if text.strip() else None


def send(
    request: Request, sent: FormData, form: str, act: Callable[[Call], Any], show: Show,
    target: str, done: str = "",
) -> Response:  # fmt: skip
    """Do what a form asks, in one transaction, and lead back; a refusal shows the page again."""
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            act(call)
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            return show(call, Typed(form, kept(sent), error))
    path, _mark, anchor = target.partition("#")
    joined = f"{path}&done={done}" if "?" in path and done else url(path, done=done)
    return RedirectResponse(joined + (f"#{anchor}" if anchor else ""), status_code=303)


def find(call: Call, meeting_id: int) -> Any:
    """The meeting, or 404."""
    return store.find_meeting(call.s, call.person, meeting_id)


def version_of(sent: FormData) -> int | None:
    """The version that the form's page has shown."""
    given = str(sent.get("version") or "")
    plain = given.isascii() and given.isdecimal() and len(given) < 10
    return int(given) if plain else None
