"""/targets/{plan}/actuals: what the office enters month by month where no formula knows it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from projects import months, snapshots
from projects.access import CHIEF
from projects.figures import freezing
from projects.figures.amounts import number
from projects.figures.words import figure, meant
from projects.targets.actuals import Actual, Entered, enter_actuals, entered
from projects.targets.commands import find_plan
from web.call import Call, reading, writing
from web.forms import check_csrf, posted, text
from web.late import LateRoute
from web.pages.targets.common import Data, MonthText, usual_month
from web.pages.targets.form import of_office
from web.templating import page, url
from workflow.case import not_visible
from workflow.errors import Malformed, Reason, WorkflowError

router = APIRouter(route_class=LateRoute)
MOST_LINES = 100
"""So many rows stand on one form."""


@router.get("/targets/{plan_id:int}/actuals")
def form(request: Request, plan_id: int, month: MonthText = "") -> HTMLResponse:
    """The form of a month."""
    with reading(request) as call:
        of_office(call)
        return _form(call, plan_id, month)


@router.post("/targets/{plan_id:int}/actuals")
def enter(request: Request, plan_id: int, sent: FormData = Depends(posted)) -> Response:
    """Write them; those of a frozen month as a correction, with a reason."""
    month = text(sent, "month")
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            of_office(call)
            given = _given(sent)
            if snapshots.latest_edition(call.s, months.checked(month)):
                freezing.correct(
                    call.s, month=month, reason=text(sent, "reason"), actor=call.person,
                    now=call.now, actuals=given,
                )  # fmt: skip
            else:
                enter_actuals(call.s, month=month, actuals=given, actor=call.person, now=call.now)
        return RedirectResponse(url(f"/targets/{plan_id}", month=month), status_code=303)
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            return _form(call, plan_id, month, sent, error.reasons, error.status)


def _given(sent: FormData) -> list[Actual]:
    """Every row of the form. Raises `Malformed` naming each faulty one."""
    found: list[Actual] = []
    faults: list[Reason] = []
    for name in sent:
        key = name.removeprefix("value_")
        if name == key or not (key.isascii() and key.isdigit() and len(key) < 10):
            continue
        try:
            value = number(text(sent, name), name)
        except Malformed as error:
            faults += error.reasons
            continue
        seen = text(sent, f"version_{key}")
        found.append(Actual(int(key), value, text(sent, f"note_{key}").strip(),
                            int(seen) if seen.isascii() and seen.isdigit() else None))  # fmt: skip
    if faults:
        raise Malformed(*faults)
    return found


def _form(
    call: Call, plan_id: int, month: str, sent: FormData | None = None,
    errors: tuple[Reason, ...] = (), status: int = 200,
) -> HTMLResponse:  # fmt: skip
    plan = find_plan(call.s, plan_id)
    month = months.checked(month) if month else usual_month(call, plan.year)
    if months.year_of(month) != plan.year:
        raise not_visible(month)
    return page(
        call, "targets/actuals.html", status, plan=plan, month=month, errors=errors,
        lines=_lines(call, plan, month, sent), corrects=call.has(*CHIEF),
        edition=snapshots.latest_edition(call.s, month),
        reason=text(sent, "reason") if sent else "",
        months=[m for m in months.of_year(plan.year) if m <= months.this_month(call.s, call.now)],
    )  # fmt: skip


def _lines(call: Call, plan: Any, month: str, sent: FormData | None) -> list[Data]:
    """The rows of the plan whose metric has no formula, with what was entered last."""
    return [_line(one, sent) for one in entered(call.s, plan, month, MOST_LINES)]


def _line(one: Entered, sent: FormData | None) -> Data:
    row, now = one.row, one.now
    value, note = (figure(now.value), now.note) if now else ("", "")
    if sent is not None and f"value_{row.id}" in sent:
        value, note = text(sent, f"value_{row.id}"), text(sent, f"note_{row.id}")
    return {
        "id": row.id, "level": row.level, "region": row.region, "metric": row.metric,
        "unit": row.unit, "target": meant(row.op, row.value, row.value_to), "value": value,
        "note": note, "version": now.version if now else 0, "before": figure(one.before),
    }  # fmt: skip
