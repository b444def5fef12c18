"""Every endpoint of the API, in the order in which addresses are tried."""

from __future__ import annotations

from starlette.routing import BaseRoute

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
    handed_tables,
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
    milestone_list,
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

_PARTS = (
    documents, issues, tasks, evidence, acting, official, notices, organisation, rules, figures,
    intake,
    projects, project_parts, project_merging, project_lists, forces,
    milestones, milestone_list, milestone_lights, milestone_acts,
    targets, month_figures, handed_tables, plan_editing, plan_actuals, demands,
    kpis, bulletins,
    inspections, inspection_steps, instructions, evaluations,
    meetings, meeting_session, meeting_changes, meeting_decisions, coordination,
)  # fmt: skip
routes: list[BaseRoute] = [route for part in _PARTS for route in part.router.routes]
"""Each knows its whole address: nothing is put together when it is called."""
