"""Plans of projects: milestones, permits, proposals, land-service lists, lights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import select

from config.i18n import N_
from config.milestones import default_network
from config.projects import STAGES
from models import tables
from models.queries.projects import visible_projects
from projects.access import find_project
from projects.history import plain as jsonable
from projects.lights.facts import Issues, Picture, still_needed
from projects.milestones import land, permits, proposals
from projects.milestones.network import critical_path, earliest
from projects.milestones.plans import Plan, load_plan, milestone_name
from web.actions.base import Field, typed
from web.api.access import ApiRoute, reading, writing
from web.api.bodies import body_model, plain
from web.api.idempotency import Answer, Key, once
from web.api.links import cursor_refused, onward
from web.api.params import INTEGER, Cursor, Id, Limit, UnitCode
from web.api.problems import ACTS as ACT_STATUSES
from web.api.problems import ETAG, FINDS, READS, REPLAYED, refusals
from web.api.shapes import milestones as shapes
from web.api.versions import IfMatch, etag, matching
from web.call import Call
from web.navigation import refuse_administrators
from web.pages.projects.plan_acts import ACTS, PlanAct, perform
from workflow.calendar_years import find_unit_id
from workflow.case import not_visible

router = APIRouter(route_class=ApiRoute, tags=["plans"])
Data = dict[str, Any]
Light = Annotated[str | None, Query(pattern="^(red|yellow|green|grey)$")]
Stage = Annotated[str | None, Query(pattern=f"^({'|'.join(STAGES)})$")]
ProposalState = Annotated[str, Query(pattern="^(open|reported|dismissed|settled)$")]
PATHS = {
    "project": "/projects/{id}/plan", "milestone": "/milestones/{id}", "permit": "/permits/{id}",
    "proposal": "/milestone-proposals/{id}", "demand": "/land-demands/{id}",
}  # fmt: skip
TABLES = {
    "milestone": tables.milestone, "permit": tables.permit,
    "proposal": tables.milestone_proposal, "demand": tables.land_demand,
}  # fmt: skip


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
        "finish_on": schedule.finish_on if schedule else None, "light": _light(project),
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


def _light(row: Any) -> Data:
    return {"light": row.light, "reason": row.light_reason, "facts": row.light_facts}


def _milestone(call: Call, m: Any, after: tuple[str, ...]) -> Data:
    same = (
        "id", "key", "stage", "version", "days", "category", "begin_on", "plan_on", "baseline_on",
        "forecast_on", "actual_on", "slack_wd", "critical",
    )  # fmt: skip
    return {name: getattr(m, name) for name in same} | {
        "name": milestone_name(m), "after": list(after), "unit": _code(call, m.unit_id),
        "light": _light(m),
    }  # fmt: skip


def _code(call: Call, unit_id: int | None) -> str | None:
    unit = call.directory.units.get(unit_id or 0)
    return unit.code if unit is not None else None


def _permit(permit: Any, today: Any, rules: Any, picture: Picture) -> Data:
    needed = still_needed(default_network(), picture, permit.kind)
    same = ("id", "kind", "number", "granted_on", "valid_until", "version")
    return {name: getattr(permit, name) for name in same} | {
        "state": permits.validity(permit, today, rules, needed)
    }


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
            .where(p.id > _place(cursor)).order_by(p.id).limit(limit + 1)
        )  # fmt: skip
        for column, value in (
            (p.light, light), (p.stage, stage), (p.board_id, find_unit_id(call.s, board, "board")),
        ):  # fmt: skip
            chosen = chosen if value is None else chosen.where(column == value)
        rows = list(call.s.execute(chosen))
        items = [
            {"project": r.id, "name": r.name, "board": _code(call, r.board_id), "stage": r.stage,
             "light": _light(r), "as_of": r.light_on}
            for r in rows[:limit]
        ]  # fmt: skip
        return _paged(request, items, rows[limit - 1].id if len(rows) > limit else None)


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdecimal() and 0 < int(cursor[:20]) <= INTEGER):
        raise cursor_refused()
    return int(cursor)


def _paged(request: Request, items: list[Data], last: int | None) -> Data:
    cursor = None if last is None else str(last)
    return {"items": jsonable(items), "next": onward(request, cursor), "next_cursor": cursor}


@router.get(
    "/board-lights", response_model=shapes.BoardLights,
    summary=N_("Lights of towns and streets"), responses=refusals(READS),
)  # fmt: skip
def board_lights(request: Request) -> Data:
    """By their month tasks; the newest month that is over."""
    with reading(request) as call:
        refuse_administrators(call)
        chosen = select(tables.board_light).order_by(tables.board_light.c.unit_id)
        rows = list(call.s.execute(chosen))
        return {"items": [
            {"board": _code(call, r.unit_id), "light": _light(r), "as_of": jsonable(r.light_on)}
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
        before = _place(cursor) if cursor is not None else None
        rows = proposals.proposals(
            call.s, call.person, states=(state,), limit=limit + 1, before_id=before
        )
        items = [
            {"id": r.id, "version": r.version, "project": r.project_id,
             "milestone": r.milestone_id, "name": milestone_name(r), "cause": r.cause,
             "state": r.state, "reason": r.reason, "issue": r.issue}
            for r in rows[:limit]
        ]  # fmt: skip
        return _paged(request, items, rows[limit - 1].id if len(rows) > limit else None)


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
                {"position": i.position, "name": i.name, "unit": _code(call, i.unit_id)}
                for i in (land.items_of(call.s, found.id) if found else [])
            ],
            "demands": [
                {"id": d.id, "version": d.version, "text": d.text, "raised_on": d.raised_on,
                 "unit": _code(call, d.unit_id), "item": d.item, "issue": d.issue}
                for d in land.demands_of(call.s, project.id)
            ],
        })  # fmt: skip
        return facts


# ------------------------------------------------------------ acts by declaration


def fields_of(act: PlanAct) -> tuple[Field, ...]:
    """The act's fields as JSON has them: keys where the form offers choices of the project."""
    return tuple(_plain(one) for one in act.fields)


def _plain(one: Field) -> Field:
    if one.name in ("after", "before"):
        return replace(one, kind="line", many=True)
    if one.name == "item":
        return replace(one, kind="number")
    if one.name == "kind":
        return replace(one, choices=tuple((key, key) for key in default_network().permits))
    return one


def _project_of(call: Call, act: PlanAct, row_id: int) -> Any:
    if act.subject == "project":
        return find_project(call.s, call.person, row_id)
    table = TABLES[act.subject]
    row = call.s.execute(select(table.c.project_id).where(table.c.id == row_id)).first()
    if row is None:
        raise not_visible(str(row_id))
    return find_project(call.s, call.person, row.project_id)


def _act(act: PlanAct) -> Callable[..., JSONResponse]:
    fields = fields_of(act)
    body: type[BaseModel] = body_model(_name(act), fields)

    def endpoint(
        request: Request, id: Any, body: Any = None, if_match: IfMatch = None, key: Key = None
    ) -> JSONResponse:
        sent = plain(body)
        with writing(request) as call, matching(if_match) as version:

            def produce() -> Answer:
                project = _project_of(call, act, id)
                values = typed(fields, sent, call.s)
                made = perform(call, act, project, id, version, values)
                answer = _done(made)
                return Answer(200, answer, etag(answer["version"]))

            return once(call, key, sent, produce)

    endpoint.__annotations__ = {
        "request": Request, "id": Id, "body": body if fields else body | None,
        "if_match": IfMatch, "key": Key, "return": JSONResponse,
    }  # fmt: skip
    endpoint.__name__ = f"{act.subject}_{act.name.replace('-', '_')}"
    return endpoint


def _name(act: PlanAct) -> str:
    return "".join(word.capitalize() for word in f"{act.subject}-{act.name}".split("-")) + "Plan"


def _done(made: Any) -> Data:
    changed, issue = made if isinstance(made, tuple) else (made, None)
    return {
        "id": getattr(changed, "id", changed.project_id), "project": changed.project_id,
        "version": changed.version, "issue": issue,
        "warnings": [str(reason) for reason in changed.warnings],
    }  # fmt: skip


for _one in ACTS:
    router.add_api_route(
        f"{PATHS[_one.subject]}/{_one.name}", _act(_one), methods=["POST"], summary=_one.title,
        description=_one.help or None, response_model=shapes.PlanDone,
        responses=refusals(ACT_STATUSES) | {200: {"headers": ETAG | REPLAYED}},
    )  # fmt: skip
