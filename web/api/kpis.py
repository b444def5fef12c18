"""Figures of units by month, with the rows behind each."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from config.i18n import N_, current_language
from projects.kpi import reading as figures
from projects.kpi.base import Figure
from projects.kpi.declared import KPIS
from projects.kpi.rows import BELOW, rows
from projects.kpi.scopes import units_of
from projects.kpi.targets import names
from web.api.access import ApiRoute, reading
from web.api.bulletin_bodies import MONTH
from web.api.links import numbered, onward
from web.api.params import INTEGER, Cursor, Limit
from web.api.problems import FINDS, refusals
from web.api.shapes import bulletins as shapes
from web.navigation import refuse_administrators
from web.templating import url

router = APIRouter(route_class=ApiRoute, tags=["bulletins"])
Data = dict[str, Any]
Month = Annotated[
    str | None,
    Query(pattern=MONTH, description="The newest frozen month by default.", examples=["2026-09"]),
]
Scope = Annotated[
    str,
    Query(
        pattern=r"^(zone|class:[a-z]{1,20}|unit:[0-9]{1,9})$",
        description="zone, class:town, class:street, class:department, class:other or unit:ID.",
    ),
]
KpiKey = Annotated[str, Query(max_length=40, pattern=r"^[a-z_]+(:[0-9]+)?$", examples=["on_time"])]


@router.get(
    "/kpis",
    response_model=shapes.KpiMonth,
    summary=N_("Figures of a month: numerator, denominator, n and place in class"),
    description=N_("A unit sees its own; there are no figures of persons."),
    responses=refusals(FINDS),
)
def month_figures(request: Request, month: Month = None) -> Data:
    """Within the caller's sight; figures without a row are left out."""
    with reading(request) as call:
        refuse_administrators(call)
        seen = figures.view(call.s, call.person, call.now, month or "")
        units, targets = {u.scope: u for u in units_of(seen.content)}, names(seen.content)
        items = []
        for key in dict.fromkeys(key for key, _scope in seen.figures):
            places = seen.places(key) if key in KPIS else {}
            known = key in KPIS
            name = KPIS[key].title(current_language()) if known else targets[key].title
            for scope in seen.seen:
                figure = seen.figures.get((key, scope))
                if figure is not None and figure.n:
                    items.append(_figure(seen, figure, name, units.get(scope), places))
        return {**_head(seen), "items": items}


def _head(seen: figures.View) -> Data:
    return {
        "month": seen.month,
        "edition": seen.frozen.edition if seen.frozen is not None else None,
        "digest": seen.frozen.digest if seen.frozen is not None else None,
        "until": seen.until,
        "rank_from": seen.content["period"][0]["rank_from"],
    }


def _figure(seen: figures.View, one: Figure, name: str, unit: Any, places: Data | Any) -> Data:
    place = places.get(unit.id) if unit is not None else None
    return {
        "kpi": one.kpi,
        "name": name,
        "scope": one.scope,
        "unit": unit.code if unit is not None else None,
        "sort": one.sort,
        "value": str(one.value) if one.value is not None else None,
        "numerator": f"{one.numerator:f}",
        "denominator": f"{one.denominator:f}",
        "n": one.n,
        "rank": place.rank if place is not None else None,
        "of": place.of if place is not None and place.rank else None,
        "rows": url("/api/v1/kpis/rows", month=seen.month, kpi=one.kpi, scope=one.scope),
    }


@router.get(
    "/kpis/rows",
    response_model=shapes.KpiRows,
    summary=N_("The rows behind a figure, as they stood then"),
    responses=refusals(FINDS),
)
def figure_rows(
    request: Request,
    kpi: KpiKey,
    scope: Scope = "zone",
    month: Month = None,
    which: Annotated[str, Query(pattern="^(above|below)$")] = BELOW,
    edition: Annotated[int | None, Query(ge=1, le=INTEGER)] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Data:
    """Those of the denominator, or (`above`) of the numerator."""
    with reading(request) as call:
        refuse_administrators(call)
        seen = figures.view(call.s, call.person, call.now, month or "", edition)
        figure = seen.figure(kpi, scope)
        found = rows(seen.content, figure, which) if figure is not None else []
        begin = numbered(cursor) or 0
        last = str(begin + limit) if len(found) > begin + limit else None
        return {
            "month": seen.month,
            "kpi": kpi,
            "scope": scope,
            "total": len(found),
            "items": [
                {
                    "ref": row.ref, "kind": row.kind, "number": row.number, "title": row.title,
                    "units": list(row.units), "state": row.state, "days": dict(row.days),
                    "hit": row.hit,
                }
                for row in found[begin : begin + limit]
            ],
            "next": onward(request, last),
            "next_cursor": last,
        }  # fmt: skip
