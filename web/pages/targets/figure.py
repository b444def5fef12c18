"""Drill-down: a metric for every region and month, and the projects behind a figure or a gate."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup
from sqlalchemy import select

from config.i18n import gettext as _
from models import tables
from models.queries.projects import visible_projects
from projects import months
from projects.figures.words import LIGHTS, LISTS, figure, formula_word, gate_word, points
from projects.targets.attainment import Column, change
from projects.targets.formulas import FORMULAS, Row
from projects.targets.gates import gate_rows, gates
from web.call import Call, reading
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.targets.common import (
    Data,
    EditionText,
    MonthText,
    Shown,
    cell_facts,
    shown,
)
from web.templating import page
from workflow.case import not_visible

router = APIRouter(route_class=LateRoute)
Words = Annotated[str, Query(max_length=200)]


@router.get("/targets/{plan_id:int}/figure")
def one_figure(
    request: Request, plan_id: int, level: Words = "", metric: Words = "", kind: Words = "target",
    region: Words = "", month: MonthText = "", edition: EditionText = "",
) -> HTMLResponse:  # fmt: skip
    """A metric: its regions compared, its course over the year, its projects."""
    with reading(request) as call:
        refuse_administrators(call)
        it = shown(call, plan_id, month, edition)
        column = _column(it, level, metric, kind)
        regions = it.board.regions_of(level)
        region = region or regions[0]  # the whole, where the level has it
        if region not in regions:
            raise not_visible(region)
        course = _course(it, column, region)
        rows = it.board.rows_of(column, region)
        return page(
            call, "targets/figure.html", it=it, plan=it.plan, frozen=it.frozen, column=column,
            region=region, how=formula_word(column.formula), course=course,
            listed=_(LISTS[column.list_code]) if column.list_code in LISTS else "",
            cells=_cells(it, column, level), lines=_lines(it, column, region),
            charts=Markup(htmlsafe_json_dumps(_chart(course))), **_projects(call, column, rows),
        )  # fmt: skip


@router.get("/targets/{plan_id:int}/gate")
def one_gate(
    request: Request, plan_id: int, gate: Annotated[int, Query(ge=1, le=2**31 - 1)],
    region: Words = "", month: MonthText = "", edition: EditionText = "",
) -> HTMLResponse:  # fmt: skip
    """The projects behind a gate's rate."""
    with reading(request) as call:
        refuse_administrators(call)
        it = shown(call, plan_id, month, edition)
        wanted = region or it.board.plan["whole"]
        every = [g for g in gates(it.board) if g.gate["id"] == gate]
        found = [g for g in every if g.region == wanted]
        if not found:
            raise not_visible(str(gate))
        made = found[0].gate
        column = Column(made["level"], made["name"], "%", "gate", made["formula"],
                        made["list_code"], "")  # fmt: skip
        return page(
            call, "targets/gate.html", it=it, plan=it.plan, frozen=it.frozen, gate=found[0],
            rate=figure(found[0].rate), threshold=figure(found[0].threshold), column=column,
            how=formula_word(made["formula"]), region=wanted, state=_state(found[0].state),
            regions=[(g.region, it.path("/gate", gate=gate, region=g.region), _state(g.state))
                     for g in every],
            **_projects(call, column, gate_rows(it.board, made, wanted)),
        )  # fmt: skip


def _state(code: str) -> Data:
    return {"light": LIGHTS[code], "word": gate_word(code)}


def _column(it: Shown, level: str, metric: str, kind: str) -> Column:
    for column in it.board.columns:
        if (column.level, column.metric, column.kind) == (level, metric, kind):
            return column
    raise not_visible(metric)


def _cells(it: Shown, column: Column, level: str) -> list[Data]:
    """A row a region, with last year's figure where it is known."""
    found = []
    for cell in it.board.row(column, level):
        before = it.board.year_before(column, cell.region)
        found.append(cell_facts(it, cell, column.kind) | {
            "before": figure(before), "change": points(change(cell.actual, before)),
            "whole": cell.region == it.board.plan["whole"],
        })  # fmt: skip
    return found


def _course(it: Shown, column: Column, region: str) -> list[Data]:
    """By month: what was due, and what had been reached up to the month that is shown."""
    found = []
    for month in months.of_year(it.plan.year):
        if month > it.month:
            found.append(dict.fromkeys(("actual", "attainment", "gap"), "") | {
                "month": month, "due": figure(it.board.due(column, month)),
            })  # fmt: skip
            continue
        cell = it.board.cell(column, region, month)
        found.append({
            "month": month, "due": figure(cell.due),
            "actual": figure(cell.actual),
            "attainment": figure(cell.attainment),
            "gap": points(cell.gap),
        })  # fmt: skip
    return found


def _lines(it: Shown, column: Column, region: str) -> list[Data]:
    """The plan's rows behind the target, where there are several or one says more."""
    rows = it.board.targets_of(column, region)
    return [{"value": row["value"] or "", "note": row["note"]} for row in rows]


def _chart(course: list[Data]) -> Data:
    return {
        "course": course,
        "words": {"attainment": _("Attainment (%)"), "due": _("Due by schedule (%)")},
    }


def _projects(call: Call, column: Column, rows: list[Row] | None) -> Data:
    """The projects behind a figure that the person may know of, and how many there are else."""
    p = tables.project.c
    condition = visible_projects(call.person, call.directory)
    known = set(call.s.execute(select(p.id).where(condition)).scalars()) if rows else set()
    mine = [row for row in rows or () if row.project["id"] in known]
    rate = column.formula in FORMULAS and FORMULAS[column.formula].kind == "rate"
    return {
        "known": rows is not None,
        "is_rate": rate,
        "projects": [
            {
                "id": row.project["id"], "name": row.project["name"],
                "board": row.project["counted_board"], "amount": figure(row.amount),
                "of": figure(row.of), "reported": row.amount is not None,
                "moved": row.project["attributed_board_id"] is not None,
            }
            for row in mine
        ],
        "others": len(rows or ()) - len(mine),
    }  # fmt: skip
