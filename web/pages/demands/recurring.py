"""共性问题: what enterprises come back to, by category, board and month."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from config.i18n import gettext as _
from projects.demands.listing import NONE
from projects.demands.recurring import Line, Recurring, recurring, rises
from web.call import Call, reading
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.demands.desk import PATH
from web.templating import page, url
from workflow.wording import category_name, unit_label

router = APIRouter(route_class=LateRoute)
CHARTED = 6
"""So many categories have a line in the chart; the table has them all."""
Data = dict[str, Any]


@router.get(PATH + "/recurring")
def show(request: Request) -> HTMLResponse:
    """Counts of a year; each of them is the list behind it."""
    with reading(request) as call:
        refuse_administrators(call)
        found = recurring(call.s, call.person, call.now)
        categories = [_line(call, found, line, "category") for line in found.categories]
        boards = [_line(call, found, line, "board") for line in found.boards]
        chart = {
            "months": found.months,
            "lines": [
                {"name": one["name"], "cells": one["months"]} for one in categories[:CHARTED]
            ],
        }
        return page(
            call, "demands/recurring.html", months=found.months, categories=categories,
            boards=boards, pairs=_pairs(call, found), chart=chart,
            total=sum(line.total for line in found.categories),
            total_path=url(PATH, since=found.months[0]),
        )  # fmt: skip


def _line(call: Call, found: Recurring, line: Line, name: str) -> Data:
    query = {name: line.key or NONE}
    year = query | {"since": found.months[0]}
    return {
        "name": _category(call, line.key) if name == "category" else _board(call, line.key),
        "months": [
            {"n": line.months.get(month, 0), "path": url(PATH, **query, month=month)}
            for month in found.months
        ],
        "total": line.total,
        "path": url(PATH, **year),
        "repeats": line.repeats,
        "repeats_path": url(PATH, **year, view="repeats"),
        "share": f"{line.share:.0%}" if line.share is not None else "",
        "relapses": line.relapses,
        "relapses_path": url(PATH, **year, view="relapses"),
        "rises": rises(line, found.months),
    }


def _pairs(call: Call, found: Recurring) -> Data:
    """Categories across, boards down."""
    boards = [line.key for line in found.boards]
    return {
        "boards": [_board(call, key) for key in boards],
        "rows": [
            {
                "name": _category(call, line.key),
                "cells": [
                    {
                        "n": found.pairs.get((line.key, key), 0),
                        "path": url(
                            PATH,
                            category=line.key or NONE,
                            board=key or NONE,
                            since=found.months[0],
                        ),
                    }
                    for key in boards
                ],
            }
            for line in found.categories
        ],
    }


def _category(call: Call, name: str) -> str:
    return category_name(call.ctx.policy(), name) if name else _("none yet")


def _board(call: Call, code: str) -> str:
    unit = call.directory.by_code.get(code)
    return unit_label(unit) if unit is not None else _("not named")
