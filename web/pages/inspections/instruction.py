"""/inspections/instructions/{id}: one instruction, its answer, and what may be done."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from config.roles import Role
from projects.access import INSPECTORS, UNIT_VOICES
from projects.history import read
from projects.instructions import commands
from projects.instructions.found import find, listed
from web.call import Call, reading
from web.forms import posted, text
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.inspections.history import events
from web.pages.inspections.kit import Number, categories, done_text, moment, send, tabs, version
from web.templating import page, url
from workflow.case import not_visible
from workflow.errors import WorkflowError
from workflow.wording import unit_name, word

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]
RAISERS = frozenset({Role.INSPECTOR, Role.TRIAGE_OFFICER})
"""Of those who follow instructions up, who may report an issue as well."""


def line(call: Call, row: Any) -> Data:
    """An instruction as lists show it."""
    people = call.directory
    return {
        "id": row.id, "version": row.version, "number": row.number, "text": row.text,
        "state": row.state, "state_name": word("instruction_state", row.state),
        "leader": row.leader or people.person_name(row.leader_id),
        "unit": unit_name(people, row.unit_id), "limit": row.limit_at, "given": row.given_at,
        "late": row.state == "open" and row.limit_at < call.now, "round": row.round,
        "project_id": row.project_id, "project": row.project or "",
        "inspection_id": row.inspection_id, "inspection": row.inspection_number or "",
        "issue": row.issue_number or "", "raised": row.raised_number or "",
        "raised_light": row.raised_light or "", "answer": row.answer,
        "answered_at": row.answered_at,
        "answered_by": people.person_name(row.answered_by_id), "ruling": row.ruling,
        "ruled_at": row.ruled_at, "ruled_by": people.person_name(row.ruled_by_id),
        "was_late": row.answered_at is not None and row.answered_at > row.limit_at,
    }  # fmt: skip


@router.get("/inspections/instructions/{number:int}")
def show(request: Request, number: Number, done: str = "") -> HTMLResponse:
    """What was asked, by when, and what came of it."""
    with reading(request) as call:
        refuse_administrators(call)
        return _show(call, number, said=done_text(done))


def _show(
    call: Call, number: int, *, said: str = "", error: WorkflowError | None = None
) -> HTMLResponse:
    find(call.s, call.person, number)
    row = next(
        r for r in listed(call.s, call.person, before_id=number + 1, limit=1) if r.id == number
    )
    person = call.person
    follows = bool(person.roles & INSPECTORS)
    return page(
        call, "inspections/instruction.html", error.status if error else 200, tabs=tabs(call),
        one=line(call, row), said=said, reasons=error.reasons if error else (),
        answers=bool(person.roles & UNIT_VOICES) and person.unit_id == row.unit_id
        and row.state == "open",
        rules=follows and row.state == "answered",
        withdraws=follows and row.state in ("open", "answered"),
        raises=bool(person.roles & RAISERS) and row.state != "withdrawn"
        and row.raised_issue_id is None,
        categories=categories(call),
        history=events(call, read(call.s, f"instruction:{row.id}")),
    )  # fmt: skip


@router.post("/inspections/instructions/{number:int}/{step}")
def step(request: Request, number: Number, step: str, sent: FormData = Depends(posted)) -> Response:
    """Answer, accept, return, withdraw, or raise an issue."""

    def act(call: Call) -> str:
        _step(call, number, step, sent)
        return url(f"/inspections/instructions/{number}", done=step)

    return send(request, sent, act, lambda call, error: _show(call, number, error=error))


def _step(call: Call, number: int, step: str, sent: FormData) -> None:
    given: Data = {"actor": call.person, "instruction": number, "now": call.now,
                   "expected_version": version(sent)}  # fmt: skip
    if step == "answer":
        commands.answer(call.s, text=text(sent, "text"), **given)
    elif step == "accept":
        commands.accept(call.s, opinion=text(sent, "opinion"), **given)
    elif step == "return":
        limit = moment(call, sent, "limit_at")
        commands.return_(call.s, reason=text(sent, "reason"), limit_at=limit, **given)
    elif step == "withdraw":
        commands.withdraw(call.s, reason=text(sent, "reason"), **given)
    elif step == "raise":
        commands.raise_issue(
            call.s, title=text(sent, "title"), category=text(sent, "category"), **given
        )
    else:
        raise not_visible(step[:40])
