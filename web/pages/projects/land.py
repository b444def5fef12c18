"""/projects/{id}/land: the land-service list, and what was asked for since."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from config.i18n import gettext as _
from projects.access import find_project
from projects.milestones import land
from web.call import reading
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.projects.plan_acts import BY_NAME
from web.templating import page
from workflow.wording import unit_name

router = APIRouter(route_class=LateRoute)


@router.get("/projects/{project_id:int}/land")
def land_page(request: Request, project_id: int, done: str = "") -> HTMLResponse:
    """The list with its items and the demands on it."""
    with reading(request) as call:
        refuse_administrators(call)
        project = find_project(call.s, call.person, project_id)
        found = land.list_of(call.s, project.id)
        return page(
            call, "projects/land.html", project=project, list=found,
            items=land.items_of(call.s, found.id) if found is not None else [],
            demands=land.demands_of(call.s, project.id),
            may=project.merged_into_id is None and land.may_keep(call.s, call.person, project),
            unit_of=lambda unit_id: unit_name(call.directory, unit_id),
            done=_(BY_NAME[done].done) if done in BY_NAME else "",
        )  # fmt: skip
