"""/projects/wall: every project's light on one wall, by town and street, worst first."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from config.projects import STAGES
from models import tables
from models.queries.projects import visible_projects
from projects.lights.history import COLOURS, trend
from projects.lights.words import explained, reason_word
from web.call import Call, reading
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.templating import page
from workflow.lights import ORDER
from workflow.wording import unit_label, word

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]
MONTHS_BACK = 6
_P, _M = tables.project.c, tables.milestone


@router.get("/projects/wall")
def wall(request: Request, board: str = "", light: str = "", stage: str = "") -> HTMLResponse:
    """Tiles by board; filters by board, light and stage."""
    with reading(request) as call:
        refuse_administrators(call)
        unit = call.directory.by_code.get(board)
        every = _projects(call)
        chosen = [
            row for row in every
            if (unit is None or row.board_id == unit.id)
            and (light not in ORDER or row.light == light)
            and (stage not in STAGES or row.stage == stage)
        ]  # fmt: skip
        return page(
            call, "projects/wall.html", groups=_groups(call, chosen), total=len(chosen),
            counts=_counts(chosen), trend=trend(call.s, call.person, _days(call)),
            colours=COLOURS, filters={"board": board, "light": light, "stage": stage},
            boards=[(u.code, unit_label(u)) for u in _boards(call)],
            stages=[(s, word("stage", s)) for s in STAGES],
            lights=[(c, word("light", c)) for c in COLOURS],
        )  # fmt: skip


def _projects(call: Call) -> list[Any]:
    chosen = (
        select(
            _P.id, _P.name, _P.board_id, _P.stage, _P.light, _P.light_reason, _P.light_facts,
            _P.light_on,
        )
        .where(visible_projects(call.person, call.directory), _P.merged_into_id.is_(None))
        .order_by(_P.id)
    )  # fmt: skip
    return list(call.s.execute(chosen))


def _boards(call: Call) -> list[Any]:
    return [u for u in call.directory.units.values() if u.is_board and u.active]


def _counts(rows: list[Any]) -> Counter[str]:
    return Counter(row.light for row in rows)


def _groups(call: Call, rows: list[Any]) -> list[Data]:
    """Boards in their order, then projects without one; empty groups are left out."""
    own = {row.unit_id: row for row in call.s.execute(select(tables.board_light))}
    names = _own_names(call)
    by_board: dict[int | None, list[Any]] = {}
    for row in rows:
        by_board.setdefault(row.board_id, []).append(row)
    places = [*_boards(call), None]
    known = {u.id for u in places if u is not None}
    rest = [r for key, found in by_board.items() if key not in known for r in found]
    groups = []
    for unit in places:
        found = by_board.get(unit.id, []) if unit is not None else rest
        lamp = own.get(unit.id) if unit is not None else None
        if found:
            groups.append({
                "unit": unit, "name": unit_label(unit) if unit is not None else "",
                "lamp": lamp, "why": reason_word(lamp.light_reason) if lamp is not None else "",
                "facts": explained(lamp.light_facts, {}) if lamp is not None else [],
                "counts": _counts(found), "tiles": _tiles(found, names),
            })  # fmt: skip
    return groups


def _tiles(rows: list[Any], names: dict[int, dict[str, str]]) -> list[Data]:
    ordered = sorted(rows, key=lambda row: (-ORDER[row.light], row.id))
    return [
        {"row": row, "why": reason_word(row.light_reason), "fact": _fact(row, names),
         "stage": word("stage", row.stage)}
        for row in ordered
    ]  # fmt: skip


def _fact(row: Any, names: dict[int, dict[str, str]]) -> str:
    """What is behind the reason that is shown."""
    for test in row.light_facts.get("tests", ()):
        if test["reason"] == row.light_reason:
            return " · ".join(explained(test, names.get(row.id, {})))
    return ""


def _own_names(call: Call) -> dict[int, dict[str, str]]:
    """Names of the milestones that projects have of their own."""
    chosen = select(_M.c.project_id, _M.c.key, _M.c.name).where(
        _M.c.key.like("own\\_%", escape="\\")
    )
    found: dict[int, dict[str, str]] = {}
    for row in call.s.execute(chosen):
        found.setdefault(row.project_id, {})[row.key] = row.name
    return found


def _days(call: Call) -> list[date]:
    """The ends of the last months, and today."""
    today = call.ctx.calendar().local_date(call.now)
    days, first = [today], today.replace(day=1)
    for _n in range(MONTHS_BACK):
        last = date.fromordinal(first.toordinal() - 1)
        days.append(last)
        first = last.replace(day=1)
    return days
