"""Lights of projects and boards, and the issues that slipping milestones propose."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import select

from config.i18n import N_
from config.projects import STAGES
from models import tables
from models.queries.projects import visible_projects
from projects.history import plain as jsonable
from projects.milestones import proposals
from projects.milestones.plans import milestone_name
from web.api.access import ApiRoute, reading
from web.api.links import numbered
from web.api.params import Cursor, Limit, UnitCode
from web.api.plan_facts import code_of, light_of, paged
from web.api.problems import FINDS, READS, refusals
from web.api.shapes import milestones as shapes
from web.navigation import refuse_administrators
from workflow.calendar_years import find_unit_id

router = APIRouter(route_class=ApiRoute, tags=["plans"])
Data = dict[str, Any]
Light = Annotated[str | None, Query(pattern="^(red|yellow|green|grey)$")]
Stage = Annotated[str | None, Query(pattern=f"^({'|'.join(STAGES)})$")]
ProposalState = Annotated[str, Query(pattern="^(open|reported|dismissed|settled)$")]


@router.get(
    "/project-lights", response_model=shapes.ProjectLightPage,
    summary=N_("Lights of projects, page by page"), responses=refusals(FINDS),
)  # fmt: skip
def lights(
    request: Request, light: Light = None, board: UnitCode = None, stage: Stage = None,
    cursor: Cursor = None, limit: Limit = 50,
) -> Data:  # fmt: skip
    """Of the projects that the caller may know of, by id."""
    p = tables.project.c
    with reading(request) as call:
        refuse_administrators(call)
        chosen = (
            select(tables.project)
            .where(visible_projects(call.person, call.directory), p.merged_into_id.is_(None))
            .where(p.id > (numbered(cursor) or 0)).order_by(p.id).limit(limit + 1)
        )  # fmt: skip
        for column, value in (
            (p.light, light), (p.stage, stage), (p.board_id, find_unit_id(call.s, board, "board")),
        ):  # fmt: skip
            chosen = chosen if value is None else chosen.where(column == value)
        rows = list(call.s.execute(chosen))
        items = [
            {"project": r.id, "name": r.name, "board": code_of(call, r.board_id), "stage": r.stage,
             "light": light_of(r), "as_of": r.light_on}
            for r in rows[:limit]
        ]  # fmt: skip
        return paged(request, items, rows[limit - 1].id if len(rows) > limit else None)


@router.get(
    "/board-lights", response_model=shapes.BoardLights,
    summary=N_("Lights of towns and streets"), responses=refusals(READS),
)  # fmt: skip
def board_lights(request: Request) -> Data:
    """By their month tasks, up to the newest month whose figures should be in."""
    with reading(request) as call:
        refuse_administrators(call)
        chosen = select(tables.board_light).order_by(tables.board_light.c.unit_id)
        rows = list(call.s.execute(chosen))
        return {"items": [
            {"board": code_of(call, r.unit_id), "light": light_of(r), "as_of": jsonable(r.light_on)}
            for r in rows
        ]}  # fmt: skip


@router.get(
    "/milestone-proposals", response_model=shapes.ProposalPage,
    summary=N_("Issues that slipping milestones propose"), responses=refusals(FINDS),
)  # fmt: skip
def proposed(
    request: Request, state: ProposalState = "open", cursor: Cursor = None, limit: Limit = 50
) -> Data:
    """Within the caller's scope, the newest first."""
    with reading(request) as call:
        refuse_administrators(call)
        before = numbered(cursor)
        rows = proposals.proposals(
            call.s, call.person, states=(state,), limit=limit + 1, before_id=before
        )
        items = [
            {"id": r.id, "version": r.version, "project": r.project_id,
             "milestone": r.milestone_id, "name": milestone_name(r), "cause": r.cause,
             "state": r.state, "reason": r.reason, "issue": r.issue}
            for r in rows[:limit]
        ]  # fmt: skip
        return paged(request, items, rows[limit - 1].id if len(rows) > limit else None)
