"""Milestones of every project by date, as the page /projects/milestones lists them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from config.i18n import N_
from models.queries.milestones import DUE, MilestoneFilter, due_of, following
from models.queries.projects import visible_projects
from projects.lights.setting import ground
from projects.lights.today import lamp_today
from projects.milestones.horizon import horizon
from projects.milestones.plans import milestone_name
from web.api.access import ApiRoute, reading
from web.api.links import dated, dated_cursor, onward
from web.api.params import Cursor, Limit, UnitCode
from web.api.plan_facts import code_of
from web.api.problems import FINDS, refusals
from web.api.shapes import milestones as shapes
from web.call import Call
from web.navigation import refuse_administrators
from workflow.calendar_years import find_unit_id

router = APIRouter(route_class=ApiRoute, tags=["plans"])
Data = dict[str, Any]
Due = Annotated[str | None, Query(pattern=f"^({'|'.join(DUE)})$", description=(
    "late: overdue; soon: as the yellow light counts it; later."
))]  # fmt: skip
Mine = Annotated[bool, Query(description="The unit does it or answers for the project.")]


@router.get(
    "/milestones", response_model=shapes.MilestonePage,
    summary=N_("Milestones of every project that are not done yet, by date"),
    responses=refusals(FINDS),
)  # fmt: skip
def milestones(
    request: Request, due: Due = None, board: UnitCode = None, unit: UnitCode = None,
    mine: Mine = False, cursor: Cursor = None, limit: Limit = 50,
) -> Data:  # fmt: skip
    """Within the caller's scope, the oldest date first; each with its light of today."""
    with reading(request) as call:
        refuse_administrators(call)
        wanted = MilestoneFilter(
            due or "", mine, find_unit_id(call.s, board, "board"),
            find_unit_id(call.s, unit, "unit"),
        )  # fmt: skip
        seen, when = visible_projects(call.person, call.directory), horizon(call.s, call.now)
        rows = following(call.s, call.person, seen, wanted, when, dated(cursor), limit + 1)
        last = rows[limit - 1] if len(rows) > limit else None
        place = None if last is None else dated_cursor(last.plan_on, last.id)
        here = ground(call.s, call.now)
        items = [
            _line(call, row) | {"due": due_of(row.plan_on, when), "light": _light(row, here)}
            for row in rows[:limit]
        ]
        return {"items": items, "next": onward(request, place), "next_cursor": place}


def _line(call: Call, row: Any) -> Data:
    return {
        "id": row.id, "key": row.key, "name": milestone_name(row), "version": row.version,
        "project": row.project_id, "project_name": row.project, "stage": row.stage,
        "plan_on": row.plan_on.isoformat(), "critical": row.critical,
        "unit": code_of(call, row.unit_id), "board": code_of(call, row.board_id),
    }  # fmt: skip


def _light(row: Any, here: Any) -> Data:
    lamp = lamp_today(row, here)
    return {"light": lamp.light, "reason": lamp.reason, "facts": lamp.facts}
