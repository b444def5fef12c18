"""Plans of targets edited: head, rows, formulas, monthly tasks, gates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from config.i18n import N_
from config.i18n import gettext as _
from projects.figures.amounts import number
from projects.figures.words import figure
from projects.library.records import Saved
from projects.targets import commands as targets
from projects.targets import sheet as sheets
from projects.targets.checks import Gate, Head
from web.api import shapes
from web.api.access import ApiRoute, reading
from web.api.bodies import plain
from web.api.idempotency import Key
from web.api.library_kit import Run, act_of, make, making_of, perform
from web.api.params import Id
from web.api.plan_bodies import (
    ChangedLine,
    ChangedPlan,
    GateRule,
    MetricRule,
    MonthlyTask,
    NewLine,
    NewPlan,
)
from web.api.problems import ETAG, FINDS, refusals
from web.api.versions import IfMatch, etag
from web.call import Call
from web.navigation import refuse_administrators
from web.pages.targets.form import of_office
from workflow.errors import Malformed, Reason

router = APIRouter(route_class=ApiRoute, tags=["targets"])
Data = dict[str, Any]
_ACT = act_of(shapes.PlanSaved)


@router.get(
    "/plans/{plan_id}/sheet",
    response_model=shapes.PlanSheet,
    summary=N_("A plan as it is edited"),
    responses=refusals(FINDS) | {200: {"headers": ETAG}},
)
def sheet(request: Request, plan_id: Id) -> JSONResponse:
    """Head, rows, formulas, monthly tasks and gates, with the ids that changing them takes."""
    with reading(request) as call:
        refuse_administrators(call)
        row = targets.find_plan(call.s, plan_id)
        return JSONResponse(_told(sheets.sheet_of(call.s, row)), headers=etag(row.version))


def _told(found: sheets.Sheet) -> Data:
    plan, head = found.plan, sheets.head_of(found.plan)
    return {name: getattr(head, name) for name in Head.__slots__} | {
        "id": plan.id, "version": plan.version,
        **{name: figure(getattr(head, name)) for name in sheets.POINTS},
        "lines": [_line(row) for row in found.lines],
        "metrics": [
            {"level": m.level, "metric": m.metric, "formula": m.formula, "list": m.list_code,
             "baseline": m.baseline}
            for m in found.metrics
        ],
        "shares": [
            {"level": s.level, "metric": s.metric, "month": s.month, "share": figure(s.share)}
            for s in found.shares
        ],
        "gates": [
            {"id": g.id, "level": g.level, "name": g.name, "month": g.month, "list": g.list_code,
             "formula": g.formula, "threshold": figure(g.threshold), "source": g.source}
            for g in found.gates
        ],
    }  # fmt: skip


def _line(row: Any) -> Data:
    names = ("id", "level", "region", "metric", "unit", "op", "kind", "source", "note")
    return {name: getattr(row, name) for name in names} | {"value": sheets.value_text(row)}


def _office(run: Run) -> Run:
    """The act, after whoever is not of the office was refused: before anything sent is read."""

    def checked(call: Call, common: Data) -> Saved:
        of_office(call)
        return run(call, common)

    return checked


def _left(call: Call, plan_id: int, of: int | None = None) -> Saved:
    return Saved(plan_id, targets.find_plan(call.s, plan_id).version, of)


@router.post("/plans", summary=N_("Make a plan of targets"), **making_of(shapes.PlanSaved))
def create(request: Request, body: NewPlan, key: Key = None) -> JSONResponse:
    """Empty, or as a copy; figures that were reported are not copied."""

    def run(call: Call, common: Data) -> Saved:
        head = sheets.revised_head(sheets.EMPTY_HEAD, body.model_dump())
        return _left(call, targets.create_plan(call.s, head=head, copy_of=body.copy_of, **common))

    return make(request, body, key, "/plans", _office(run))


@router.post("/plans/{plan_id}/head", summary=N_("Correct a plan's head"), **_ACT)
def change_head(
    request: Request, plan_id: Id, body: ChangedPlan, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """Its rows go along when it is renamed."""

    def run(call: Call, common: Data) -> Saved:
        now = sheets.head_of(targets.find_plan(call.s, plan_id, lock=True))
        targets.change_plan(call.s, head=sheets.revised_head(now, plain(body)), **common)
        return _left(call, plan_id)

    return perform(request, body, key, if_match, _office(run), plan_id=plan_id)


@router.post("/plans/{plan_id}/lines", summary=N_("Add a row to a plan"), **_ACT)
def add_line(
    request: Request, plan_id: Id, body: NewLine, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """An empty value is no target, which is not zero."""

    def run(call: Call, common: Data) -> Saved:
        line = sheets.revised(sheets.EMPTY_LINE, plain(body))
        return _left(call, plan_id, targets.put_line(call.s, line=line, **common))

    return perform(request, body, key, if_match, _office(run), plan_id=plan_id)


@router.post("/plans/{plan_id}/lines/{line}", summary=N_("Correct a row of a plan"), **_ACT)
def change_line(
    request: Request,
    plan_id: Id,
    line: Id,
    body: ChangedLine,
    key: Key = None,
    if_match: IfMatch = None,
) -> JSONResponse:
    """Frozen months keep the row as it was."""

    def run(call: Call, common: Data) -> Saved:
        plan = targets.find_plan(call.s, plan_id, lock=True)
        now = sheets.line_of(sheets.find_line(call.s, plan, line))
        wanted = sheets.revised(now, plain(body))
        targets.put_line(call.s, line=wanted, target_id=line, **common)
        return _left(call, plan_id, line)

    return perform(request, body, key, if_match, _office(run), plan_id=plan_id)


@router.post("/plans/{plan_id}/lines/{line}/remove", summary=N_("Take a row out of a plan"), **_ACT)
def remove_line(
    request: Request, plan_id: Id, line: Id, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """Unless figures were entered for it."""

    def run(call: Call, common: Data) -> Saved:
        targets.remove_line(call.s, target_id=line, **common)
        return _left(call, plan_id)

    return perform(request, None, key, if_match, _office(run), plan_id=plan_id)


@router.post("/plans/{plan_id}/metrics", summary=N_("Say how a metric's figure is found"), **_ACT)
def set_metric(
    request: Request, plan_id: Id, body: MetricRule, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """By a formula over a list, or entered by the office."""

    def run(call: Call, common: Data) -> Saved:
        given = body.model_dump(exclude={"list"})
        targets.set_metric(call.s, list_code=body.list, **given, **common)
        return _left(call, plan_id)

    return perform(request, body, key, if_match, _office(run), plan_id=plan_id)


@router.post("/plans/{plan_id}/shares", summary=N_("Set a plan's monthly task"), **_ACT)
def set_shares(
    request: Request, plan_id: Id, body: MonthlyTask, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """What is due by the end of each month; it never falls."""

    def run(call: Call, common: Data) -> Saved:
        targets.set_shares(
            call.s, shares=_shares(body), level=body.level, metric=body.metric, **common
        )
        return _left(call, plan_id)

    return perform(request, body, key, if_match, _office(run), plan_id=plan_id)


def _shares(body: MonthlyTask) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for n, one in enumerate(body.shares):
        value = number(one.share, f"shares.{n}.share")
        if one.month in found or value is None:
            message = _("Each month is named once, with its share.")
            raise Malformed(Reason("month", message, f"shares.{n}", _("Correct them.")))
        found[one.month] = value
    return found


@router.post("/plans/{plan_id}/gates", summary=N_("Add a gate, or change it"), **_ACT)
def put_gate(
    request: Request, plan_id: Id, body: GateRule, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """One of the same level and name is changed."""

    def run(call: Call, common: Data) -> Saved:
        gate = Gate(
            body.level.strip(), body.name.strip(), body.month, body.formula, body.list,
            number(body.threshold, "threshold") or Decimal(), body.source.strip(),
        )  # fmt: skip
        targets.put_gate(call.s, gate=gate, **common)
        return _left(call, plan_id)

    return perform(request, body, key, if_match, _office(run), plan_id=plan_id)


@router.post(
    "/plans/{plan_id}/gates/{gate}/remove", summary=N_("Take a gate out of a plan"), **_ACT
)
def remove_gate(
    request: Request, plan_id: Id, gate: Id, key: Key = None, if_match: IfMatch = None
) -> JSONResponse:
    """Its past judgements stay in the frozen months."""

    def run(call: Call, common: Data) -> Saved:
        targets.remove_gate(call.s, gate_id=gate, **common)
        return _left(call, plan_id)

    return perform(request, None, key, if_match, _office(run), plan_id=plan_id)
