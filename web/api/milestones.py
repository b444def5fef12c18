"""The plan of a project: milestones, critical path, permits, the land-service list."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from config.i18n import N_
from config.milestones import default_network
from projects.access import find_project
from projects.history import plain as jsonable
from projects.lights.facts import Issues, Picture, still_needed, used_on
from projects.milestones import land, permits
from projects.milestones.network import critical_path, earliest
from projects.milestones.plans import Plan, load_plan, milestone_name
from web.api.access import ApiRoute, reading
from web.api.params import Id
from web.api.plan_facts import code_of, light_of
from web.api.problems import ETAG, FINDS, refusals
from web.api.shapes import milestones as shapes
from web.api.versions import etag
from web.call import Call
from web.navigation import refuse_administrators

router = APIRouter(route_class=ApiRoute, tags=["plans"])
Data = dict[str, Any]


@router.get(
    "/projects/{id}/plan", response_model=shapes.ProjectPlan,
    summary=N_("The plan of a project with its lights"),
    responses=refusals(FINDS) | {200: {"headers": ETAG}},
)  # fmt: skip
def plan(request: Request, response: Response, id: Id) -> Data:
    """Milestones, critical path, permits. The ETag is that of the plan as a whole."""
    with reading(request) as call:
        refuse_administrators(call)
        project = find_project(call.s, call.person, id)
        found = load_plan(call.s, project.id)
        if found.schedule is not None:
            response.headers.update(etag(found.schedule.version))
        return _plan(call, project, found)


def _plan(call: Call, project: Any, found: Plan) -> Data:
    calendar = call.ctx.calendar()
    today, rules = calendar.local_date(call.now), call.ctx.policy().project_lights
    nodes, schedule = found.nodes(), found.schedule
    path = critical_path(nodes, earliest(nodes, today, calendar), found.targets(), calendar)
    held = permits.permits_of(call.s, project.id)
    picture = Picture(project, found, Issues(), None, held)
    prompt = permits.promptness(found.milestones, held, rules, calendar)
    facts: Data = jsonable({
        "project": project.id, "version": schedule.version if schedule else None,
        "edition": schedule.edition if schedule else 0,
        "start_on": schedule.start_on if schedule else None,
        "finish_on": schedule.finish_on if schedule else None, "light": light_of(project),
        "milestones": [_milestone(call, m, nodes[m.key].after) for m in found.live],
        "critical_path": path.line if path else [], "blockers": path.blockers if path else [],
        "permits": [_permit(p, today, rules, picture) for p in held],
        "promptness": [
            {"key": p.key, "met": p.met, "first_on": p.first_on, "then_on": p.then_on,
             "working_days": p.days, "limit": p.limit}
            for p in prompt
        ],
    })  # fmt: skip
    return facts


def _milestone(call: Call, m: Any, after: tuple[str, ...]) -> Data:
    same = (
        "id", "key", "stage", "version", "days", "category", "begin_on", "plan_on", "baseline_on",
        "forecast_on", "actual_on", "slack_wd", "critical",
    )  # fmt: skip
    return {name: getattr(m, name) for name in same} | {
        "name": milestone_name(m), "after": list(after), "unit": code_of(call, m.unit_id),
        "light": light_of(m),
    }  # fmt: skip


def _permit(permit: Any, today: Any, rules: Any, picture: Picture) -> Data:
    network = default_network()
    needed = still_needed(network, picture, permit.kind)
    used = used_on(network, picture, permit.kind)
    same = ("id", "kind", "number", "granted_on", "valid_until", "version")
    return {name: getattr(permit, name) for name in same} | {
        "state": permits.validity(permit, today, rules, needed, used)
    }


@router.get(
    "/projects/{id}/land", response_model=shapes.LandFile,
    summary=N_("The land-service list of a project"), responses=refusals(FINDS),
)  # fmt: skip
def land_file(request: Request, id: Id) -> Data:
    """The list as it was handed out, and what was asked for since."""
    with reading(request) as call:
        refuse_administrators(call)
        project = find_project(call.s, call.person, id)
        found = land.list_of(call.s, project.id)
        facts: Data = jsonable({
            "project": project.id, "issued_on": found.issued_on if found else None,
            "contract": found.contract if found else "",
            "items": [
                {"position": i.position, "name": i.name, "unit": code_of(call, i.unit_id)}
                for i in (land.items_of(call.s, found.id) if found else [])
            ],
            "demands": [
                {"id": d.id, "version": d.version, "text": d.text, "raised_on": d.raised_on,
                 "unit": code_of(call, d.unit_id), "item": d.item, "issue": d.issue}
                for d in land.demands_of(call.s, project.id)
            ],
        })  # fmt: skip
        return facts
