"""工作台: what the person has to do, then the three-colour picture of what they may see.

Every number leads to the list behind it; both come from one filter, so they agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from config.i18n import current_language
from config.i18n import gettext as _
from models.queries.definitions import rights_key
from models.queries.edition import kept
from models.queries.ledger import LedgerFilter
from models.queries.scope import scope_key
from models.queries.statistics import Figure, Picture, overdue_tasks, picture
from models.queries.todos import todos
from models.queries.trend import Period, trend
from web.call import Call, reading
from web.late import LateRoute
from web.ledger_query import write
from web.navigation import sees_business
from web.pages.home_projects import project_standing, project_todos
from web.templating import page, url
from web.todo_words import todo_name
from web.widgets import category_label
from workflow.wording import unit_label, unit_name, word

router = APIRouter(route_class=LateRoute)
PHASES = ("discovery", "breakdown", "assignment", "supervision", "closure")
LIGHTS = ("red", "yellow", "green", "grey")
WEEKS, MOST_LATE = 12, 8
Data = dict[str, Any]
T = TypeVar("T")


@router.get("/")
def home(request: Request) -> Response:
    """The home page; administrators without business data begin with their own pages."""
    with reading(request) as call:
        if not sees_business(call.person):
            return RedirectResponse("/admin", status_code=303)
        return page(
            call,
            "home.html",
            todos=_kept(call, "todos", lambda: _todos(call)),
            project_todos=project_todos(call),
            projects=project_standing(call),
            late=_late(call),
            most_late=MOST_LATE,
            lights=LIGHTS,
            **_kept(call, "picture", lambda: _picture(call)),
        )


def _kept(call: Call, name: str, make: Callable[[], T]) -> T:
    """A part of the page, kept while neither ledger, clock nor words have moved.

    People with one scope share the picture; to-dos are a person's own.
    """
    ctx, person = call.ctx, call.person
    words = (current_language(), ctx.organisation_edition, ctx.policy_version_id)
    whose = rights_key(person) if name == "todos" else ()
    today = call.now.astimezone(call.zone).date()  # weeks and look-backs begin with days
    key = (f"home {name}", words, whose, scope_key(call.s, person), today)
    return kept(call.s, key, make, now=call.now)


def _picture(call: Call) -> Data:
    """What the person may see, in numbers, for tables and charts alike."""
    seen = picture(call.s, call.person, call.now)
    periods = trend(call.s, call.person, call.now, periods=WEEKS)
    parts: Data = {
        "phases": _phases(call, seen),
        "boards": _boards(call, seen),
        "categories": _categories(call, seen),
        "periods": [_period(call, one) for one in periods],
    }
    return {
        "total": _linked(call, seen.total),
        "open": _linked(call, seen.open),
        "overdue": _linked(call, seen.overdue),
        "units": _units(call, seen),
        "levels": [{"level": n} | _linked(call, f) for n, f in sorted(seen.levels.items())],
        "charts": Markup(htmlsafe_json_dumps(_charts(parts))),
        **parts,
    }


def _linked(call: Call, figure: Figure) -> Data:
    """A number with the address of its list."""
    return {"n": figure.count, "path": url("/issues", **write(call.s, figure.wanted))}


def _todos(call: Call) -> list[Data]:
    found = []
    for todo in todos(call.s, call.person, call.now):
        path = url("/issues", **write(call.s, todo.wanted))
        rows = [{"number": r.issue.number, "title": r.issue.title, "due": r.due_at,
                 "light": r.issue.light} for r in todo.rows]  # fmt: skip
        found.append({"kind": todo.kind, "name": todo_name(todo.kind), "n": todo.count,
                      "path": path, "rows": rows})  # fmt: skip
    return found


def _late(call: Call) -> list[Data]:
    return [
        {
            "number": late.issue_number,
            "title": late.issue_title,
            "task": late.task.number,
            "unit": unit_name(call.directory, late.task.lead_unit_id),
            "due": late.task.due_at,
            "days": late.days,
            "level": late.task.level,
        }
        for late in overdue_tasks(call.s, call.person, call.now, limit=MOST_LATE)
    ]


def _row(call: Call, name: str, cells: dict[str, Figure], base: LedgerFilter) -> Data:
    """A line of a table of lights: every number, the sum and a zero too, leads to its list."""
    none = {light: Figure(0, replace(base, lights=(light,))) for light in LIGHTS}
    total = Figure(sum(f.count for f in cells.values()), base)
    shown = {light: _linked(call, figure) for light, figure in (none | cells).items()}
    return {"name": name, "cells": shown, **_linked(call, total)}


def _by_first(figures: dict[tuple[Any, str], Figure]) -> dict[Any, dict[str, Figure]]:
    found: dict[Any, dict[str, Figure]] = {}
    for (key, light), figure in figures.items():
        found.setdefault(key, {})[light] = figure
    return found


def _phases(call: Call, seen: Picture) -> list[Data]:
    by_phase = _by_first(seen.phases)
    return [
        _row(call, word("phase", p), by_phase.get(p, {}), LedgerFilter(phases=(p,))) for p in PHASES
    ]


def _boards(call: Call, seen: Picture) -> list[Data]:
    units = call.directory.units
    found = _by_first(seen.boards)
    rows = [
        _row(
            call,
            unit_label(units[key]) if key else _("no board"),
            cells,
            LedgerFilter(boards=(key,)),
        )
        for key, cells in found.items()
    ]
    return sorted(rows, key=_worst_first)


def _categories(call: Call, seen: Picture) -> list[Data]:
    known = call.ctx.policy().categories
    rows = [
        _row(
            call,
            category_label(name, known[name]) if name in known else name,
            cells,
            LedgerFilter(categories=(name,)),
        )
        for name, cells in _by_first(seen.categories).items()
    ]
    return sorted(rows, key=_worst_first)


def _worst_first(row: Data) -> tuple[int, int]:
    return -row["cells"]["red"]["n"], -row["n"]


def _units(call: Call, seen: Picture) -> list[Data]:
    rows = [
        {
            "name": unit_label(call.directory.units[key]),
            "running": _linked(call, load.running),
            "overdue": _linked(call, load.overdue),
        }
        for key, load in seen.units.items()
    ]
    return sorted(rows, key=lambda row: (-row["overdue"]["n"], -row["running"]["n"]))


def _period(call: Call, one: Period) -> Data:
    return {
        "since": one.since.astimezone(call.zone).date(),
        "opened": _linked(call, one.opened),
        "closed": _linked(call, one.closed),
        "relapsed": _linked(call, one.relapsed),
        "overdue": _linked(call, one.overdue),
    }


def _charts(parts: Data) -> Data:
    """What the script draws: the same rows as the tables beside the charts."""
    return {
        "words": {light: word("light", light) for light in LIGHTS},
        "phases": parts["phases"],
        "boards": parts["boards"],
        "categories": parts["categories"][:10],
        "periods": [one | {"since": f"{one['since']:%m-%d}"} for one in parts["periods"]],
        "series": {
            "opened": _("Newly reported"), "closed": _("Closed"), "overdue": _("Overdue"),
        },
    }  # fmt: skip
