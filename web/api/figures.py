"""Figures: statistics with the lists behind them, and the reconciliation of the ledger."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from config.i18n import N_
from config.i18n import gettext as _
from models.queries import statistics
from models.queries.ledger import LedgerFilter
from models.queries.statistics import Figure
from models.queries.trend import Period, trend
from web import ledger_query
from web.api import shapes
from web.api.access import ApiRoute, reading
from web.api.filters import documented
from web.api.issues import unit_code
from web.api.moments import stamp
from web.api.problems import READS, refusals
from web.call import Call
from web.faults import forbidden
from web.templating import url
from workflow.balance import reconcile
from workflow.errors import Malformed, Reason

router = APIRouter(route_class=ApiRoute, tags=["figures"])
Data = dict[str, Any]
ISSUES = "/api/v1/issues"


@router.get(
    "/statistics",
    response_model=shapes.Statistics,
    summary=N_("Counts by phase, light, board, category and unit, and the trend"),
    description=N_("Every number has the address of the list behind it, with as many rows."),
    responses=refusals(READS),
    openapi_extra={"parameters": documented(ledger_query.OF_ISSUES)},
)
def picture(
    request: Request,
    period: Annotated[str, Query(pattern="^(week|month)$")] = "week",
    periods: Annotated[int, Query(ge=0, le=60, description="Length of the trend.")] = 0,
) -> Data:
    """Within the caller's scope, narrowed by the ledger's filters that speak of issues."""
    with reading(request) as call:
        wanted = _wanted(call)
        found = statistics.picture(call.s, call.person, call.now, wanted)
        return {
            "total": _figure(call, found.total),
            "open": _figure(call, found.open),
            "overdue": _figure(call, found.overdue),
            "phases": _table(call, found.phases, "phase", "light"),
            "states": _table(call, {(k,): v for k, v in found.states.items()}, "state"),
            "boards": _table(
                call, {(unit_code(call, k), n): v for (k, n), v in found.boards.items()},
                "board", "light",
            ),
            "categories": _table(call, found.categories, "category", "light"),
            "units": [
                {"unit": unit_code(call, unit), "running": _figure(call, load.running),
                 "overdue": _figure(call, load.overdue)}
                for unit, load in found.units.items()
            ],
            "levels": _table(call, {(k,): v for k, v in found.levels.items()}, "level"),
            "trend": _trend(call, period, periods, wanted),
        }  # fmt: skip


def _wanted(call: Call) -> LedgerFilter:
    """A figure by unit, level or week cannot be narrowed by tasks or times once more."""
    wanted = ledger_query.read(call.s, call.person, call.request.query_params)
    told = ledger_query.write(call.s, wanted)
    wrong = [_not_here(name) for name in told if name not in ledger_query.OF_ISSUES]
    if wrong:
        raise Malformed(*wrong)
    return wanted


def _not_here(name: str) -> Reason:
    return Reason(
        f"{name}_not_here",
        _("Figures are narrowed by what issues are, not by tasks or times."),
        name,
        _("Leave {name} out, or count with it on /issues.").format(name=name),
    )


def _figure(call: Call, figure: Figure) -> Data:
    return {
        "count": figure.count,
        "list": url(ISSUES, **ledger_query.write(call.s, figure.wanted)),
    }


def _table(call: Call, cells: dict[Any, Figure], *names: str) -> list[Data]:
    return [
        dict(zip(names, key, strict=True)) | _figure(call, figure) for key, figure in cells.items()
    ]


def _trend(call: Call, period: str, periods: int, wanted: LedgerFilter) -> list[Data]:
    if not periods:
        return []
    found = trend(
        call.s, call.person, call.now,
        unit="month" if period == "month" else "week", periods=periods, wanted=wanted,
    )  # fmt: skip
    return [_period(call, one) for one in found]


def _period(call: Call, one: Period) -> Data:
    parts = ("opened", "closed", "relapsed", "overdue")
    return {"since": stamp(call, one.since), "until": stamp(call, one.until)} | {
        name: _figure(call, getattr(one, name)) for name in parts
    }


@router.get(
    "/reconciliation",
    response_model=shapes.Reconciliation,
    summary=N_("Opened = open + closed + not accepted + merged, by group (the bureau)"),
    responses=refusals(READS),
)
def reconciliation(request: Request) -> Data:
    """The left side from the history, the right side from the ledger as it stands."""
    with reading(request) as call:
        if not call.person.sees_all:
            raise forbidden(_("Only those who see the whole ledger reconcile it."))
        found = reconcile(call.s)
        return {"balanced": found.balanced, "rows": [row.to_json() for row in found.rows]}
