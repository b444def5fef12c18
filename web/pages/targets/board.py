"""/targets/{plan}: every region and metric of a plan at a month, live or frozen."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from config.i18n import gettext as _
from projects import months
from projects.access import OFFICE
from projects.figures.words import (
    LIGHTS,
    STATES,
    figure,
    formula_word,
    gate_word,
    meant,
    state_word,
)
from projects.snapshots import editions
from projects.targets.attainment import Board
from projects.targets.gates import gates
from web.call import Call, reading
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.targets.common import (
    Data,
    EditionText,
    MonthText,
    Shown,
    cell_facts,
    month_links,
    shown,
)
from web.templating import page

router = APIRouter(route_class=LateRoute)
EVERY = "*"


@router.get("/targets/{plan_id:int}")
def board(
    request: Request,
    plan_id: int,
    month: MonthText = "",
    edition: EditionText = "",
    level: Annotated[str, Query(max_length=120)] = "",
) -> HTMLResponse:
    """The matrix of a plan: one level that is split by region, or all of them (`*`)."""
    with reading(request) as call:
        refuse_administrators(call)
        it = shown(call, plan_id, month, edition)
        named = it.board.levels()
        level = _chosen(it, level)
        levels = [_level(it, one) for one in named if level in (EVERY, one)]
        charts = _charts(it, levels)
        return page(
            call, "targets/board.html", it=it, plan=it.plan, frozen=it.frozen, levels=levels,
            months=month_links(call, it), gates=_gates(it), checks=_checks(it.board),
            keeps=call.has(*OFFICE), entered=_entered(it.board), counts=_counts(it.board),
            charts=Markup(htmlsafe_json_dumps(charts)),
            bars=charts["bars"],
            lights=LIGHTS,
            words={state: state_word(state) for state in STATES},
            running=it.month == months.this_month(call.s, call.now), by=_by(call, it),
            level=level, every=it.path(level=EVERY),
            level_links=[
                {"name": n, "path": it.path(level=n)} for n in named if len(named) > 1
            ],
        )  # fmt: skip


def _chosen(it: Shown, level: str) -> str:
    """The level that is asked for; by default the first of a plan that is split by region, and
    everything of a list that is not."""
    named = it.board.levels()
    if level in named or level == EVERY:
        return level
    split = any(len(it.board.regions_of(one)) > 1 for one in named)
    return named[0] if split else EVERY


def _level(it: Shown, level: str) -> Data:
    """A level's table: a row a region, a cell a metric."""
    columns = it.board.columns_of(level)
    rows = [it.board.row(column, level) for column in columns]
    regions = it.board.regions_of(level)
    return {
        "name": level,
        "columns": [
            {
                "metric": c.metric, "unit": c.unit, "kind": c.kind,
                "how": formula_word(c.formula) if c.kind == "target" else "",
                "path": it.path("/figure", level=level, metric=c.metric, kind=c.kind),
            }
            for c in columns
        ],
        "rows": [
            {
                "region": region,
                "whole": region == it.board.plan["whole"],
                "cells": [
                    cell_facts(it, row[i], c.kind) | {"kind": c.kind}
                    for c, row in zip(columns, rows, strict=True)
                ],
            }
            for i, region in enumerate(regions)
        ],
        "split": len(regions) > 1,
    }  # fmt: skip


def _checks(board: Board) -> dict[tuple[str, str], Data]:
    """By level and metric: whether the total is the sum of its rows."""
    return {
        (c.level, c.metric): {
            "agrees": c.agrees, "total": meant(c.op, c.total, None), "summed": figure(c.summed),
            "rows": c.rows, "how": c.how,
        }
        for c in board.checks()
    }  # fmt: skip


def _gates(it: Shown) -> list[Data]:
    return [
        {
            "name": one.gate["name"], "level": one.gate["level"], "region": one.region,
            "at": one.at, "rate": figure(one.rate), "n": one.n, "state": one.state,
            "threshold": figure(one.threshold), "light": LIGHTS[one.state],
            "word": gate_word(one.state), "how": formula_word(one.gate["formula"]),
            "path": it.path("/gate", gate=one.gate["id"], region=one.region),
        }
        for one in gates(it.board)
    ]  # fmt: skip


def _entered(board: Board) -> bool:
    """Whether the plan has metrics that the office enters."""
    return any(c.kind == "target" and not c.formula for c in board.columns)


def _counts(board: Board) -> dict[str, int]:
    """How many targets of the whole plan are in each state."""
    found: dict[str, int] = {}
    for column in board.columns:
        if column.kind == "target":
            for cell in board.row(column, column.level):
                found[cell.state] = found.get(cell.state, 0) + 1
    return found


def _charts(it: Shown, levels: list[Data]) -> Data:
    """By level the attainment of the whole, metric by metric, beside what is due."""
    found = {}
    for n, level in enumerate(levels):
        whole = next((row for row in level["rows"] if row["whole"]), None)
        cells = [] if whole is None or not level["split"] else [
            {"name": c["metric"], **cell}
            for c, cell in zip(level["columns"], whole["cells"], strict=True)
            if cell["kind"] == "target" and cell["attainment"]
        ]  # fmt: skip
        if cells:
            found[f"level{n}"] = [
                {k: cell[k] for k in ("name", "attainment", "due", "state", "word", "path")}
                for cell in cells
            ]
    words = {"attainment": _("Attainment (%)"), "due": _("Due by schedule (%)")}
    return {"bars": found, "words": words}


def _by(call: Call, it: Shown) -> str:
    """Who froze the month, where somebody did."""
    if it.frozen is None:
        return ""
    rows = editions(call.s, it.plan.year)
    found = next((e for e in rows if e.digest == it.frozen.digest), None)
    return call.directory.person_name(found.by_id) if found else ""
