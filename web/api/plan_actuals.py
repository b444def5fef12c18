"""Figures of a plan that no formula knows: entered by the office, month by month."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from config.i18n import N_
from projects import months, snapshots
from projects.figures import freezing
from projects.figures.amounts import number
from projects.figures.words import figure
from projects.targets import sheet as sheets
from projects.targets.actuals import Actual, Entered, completed, enter_actuals, entered
from projects.targets.commands import find_plan
from web.api import shapes
from web.api.access import ApiRoute, reading, writing
from web.api.bodies import plain
from web.api.idempotency import Answer, Key, once
from web.api.params import Id
from web.api.plan_bodies import ActualFigure, ActualFigures
from web.api.problems import FINDS, REPLAYED, WRITES, refusals
from web.call import Call
from web.navigation import refuse_administrators
from web.pages.targets.common import usual_month
from web.pages.targets.form import of_office
from workflow.case import not_visible
from workflow.errors import Malformed, Reason

router = APIRouter(route_class=ApiRoute, tags=["targets"])
Data = dict[str, Any]
Month = Annotated[
    str,
    Query(pattern=r"^([0-9]{4}-(0[1-9]|1[0-2]))?$", description="The last that ended by default."),
]


@router.get(
    "/plans/{plan_id}/actuals",
    response_model=shapes.PlanActuals,
    summary=N_("Figures of a plan that the office enters"),
    responses=refusals(FINDS),
)
def actuals(request: Request, plan_id: Id, month: Month = "") -> Data:
    """Rows whose metric no formula knows, with what was entered for the month."""
    with reading(request) as call:
        refuse_administrators(call)
        plan = find_plan(call.s, plan_id)
        month = months.checked(month) if month else usual_month(call, plan.year)
        if months.year_of(month) != plan.year:
            raise not_visible(month)
        edition = snapshots.latest_edition(call.s, month)
        return {
            "id": plan.id, "month": month, "edition": edition or None,
            "items": [_line(one) for one in entered(call.s, plan, month)],
        }  # fmt: skip


def _line(one: Entered) -> Data:
    row, now = one.row, one.now
    return {
        "line": row.id, "level": row.level, "region": row.region, "metric": row.metric,
        "unit": row.unit, "target": sheets.value_text(row), "op": row.op,
        "value": figure(now.value) or None if now else None, "note": now.note if now else "",
        "before": figure(one.before) or None, "version": now.version if now else 0,
    }  # fmt: skip


@router.post(
    "/plans/{plan_id}/actuals",
    response_model=shapes.FiguresDone,
    summary=N_("Enter figures of a plan that no formula knows"),
    description=N_(
        "All or none. What a figure does not name stays as it is; null or an empty text takes it"
        " back. A frozen month is corrected by the chief, with a reason."
    ),
    responses=refusals(WRITES) | {200: {"headers": REPLAYED}},
)
def enter(request: Request, plan_id: Id, body: ActualFigures, key: Key = None) -> JSONResponse:
    """Cumulative by the end of the month."""
    with writing(request) as call:
        of_office(call)

        def produce() -> Answer:
            given = _given(call, plan_id, body)
            common: Data = {"month": body.month, "actor": call.person, "now": call.now}
            if body.reason:
                edition = freezing.correct(call.s, reason=body.reason, actuals=given, **common)
                return Answer(200, {"month": body.month, "changed": len(given), "edition": edition})
            changed = enter_actuals(call.s, actuals=given, **common)
            return Answer(200, {"month": body.month, "changed": changed, "edition": None})

        return once(call, key, plain(body), produce)


def _given(call: Call, plan_id: int, body: ActualFigures) -> list[Actual]:
    """Every figure. Raises `NotVisible` for another plan's row, `Malformed` naming each fault."""
    plan = find_plan(call.s, plan_id)
    known = {row.id for row in sheets.sheet_of(call.s, plan).lines}
    named: list[tuple[int, Data]] = []
    faults: list[Reason] = []
    for n, one in enumerate(body.figures):
        if one.line not in known:
            raise not_visible(str(one.line))
        try:
            named.append((one.line, _named(one, f"figures.{n}.value")))
        except Malformed as error:
            faults += error.reasons
    if faults:
        raise Malformed(*faults)
    return completed(call.s, months.checked(body.month), named)


def _named(one: ActualFigure, field: str) -> Data:
    named = one.model_fields_set
    found: Data = {"value": number(one.value or "", field)} if "value" in named else {}
    found |= {"note": (one.note or "").strip()} if "note" in named else {}
    return found if one.version is None else found | {"expected_version": one.version}
