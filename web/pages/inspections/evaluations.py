"""/evaluations: projects a year in production, their figures, commitments and grade."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select
from starlette.datastructures import FormData

from config.inspections import rules
from models import tables
from projects.access import OFFICE, may_report
from projects.evaluations import commands
from projects.evaluations.commands import Answer
from projects.evaluations.found import figures, find, listed
from projects.evaluations.judging import suggested
from projects.evaluations.numbers import plain
from projects.history import read
from web.call import Call, reading
from web.forms import kept, posted, text
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.inspections.commitments import commitment_line
from web.pages.inspections.history import events
from web.pages.inspections.kit import PAGE, Before, Number, choices, done_text, older, send, tabs
from web.pages.inspections.kit import version as version_of
from web.templating import page, url
from workflow.case import not_visible
from workflow.errors import WorkflowError
from workflow.wording import unit_name, word

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]


@router.get("/evaluations")
def index(
    request: Request, state: str = "", grade: str = "", before: Before = None
) -> HTMLResponse:
    """Newest first, narrowed by state and grade."""
    with reading(request) as call:
        refuse_administrators(call)
        states = choices("evaluation_state")
        grades = [(one.code, one.name) for one in rules().evaluation.grades]
        state = state if state in dict(states) else ""
        grade = grade if grade in dict(grades) else ""
        rows = listed(
            call.s, call.person, state=state, grade=grade, before_id=before, limit=PAGE + 1
        )
        shown, more = older("/evaluations", rows, state=state, grade=grade)
        return page(
            call, "evaluations/list.html", tabs=tabs(call), states=states, grades=grades,
            state=state, grade=grade, rows=[line(call, row) for row in shown], next_path=more,
            months=rules().evaluation.after_months,
        )  # fmt: skip


def line(call: Call, row: Any) -> Data:
    """An evaluation as lists show it."""
    known = rules().evaluation.grade(row.grade)
    return {
        "id": row.id, "version": row.version, "project_id": row.project_id,
        "project": row.project, "board": unit_name(call.directory, row.board_id),
        "unit": unit_name(call.directory, row.unit_id), "state": row.state,
        "state_name": word("evaluation_state", row.state),
        "production_on": row.production_on, "due_on": row.due_on, "limit": row.limit_at,
        "late": row.state != "graded" and row.limit_at < call.now, "grade": row.grade,
        "grade_name": known.name if known else "", "round": row.round,
    }  # fmt: skip


@router.get("/evaluations/{number:int}")
def show(request: Request, number: Number, done: str = "") -> HTMLResponse:
    """Figures, commitments held against them, the grade."""
    with reading(request) as call:
        refuse_administrators(call)
        return _show(call, number, {}, said=done_text(done))


def _show(
    call: Call, number: int, typed: Data, *, said: str = "", error: WorkflowError | None = None
) -> HTMLResponse:
    row = find(call.s, call.person, number)
    project = tables.project
    own = call.s.execute(select(project).where(project.c.id == row.project_id)).one()
    today = call.ctx.calendar().local_date(call.now)
    checked = commands.check(call.s, row, today)
    hint = suggested((one.verdict.result for one in checked), rules().evaluation)
    wrong = {reason.field for reason in error.reasons} if error else set()
    return page(
        call, "evaluations/show.html", error.status if error else 200, tabs=tabs(call),
        one=line(call, row), row=row, figures=_figures(call, row, typed, wrong),
        commitments=[commitment_line(one.row, one.verdict, one.figure) for one in checked],
        hint=hint, grades=rules().evaluation.grades, said=said,
        chosen=rules().evaluation.grade(row.grade),
        reasons=error.reasons if error else (), words=_words(row, typed),
        answers=row.state == "open" and may_report(call.s, call.person, own),
        checks=row.state == "answered" and bool(call.person.roles & OFFICE),
        grading=row.state == "answered" and bool(call.person.roles & commands.GRADERS),
        answered_by=call.directory.person_name(row.answered_by_id),
        graded_by=call.directory.person_name(row.graded_by_id),
        history=events(call, read(call.s, f"evaluation:{row.id}")),
    )  # fmt: skip


def _figures(call: Call, row: Any, typed: Data, wrong: set[str]) -> list[Data]:
    """Every figure asked for, as given or as typed."""
    given = figures(call.s, row.id)
    wanted = commands.asked(call.s, row.project_id)
    if row.state == "graded":  # what was asked then, not what is asked now
        wanted = {k: wanted.get(k, (k, one.unit)) for k, one in given.items()}
    return [
        {
            "code": code, "name": name, "unit": given[code].unit if code in given else unit,
            "value": typed.get(f"value_{code}",
                               plain(given[code].value) if code in given else ""),
            "note": typed.get(f"note_{code}", given[code].note if code in given else ""),
            "wrong": code in wrong,
        }
        for code, (name, unit) in wanted.items()
    ]  # fmt: skip


def _words(row: Any, typed: Data) -> Data:
    return {name: typed.get(name, getattr(row, name)) for name in commands.WORDS}


@router.post("/evaluations/{number:int}/{step}")
def step(request: Request, number: Number, step: str, sent: FormData = Depends(posted)) -> Response:
    """Hand figures in, send them back, or grade."""

    def act(call: Call) -> str:
        _step(call, number, step, sent)
        return url(f"/evaluations/{number}", done=step)

    def refused(call: Call, error: WorkflowError) -> HTMLResponse:
        return _show(call, number, kept(sent), error=error)

    return send(request, sent, act, refused)


def _step(call: Call, number: int, step: str, sent: FormData) -> None:
    given: Data = {"actor": call.person, "evaluation": number, "now": call.now,
                   "expected_version": version_of(sent)}  # fmt: skip
    if step == "figures":
        commands.answer(call.s, form=_answer(sent), **given)
    elif step == "send_back":
        commands.send_back(call.s, reason=text(sent, "reason"), **given)
    elif step == "grade":
        commands.grade(call.s, grade=text(sent, "grade"), opinion=text(sent, "opinion"), **given)
    else:
        raise not_visible(step[:40])


def _answer(sent: FormData) -> Answer:
    typed = kept(sent)
    parts = {
        prefix: {k.removeprefix(prefix): str(v) for k, v in typed.items() if k.startswith(prefix)}
        for prefix in ("value_", "note_")
    }
    words = {name: text(sent, name) for name in commands.WORDS}
    return Answer(parts["value_"], parts["note_"], **words)
