"""Plans of targets with their attainment."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from config.i18n import N_
from projects.history import plain as plain_values
from projects.targets import commands as targets
from projects.targets.attainment import Board, Cell
from projects.targets.gates import gates
from web.api import shapes
from web.api.access import ApiRoute, reading
from web.api.params import Id
from web.api.problems import FINDS, READS, refusals
from web.api.versions import etag
from web.navigation import refuse_administrators
from web.pages.targets.common import shown

router = APIRouter(route_class=ApiRoute, tags=["targets"])
Data = dict[str, Any]


@router.get(
    "/plans",
    response_model=shapes.PlanLines,
    summary=N_("Plans of targets"),
    responses=refusals(READS),
)
def plans(request: Request, year: Annotated[int | None, Query(ge=1900, le=2200)] = None) -> Data:
    """Every plan, or those of a year."""
    with reading(request) as call:
        refuse_administrators(call)
        rows = targets.plans(call.s, year)
        names = ("id", "version", "name", "year", "whole", "rows")
        return {"items": [{name: getattr(row, name) for name in names} for row in rows]}


@router.get(
    "/plans/{plan_id}",
    response_model=shapes.PlanBoard,
    summary=N_("A plan's targets, actual figures and attainment at the end of a month"),
    description=N_("From the frozen month where there is one, else as the library stands now."),
    responses=refusals(FINDS),
)
def board(
    request: Request, plan_id: Id,
    month: Annotated[str, Query(pattern=r"^([0-9]{4}-(0[1-9]|1[0-2]))?$")] = "",
    edition: Annotated[str, Query(pattern=r"^(live|[0-9]{0,6})$")] = "",
) -> JSONResponse:  # fmt: skip
    """With totals checked and gates judged."""
    with reading(request) as call:
        refuse_administrators(call)
        it = shown(call, plan_id, month, edition)
        body = {
            "id": it.plan.id, "version": it.plan.version, "name": it.plan.name,
            "month": it.month, "frozen": it.frozen is not None,
            "edition": it.frozen.edition if it.frozen else None,
            "digest": it.frozen.digest if it.frozen else None,
            "cells": _cells(it.board), "totals": _totals(it.board), "gates": _gates(it.board),
        }  # fmt: skip
        return JSONResponse(body, headers=etag(it.plan.version))


def _cells(made: Board) -> list[Data]:
    return [
        _cell(cell, column.kind)
        for column in made.columns
        for cell in made.row(column, column.level)
    ]


def _cell(cell: Cell, kind: str) -> Data:
    names = ("level", "metric", "region", "unit", "op", "state", "rank", "formula")
    amounts = ("target", "target_to", "actual", "attainment", "due", "gap")
    return {"kind": kind} | {name: getattr(cell, name) for name in names} | {
        name: _text(getattr(cell, name)) for name in amounts
    }  # fmt: skip


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(plain_values(value))


def _totals(made: Board) -> list[Data]:
    return [
        {"level": c.level, "metric": c.metric, "total": _text(c.total), "rows": c.rows,
         "summed": _text(c.summed), "op": c.op, "how": c.how, "agrees": c.agrees}
        for c in made.checks()
    ]  # fmt: skip


def _gates(made: Board) -> list[Data]:
    return [
        {"level": g.gate["level"], "name": g.gate["name"], "region": g.region, "month": g.at,
         "rate": _text(g.rate), "threshold": _text(g.threshold), "n": g.n, "state": g.state}
        for g in gates(made)
    ]  # fmt: skip
