"""Every endpoint of the API under one prefix."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.routing import APIRoute

from web.api import (
    acting,
    bulletins,
    coordination,
    demands,
    documents,
    evaluations,
    evidence,
    figures,
    forces,
    inspection_steps,
    inspections,
    instructions,
    intake,
    issues,
    kpis,
    meeting_changes,
    meeting_decisions,
    meeting_session,
    meetings,
    milestone_acts,
    milestone_lights,
    milestones,
    month_figures,
    notices,
    official,
    organisation,
    plan_actuals,
    plan_editing,
    project_lists,
    project_merging,
    project_parts,
    projects,
    rules,
    targets,
    tasks,
)


def operation_id(route: APIRoute) -> str:
    """A short name that generated clients can bear: tag and endpoint."""
    return f"{route.tags[-1] if route.tags else 'api'}_{route.name}"


router = APIRouter(prefix="/api/v1", generate_unique_id_function=operation_id)
for _part in (
    documents, issues, tasks, evidence, acting, official, notices, organisation, rules, figures,
    intake,
    projects, project_parts, project_merging, project_lists, forces,
    milestones, milestone_lights, milestone_acts,
    targets, month_figures, plan_editing, plan_actuals, demands,
    kpis, bulletins,
    inspections, inspection_steps, instructions, evaluations,
    meetings, meeting_session, meeting_changes, meeting_decisions, coordination,
):  # fmt: skip
    router.include_router(_part.router)
