"""Figures of a month by unit, the rows behind each, and how a figure went over the months."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from config.i18n import current_language
from config.i18n import gettext as _
from projects import months
from projects.bulletins import reading as bulletins
from projects.kpi import kept, reading, targets
from projects.kpi.base import Figure
from projects.kpi.declared import COUNTS, KPIS, RATES
from projects.kpi.rows import ABOVE, BELOW, rows
from projects.kpi.scopes import CLASSES, Unit, units_of
from projects.kpi.shown import bare, measure
from web.call import Call
from web.call import reading as reading_call
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.templating import moment, page, url

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]
Month = Annotated[str, Query(max_length=7)]
Text = Annotated[str, Query(max_length=40)]
PageNumber = Annotated[int, Query(alias="page", ge=1, le=10_000)]
PAGE = 100
GROUPS = {
    "loop": ("ack", "on_time", "on_time_original", "extended", "overdue", "overdue_days"),
    "closure": ("closed", "closed_at_once", "relapsed", "handling", "handling_median", "answered"),
    "requests": ("returned", "return_upheld", "contacted", "resolved", "satisfied"),
    "projects": ("started", "finished", "invested", "counted_investment", "gap"),
}
"""Tables of the page: figures side by side."""


@router.get("/bulletins/figures")
def table(request: Request, month: Month = "", group: Text = "loop") -> HTMLResponse:
    """Units by class, figures side by side, n beside each; every figure leads to its rows."""
    with reading_call(request) as call:
        refuse_administrators(call)
        seen = reading.view(call.s, call.person, call.now, month)
        group = group if group in GROUPS else "loop"
        keys = GROUPS[group]
        return page(
            call,
            "bulletins/figures.html",
            seen=seen,
            until=moment(seen.until, call.zone),
            months=_months(call, seen.month),
            group=group,
            groups=[(name, _group_name(name)) for name in GROUPS],
            kpis=[(key, _title(key), KPIS[key]) for key in keys],
            classes=_classes(seen, keys),
            counts=_counts(seen),
            whole=_row(seen, "zone", keys) if seen.wide else None,
            attained=_attained(seen),
            bulletins=bulletins.issued_of(call.s, call.person, seen.month),
            least=seen.content["period"][0]["rank_from"],
            scope=reading.default_scope(seen),
            units=[u for u in units_of(seen.content) if u.scope in seen.seen and u.active],
        )


def _group_name(name: str) -> str:
    names = {
        "loop": _("Receipt and deadlines"),
        "closure": _("Closure and supervision"),
        "requests": _("Returns and demands"),
        "projects": _("Projects and investment"),
    }
    return names[name]


def _title(key: str) -> str:
    return KPIS[key].title(current_language())


def _months(call: Call, chosen: str) -> list[str]:
    live = months.this_month(call.s, call.now)
    return sorted(
        {live, months.moved(live, -1), chosen, *reading.frozen_months(call.s)}, reverse=True
    )


def _classes(seen: reading.View, keys: tuple[str, ...]) -> list[Data]:
    places = {key: seen.places(key) for key in keys}
    groups: dict[str, list[Unit]] = {}
    for unit in seen.units():
        groups.setdefault(unit.group, []).append(unit)
    return [
        {
            "name": _(CLASSES[group][1]),
            "total": _row(seen, f"class:{group}", keys) if seen.wide else None,
            "rows": [
                {"unit": unit, "cells": _row(seen, unit.scope, keys),
                 "ranks": [_rank(places[key], unit.id) for key in keys]}
                for unit in units
            ],
        }
        for group, units in groups.items()
    ]  # fmt: skip


def _rank(places: dict[int, Any], unit_id: int) -> str:
    place = places.get(unit_id)
    return f"{place.rank}/{place.of}" if place is not None and place.rank else ""


def _row(seen: reading.View, scope: str, keys: tuple[str, ...]) -> list[Data]:
    return [_cell(seen, key, seen.figures[key, scope]) for key in keys]


def _cell(seen: reading.View, key: str, figure: Figure) -> Data:
    return {
        "text": bare(figure.sort, figure.value),
        "n": figure.n,
        "path": rows_path(seen.month, key, figure.scope) if figure.n else "",
    }


def rows_path(month: str, key: str, scope: str, edition: int | None = None) -> str:
    """The address of the rows behind a figure."""
    return url("/bulletins/figures/rows", month=month, kpi=key, scope=scope, edition=edition)


def _counts(seen: reading.View) -> list[Data]:
    scope = reading.default_scope(seen)
    found = [(key, seen.figures.get((key, scope))) for key in COUNTS]
    return [
        {"name": _title(key), "measure": measure(figure.sort), **_cell(seen, key, figure)}
        for key, figure in found
        if figure is not None
    ]


def _attained(seen: reading.View) -> list[Data]:
    """目标完成率: one row a target of a unit or of the whole that is in sight."""
    names, units = targets.names(seen.content), {u.scope: u for u in units_of(seen.content)}
    return [
        {
            "name": names[key], "unit": units[scope].name if scope in units else _("The zone"),
            "actual": f"{figure.numerator.normalize():f}",
            "target": f"{figure.denominator.normalize():f}",
            **_cell(seen, key, figure),
        }
        for (key, scope), figure in seen.figures.items()
        if key in names and scope in seen.seen
    ]  # fmt: skip


@router.get("/bulletins/figures/rows")
def behind(
    request: Request, month: Month = "", kpi: Text = "", scope: Text = "zone",
    which: Annotated[str, Query(pattern="^(above|below)$")] = BELOW, page_number: PageNumber = 1,
    edition: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> HTMLResponse:  # fmt: skip
    """The rows of a numerator or a denominator, out of the facts of that very month and edition."""
    with reading_call(request) as call:
        refuse_administrators(call)
        seen = reading.view(call.s, call.person, call.now, month, edition)
        figure = seen.figure(kpi, scope)
        found = rows(seen.content, figure, which) if figure is not None else []
        begin = (page_number - 1) * PAGE
        return page(
            call,
            "bulletins/rows.html",
            seen=seen,
            until=moment(seen.until, call.zone),
            kpi=KPIS.get(kpi),
            title=_title(kpi) if kpi in KPIS else _target_title(seen, kpi),
            figure=figure,
            value=bare(figure.sort, figure.value) if figure is not None else "—",
            whose=scope_name(seen, scope),
            which=which,
            above=_which(request, ABOVE),
            below=_which(request, BELOW),
            rows=[_shown(call, row) for row in found[begin : begin + PAGE]],
            total=len(found),
            page_number=page_number,
            pages=max(1, -(-len(found) // PAGE)),
            page_path=lambda n: str(request.url.include_query_params(page=n).query),
            trend=url("/bulletins/figures/trend", kpi=kpi, scope=scope),
            has_both=kpi in RATES and KPIS[kpi].sort in ("rate", "share", "gap"),
        )


def _which(request: Request, which: str) -> str:
    wanted = request.url.include_query_params(which=which).remove_query_params("page")
    return f"/bulletins/figures/rows?{wanted.query}"


def _target_title(seen: reading.View, key: str) -> str:
    name = targets.names(seen.content).get(key)
    return name.title if name is not None else key


def scope_name(seen: reading.View, scope: str) -> str:
    """Whose figure it is, in words."""
    kind, _colon, key = scope.partition(":")
    if kind == "zone":
        return _("The zone")
    if kind == "class":
        return _(CLASSES[key][1])
    return next((u.name for u in units_of(seen.content) if u.scope == scope), scope)


def _shown(call: Call, row: Any) -> Data:
    return {
        "row": row,
        # what has no number yet is told by its own in the library
        "number": row.number or _("no. {id}").format(id=row.ref.rpartition(":")[2]),
        "days": [(name, _day(call, at)) for name, at in row.days],
        "path": row.path,
    }  # fmt: skip


def _day(call: Call, at: str) -> str:
    return at if len(at) == 10 else moment(at, call.zone)


@router.get("/bulletins/figures/trend")
def trend(request: Request, kpi: Text = "closed", scope: Text = "") -> HTMLResponse:
    """A figure over the frozen months: a chart, and the same as a table."""
    with reading_call(request) as call:
        refuse_administrators(call)
        seen = reading.view(call.s, call.person, call.now)
        scope = scope or reading.default_scope(seen)
        seen.figure(kpi, scope)  # refuses what is out of sight or unknown
        kpi = kpi if kpi in KPIS else "closed"
        points = kept.trend(call.s, kpi, scope)
        units = {u.scope: u.name for u in units_of(seen.content)}
        return page(
            call,
            "bulletins/trend.html",
            title=_title(kpi),
            chosen=kpi,
            scope=scope,
            whose=scope_name(seen, scope),
            kpis=[(key, _title(key)) for key in KPIS],
            scopes=[(one, units.get(one) or scope_name(seen, one)) for one in seen.seen],
            points=[_point(one) for one in points],
            chart={
                "name": _title(kpi),
                "months": [one.period for one in points],
                "values": [float(one.value) if one.value is not None else None for one in points],
                "ns": [one.n for one in points],
                "paths": [rows_path(one.period, kpi, scope) for one in points],
            },
        )


def _point(one: kept.Stored) -> Data:
    return {
        "month": one.period, "text": bare(one.sort, one.value), "n": one.n,
        "top": f"{one.numerator.normalize():f}", "under": f"{one.denominator.normalize():f}",
        "path": rows_path(one.period, one.kpi, one.scope),
    }  # fmt: skip
