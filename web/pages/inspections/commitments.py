"""/projects/{id}/commitments: what was promised when a project was signed, and how it is kept."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from config.inspections import rules
from config.roles import Role
from projects.access import OFFICE, find_project
from projects.evaluations import commitments as commands
from projects.evaluations.commitments import Pledge
from projects.evaluations.found import commitments, find_commitment, histories
from projects.evaluations.judging import Verdict
from projects.evaluations.numbers import plain
from web.call import Call, reading
from web.forms import kept, posted, text
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.inspections.history import events
from web.pages.inspections.kit import (
    Number,
    categories,
    choices,
    day,
    done_text,
    send,
    version,
)
from web.templating import page, url
from workflow.case import not_visible
from workflow.errors import WorkflowError
from workflow.wording import word

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]


def commitment_line(
    row: Any, verdict: Verdict | None = None, figure: Decimal | None = None
) -> Data:
    """A commitment with its facts; `verdict` is how it stands now where it is not checked yet."""
    result = row.result or (verdict.result if verdict else "")
    reason = row.reason or (verdict.reason if verdict else "")
    found = rules().evaluation.indicator(row.indicator)
    return {
        "id": row.id, "version": row.version, "name": found.name if found else row.name,
        "indicator": row.indicator, "op": row.op, "op_name": word("operator", row.op),
        "value": plain(row.value), "unit": row.unit, "by_on": row.by_on,
        "agreement": row.agreement, "active": row.active, "checked": bool(row.result),
        "checked_at": row.checked_at, "result": result,
        "result_name": word("commitment_result", result),
        "reason_name": word("commitment_reason", reason) if reason else "",
        "figure": plain(row.figure if row.result else figure), "issue": row.issue_number or "",
        "issue_light": row.issue_light or "",
        "light": {"met": "green", "not_met": "red"}.get(result, "grey"),
    }  # fmt: skip


@router.get("/projects/{number:int}/commitments")
def show(request: Request, number: Number, done: str = "") -> HTMLResponse:
    """Every commitment with its history; the office attaches and changes them here."""
    with reading(request) as call:
        refuse_administrators(call)
        return _show(call, number, {}, said=done_text(done))


def _show(
    call: Call, number: int, typed: Data, *, said: str = "", error: WorkflowError | None = None
) -> HTMLResponse:
    project = find_project(call.s, call.person, number)
    rows = commitments(call.s, number)
    past = histories(call.s, [f"commitment:{row.id}" for row in rows])
    lines = [
        commitment_line(row) | {"history": events(call, past[f"commitment:{row.id}"])}
        for row in rows
    ]
    return page(
        call, "evaluations/commitments.html", error.status if error else 200, project=project,
        rows=lines, keeps=bool(call.person.roles & OFFICE), said=said,
        raises=Role.TRIAGE_OFFICER in call.person.roles, categories=categories(call),
        indicators=rules().evaluation.indicators, operators=choices("operator"),
        values=defaultdict(str, typed), reasons=error.reasons if error else (),
    )  # fmt: skip


@router.post("/projects/{number:int}/commitments")
def add(request: Request, number: Number, sent: FormData = Depends(posted)) -> Response:
    """Attach one."""

    def act(call: Call) -> str:
        pledge = _pledge(sent)
        commands.attach(call.s, actor=call.person, project=number, form=pledge, now=call.now)
        return url(f"/projects/{number}/commitments", done="attach")

    def refused(call: Call, error: WorkflowError) -> HTMLResponse:
        return _show(call, number, kept(sent), error=error)

    return send(request, sent, act, refused)


def _pledge(sent: FormData) -> Pledge:
    return Pledge(
        op=text(sent, "op"), value=text(sent, "value"), indicator=text(sent, "indicator"),
        name=text(sent, "name"), unit=text(sent, "unit"), by_on=day(sent, "by_on"),
        agreement=text(sent, "agreement"),
    )  # fmt: skip


@router.post("/commitments/{number:int}/{step}")
def step(request: Request, number: Number, step: str, sent: FormData = Depends(posted)) -> Response:
    """Change, withdraw, or make an issue of one that is not met."""

    def act(call: Call) -> str:
        row = find_commitment(call.s, call.person, number)
        _step(call, number, step, sent)
        return url(f"/projects/{row.project_id}/commitments", done=step)

    def refused(call: Call, error: WorkflowError) -> HTMLResponse:
        row = find_commitment(call.s, call.person, number)
        return _show(call, row.project_id, {}, error=error)

    return send(request, sent, act, refused)


def _step(call: Call, number: int, step: str, sent: FormData) -> None:
    given: Data = {"actor": call.person, "commitment": number, "now": call.now,
                   "expected_version": version(sent)}  # fmt: skip
    if step == "change":
        commands.change(call.s, form=_pledge(sent), reason=text(sent, "reason"), **given)
    elif step == "withdraw":
        commands.withdraw(call.s, reason=text(sent, "reason"), **given)
    elif step == "raise":
        commands.raise_issue(call.s, category=text(sent, "category"), **given)
    else:
        raise not_visible(step[:40])
