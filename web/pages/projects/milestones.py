"""/projects/milestones: milestones of every project by date, what is overdue first."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from config.i18n import gettext as _
from models.queries.milestones import DUE, MilestoneFilter, counts, page
from models.queries.projects import visible_projects
from projects.lights.setting import Ground, ground
from projects.lights.today import lamp_today
from projects.lights.words import reason_word
from projects.milestones.horizon import horizon
from projects.milestones.plans import milestone_name
from web.call import Call, reading
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.templating import page as shown
from web.templating import url
from workflow.wording import unit_label, unit_name

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]
PATH = "/projects/milestones"
PAGE = 50
Text = Annotated[str, Query(max_length=60)]


@router.get(PATH)
def listing(
    request: Request, due: Text = "", board: Text = "", unit: Text = "", mine: bool = False,
    n: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:  # fmt: skip
    """What is not done yet, narrowed; the numbers above are lists, too."""
    with reading(request) as call:
        refuse_administrators(call)
        query: Data = {"due": due if due in DUE else "", "mine": "1" if mine else "",
                       "board": board, "unit": unit}  # fmt: skip
        wanted = MilestoneFilter(query["due"], mine, _unit(call, board), _unit(call, unit))
        seen, when = visible_projects(call.person, call.directory), horizon(call.s, call.now)
        rows, total = page(call.s, call.person, seen, wanted, when, number=n, size=PAGE)
        here = ground(call.s, call.now)
        found = counts(call.s, call.person, seen, when, wanted)
        return shown(
            call, "projects/milestones.html", query=query, total=total, until=when.until,
            rows=[_line(call, row, here) for row in rows],
            numbers=[(code, due_word(code), found[code], url(PATH, **query | {"due": code}))
                     for code in DUE],
            every=(sum(found.values()), url(PATH, **query | {"due": ""})),
            boards=_units(call, boards=True), units=_units(call),
            more=url(PATH, **query, n=n + 1) if n * PAGE < total else "",
            first=url(PATH, **query) if n > 1 else "",
        )  # fmt: skip


def due_word(code: str) -> str:
    """When a milestone is due, in words."""
    words = {"late": _("Overdue"), "soon": _("Due soon"), "later": _("Later")}
    return words[code]


def _unit(call: Call, code: str) -> int | None:
    unit = call.directory.by_code.get(code)
    return unit.id if unit is not None else None


def _units(call: Call, *, boards: bool = False) -> list[tuple[str, str]]:
    units = sorted((u for u in call.directory.units.values() if u.active), key=lambda u: u.id)
    return [(u.code, unit_label(u)) for u in units if u.is_board or not boards]


def _line(call: Call, row: Any, here: Ground) -> Data:
    lamp = lamp_today(row, here)
    return {
        "row": row, "name": milestone_name(row), "light": lamp.light,
        "why": reason_word(lamp.reason),
        "board": unit_name(call.directory, row.board_id),
        "unit": unit_name(call.directory, row.unit_id),
        "over": (here.today - row.plan_on).days,
    }  # fmt: skip
