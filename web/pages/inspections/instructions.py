"""/inspections/instructions: the list of instructions, and recording a new one."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from config.inspections import rules
from projects.access import LEADERS, find_project, require
from projects.inspections.found import find as find_inspection
from projects.instructions.commands import GIVERS, Order, give
from projects.instructions.found import count, listed
from web.call import Call, reading
from web.forms import kept, posted, text
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.inspections.instruction import line
from web.pages.inspections.kit import (
    PAGE,
    Before,
    choices,
    moment,
    older,
    people_with,
    send,
    tabs,
    units,
    whole,
)
from web.templating import page, url
from web.widgets import project_options
from workflow.errors import WorkflowError
from workflow.filing import find_project as named_project

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]
Key = Annotated[int | None, Query(ge=1, lt=2**31)]


@router.get("/inspections/instructions")
def index(request: Request, state: str = "", unit: str = "", before: Before = None) -> HTMLResponse:
    """Newest first; `late` beside the states shows what waits beyond its limit."""
    with reading(request) as call:
        refuse_administrators(call)
        states = [*choices("instruction_state"), ("late", _("late"))]
        state = state if state in dict(states) else ""
        known = call.directory.find_unit(unit) if unit else None
        wanted: Data = {
            "state": "" if state == "late" else state,
            "late_before": call.now if state == "late" else None,
            "unit_id": known.id if known else None,
        }
        rows = listed(call.s, call.person, **wanted, before_id=before, limit=PAGE + 1)
        shown, more = older("/inspections/instructions", rows, state=state, unit=unit)
        return page(
            call, "inspections/instructions.html", tabs=tabs(call), states=states, state=state,
            units=units(call), addressed=unit, rows=[line(call, row) for row in shown],
            next_path=more, total=count(call.s, call.person, **wanted),
            may_give=bool(call.person.roles & GIVERS),
        )  # fmt: skip


@router.get("/inspections/instructions/new")
def form(
    request: Request, inspection: Key = None, project: Key = None, issue: str = ""
) -> HTMLResponse:
    """An empty instruction about something."""
    with reading(request) as call:
        values = {"inspection": inspection or "", "project": project or "", "issue": issue[:50]}
        return _show(call, values)


@router.post("/inspections/instructions/new")
def add(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Record it."""

    def act(call: Call) -> str:
        order = Order(
            text=text(sent, "text"), unit=text(sent, "unit"), leader=text(sent, "leader"),
            leader_name=text(sent, "leader_name"), inspection=whole(sent, "inspection"),
            project=_project(call, text(sent, "project")), issue=text(sent, "issue"),
            limit_at=moment(call, sent, "limit_at"),
        )  # fmt: skip
        made = give(call.s, actor=call.person, form=order, now=call.now)
        return url(f"/inspections/instructions/{made.id}", done="given")

    return send(request, sent, act, lambda call, error: _show(call, kept(sent), error))


def _project(call: Call, given: str) -> int | None:
    """The project of a number, as links carry it, or of a name, as people choose it."""
    if _whole(given) or not given.strip():
        return _whole(given) or None
    key, _board = named_project(call.s, call.ctx, given.strip(), call.person)
    return key


def _show(call: Call, values: Data, error: WorkflowError | None = None) -> HTMLResponse:
    refuse_administrators(call)
    require(call.person, GIVERS)
    project, inspection = _whole(values.get("project")), _whole(values.get("inspection"))
    return page(
        call, "inspections/instruction_new.html", error.status if error else 200,
        tabs=tabs(call), values=defaultdict(str, values), units=units(call),
        reasons=error.reasons if error else (), leaders=people_with(call, LEADERS),
        projects=project_options(call), limit_wd=rules().instruction.limit_wd,
        project=find_project(call.s, call.person, project) if project else None,
        inspection=find_inspection(call.s, call.person, inspection) if inspection else None,
    )  # fmt: skip


def _whole(value: Any) -> int:
    given = str(value or "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 0
