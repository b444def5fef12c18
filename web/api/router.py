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
    inspection_steps,
    inspections,
    instructions,
    intake,
    issues,
    kpis,
    meeting_changes,
    meeting_decisions,
    meetings,
    milestones,
    notices,
    official,
    organisation,
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
    intake, projects, milestones, targets, demands,
    kpis, bulletins,
    inspections, inspection_steps, instructions, evaluations,
    meetings, meeting_changes, meeting_decisions, coordination,
):  # fmt: skip
    router.include_router(_part.router)
