"""A year of the calendar in colour, and the deadlines that it would move."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from models.queries.calendar_days import FIRST_YEAR, LAST_YEAR
from web.call import Call, reading, writing
from web.forms import check_csrf, posted
from web.late import LateRoute
from web.pages.admin.access import may_change, require, require_keeper
from web.pages.admin.calendar_change import change_forms
from web.pages.admin.forms import FRESH, Typed, number, units_of
from web.templating import page, url
from workflow.calendar_admin import YearView, apply_recompute, plan_recompute, show_year

router = APIRouter(route_class=LateRoute)
PATH = "/admin/calendar"
MOST_SHOWN = 500


@router.get(PATH)
def show(request: Request) -> HTMLResponse:
    """Twelve months; with a unit, its own exceptions laid over them."""
    with reading(request) as call:
        require(call, "calendar")
        return year_page(call)


def year_page(call: Call, typed: Typed = FRESH) -> HTMLResponse:
    """The page of a year, as the query (or a refused form) asks."""
    asked = call.request.query_params
    today = call.now.astimezone(call.zone).date()
    year = number(asked.get("year", "")) or today.year
    year = min(max(year, FIRST_YEAR), LAST_YEAR - 1)
    unit = asked.get("unit", "")
    view = show_year(call.s, year, unit or None)
    keeper = may_change(call, "calendar")
    return page(
        call,
        "admin/calendar.html",
        typed.status,
        view=view,
        months=_months(view, today),
        counts=_counts(view),
        unit_code=unit,
        units=units_of(call),
        earlier=url(PATH, year=year - 1, unit=unit),
        later=url(PATH, year=year + 1, unit=unit),
        forms=change_forms(call, view, asked.get("day", ""), typed) if keeper else [],
        waiting=len(plan_recompute(call.s, call.now)) if keeper else 0,
        done=asked.get("done", ""),
    )


def _counts(view: YearView) -> dict[str, int]:
    days = [d for month in view.months for d in month]
    found = {kind: sum(d.kind == kind for d in days) for kind in ("holiday", "makeup")}
    return found | {"working": view.working_days, "own": sum(d.own for d in days)}


def _months(view: YearView, today: date) -> list[dict[str, Any]]:
    """Each month as weeks from Monday to Sunday; days of other months are None."""
    marks = {"holiday": _("off"), "makeup": _("on"), "weekend": "", "workday": ""}
    found = []
    for month in view.months:
        cells: list[dict[str, Any] | None] = [None] * month[0].day.weekday()
        for d in month:
            mark = marks[d.kind] if not (d.kind == "workday" and d.own) else marks["makeup"]
            cells.append(
                {"day": d.day, "kind": d.kind, "mark": mark, "cause": d.cause, "own": d.own,
                 "today": d.day == today, "path": url(PATH, year=view.year, unit=view.unit,
                                                      day=d.day.isoformat()) + "#change"}
            )  # fmt: skip
        cells += [None] * (-len(cells) % 7)
        named = dict.fromkeys(d.cause for d in month if d.cause)
        found.append(
            {"n": month[0].day.month, "weeks": [cells[n : n + 7] for n in range(0, len(cells), 7)],
             "names": list(named), "working": sum(d.working for d in month)}
        )  # fmt: skip
    return found


@router.get(PATH + "/deadlines")
def deadlines(request: Request) -> HTMLResponse:
    """Running tasks that the present calendar would re-date, before anything is written."""
    with reading(request) as call:
        require(call, "calendar")
        require_keeper(call, "calendar")
        plan = plan_recompute(call.s, call.now)
        return page(
            call,
            "admin/calendar_deadlines.html",
            plan=plan[:MOST_SHOWN],
            total=len(plan),
            done=call.request.query_params.get("done", ""),
        )


@router.post(PATH + "/deadlines")
def redate(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Apply what the preview shows, as one batch."""
    with writing(request) as call:
        require(call, "calendar")
        check_csrf(call, sent)
        apply_recompute(call.s, call.person, call.now)
    return RedirectResponse(url(PATH + "/deadlines", done="redated"), status_code=303)
