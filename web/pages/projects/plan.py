"""/projects/{id}/plan: milestones with their dates and lights, pictures, permits, proposals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select
from starlette.datastructures import FormData

from config.i18n import gettext as _
from config.milestones import default_network
from models import tables
from models.queries.library import with_merged
from models.queries.scope import visible_issues
from projects.access import OFFICE, find_project, may_report, require_reporter
from projects.lights import history as light_history
from projects.lights.facts import ENDED, Issues, Picture, still_needed, used_on
from projects.lights.words import explained, reason_word, test_word
from projects.milestones import permits, proposals
from projects.milestones.land import may_keep
from projects.milestones.network import critical_path, earliest
from projects.milestones.permits import permit_name
from projects.milestones.plans import Plan, load_plan, milestone_name
from web.actions.base import typed
from web.call import Call, reading, writing
from web.forms import check_csrf, kept, posted, text
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.projects.plan_acts import (
    BY_NAME,
    PlanAct,
    about,
    act_named,
    defaults_of,
    perform,
    row_of,
)
from web.pages.projects.plan_choices import fields_of
from web.pages.projects.plan_picture import gantt, network_picture
from web.templating import page, url
from web.widgets import widgets
from workflow.errors import Reason, StaleVersion, WorkflowError
from workflow.wording import unit_name

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]
KEEPERS_TOO = frozenset({"land-list", "demand", "match", "land-report"})


@router.get("/projects/{project_id:int}/plan")
def plan_page(request: Request, project_id: int, done: str = "") -> HTMLResponse:
    """The plan of a project."""
    with reading(request) as call:
        refuse_administrators(call)
        project = find_project(call.s, call.person, project_id)
        return page(
            call, "projects/plan.html", project=project, done=_done_words(done),
            **facts(call, project),
        )  # fmt: skip


def _done_words(name: str) -> str:
    return _(BY_NAME[name].done) if name in BY_NAME else ""


def facts(call: Call, project: Any) -> Data:
    """Everything that the page shows."""
    plan = load_plan(call.s, project.id)
    calendar = call.ctx.calendar()
    today, rules = calendar.local_date(call.now), call.ctx.policy().project_lights
    nodes = plan.nodes()
    path = critical_path(nodes, earliest(nodes, today, calendar), plan.targets(), calendar)
    held = permits.permits_of(call.s, project.id)
    issues = issues_of(call, project.id)
    picture = Picture(project, plan, Issues(), None, held)
    return {
        "plan": plan, "today": today, "rules": rules, "issues": issues,
        "lines": [_line(call, m, issues) for m in plan.live],
        "dropped": [m for m in plan.milestones if m.dropped_on is not None],
        "gantt": gantt(plan.live, today),
        "network": network_picture(nodes, plan.by_key, path),
        "critical": [milestone_name(plan.by_key[k]) for k in path.line] if path else [],
        "blockers": [_line(call, plan.by_key[k], issues) for k in path.blockers] if path else [],
        "permits": [_permit(p, today, rules, picture) for p in held],
        "prompt": permits.promptness(plan.milestones, held, rules, calendar),
        "proposals": proposals.proposals(call.s, call.person, project_id=project.id),
        "changes": light_history.changes_of(call.s, f"project:{project.id}", 12),
        "tests": tests_of(project, plan),
        "may": project.merged_into_id is None and may_report(call.s, call.person, project),
        "may_excuse": project.merged_into_id is None and call.has(*OFFICE),
        "milestone_name": milestone_name, "reason_word": reason_word,
    }  # fmt: skip


def _line(call: Call, m: Any, issues: list[Any]) -> Data:
    return {
        "row": m, "name": milestone_name(m), "unit": unit_name(call.directory, m.unit_id),
        "why": reason_word(m.light_reason), "facts": explained(m.light_facts, {}),
        "issues": [i for i in issues if i.milestone_id == m.id or
                   (i.milestone_id is None and i.category == m.category and m.actual_on is None
                    and m.critical)],
    }  # fmt: skip


def issues_of(call: Call, project_id: int) -> list[Any]:
    """Open issues of the project, and of records merged into it, in the reader's scope, with the
    milestones that they hinder."""
    issue, link = tables.issue.c, tables.milestone_issue.c
    chosen = (
        select(
            issue.number, issue.title, issue.state, issue.light, issue.light_reason,
            issue.category, link.milestone_id,
        )
        .outerjoin(tables.milestone_issue, link.issue_id == issue.id)
        .where(issue.project_id.in_(with_merged(project_id)), issue.state.not_in(ENDED))
        .where(visible_issues(call.person))
        .order_by(issue.id)
    )  # fmt: skip
    return list(call.s.execute(chosen))


def _permit(permit: Any, today: Any, rules: Any, picture: Picture) -> Data:
    network = default_network()
    needed = still_needed(network, picture, permit.kind)
    used = used_on(network, picture, permit.kind)
    return {
        "row": permit, "name": permit_name(permit.kind),
        "state": permits.validity(permit, today, rules, needed, used),
    }  # fmt: skip


def tests_of(project: Any, plan: Plan) -> list[Data]:
    """What led to the project's light, test by test."""
    names = {m.key: milestone_name(m) for m in plan.milestones}
    return [
        {
            "test": test_word(test["test"]), "light": test["light"],
            "why": reason_word(test["reason"]), "facts": explained(test, names),
        }
        for test in project.light_facts.get("tests", ())
    ]  # fmt: skip


@router.get("/projects/{project_id:int}/plan/{name}")
def act_form(request: Request, project_id: int, name: str, of: int | None = None) -> HTMLResponse:
    """The form of an act."""
    with reading(request) as call:
        refuse_administrators(call)
        act, project = act_named(name), _allowed(call, name, project_id)
        row = row_of(call, act, project, of)
        return _form(call, act, project, row, defaults_of(call, act, project, row))


def _allowed(call: Call, name: str, project_id: int) -> Any:
    """The project, for somebody who may do this; the commands ask again."""
    project = find_project(call.s, call.person, project_id)
    if name in KEEPERS_TOO and may_keep(call.s, call.person, project):
        return project
    require_reporter(call.s, call.person, project)
    return project


def _form(
    call: Call, act: PlanAct, project: Any, row: Any, values: Data,
    error: WorkflowError | None = None, seen: int | None = None,
) -> HTMLResponse:  # fmt: skip
    fields = fields_of(call, act, project)
    names = {one.name for one in fields}
    beside: dict[str, list[Reason]] = {}
    general: list[Reason] = []
    for reason in error.reasons if error is not None else ():
        target = beside.setdefault(reason.field, []) if reason.field in names else general
        target.append(replace(reason))
    return page(
        call, "projects/plan_act.html", error.status if error is not None else 200,
        act=act, title=_(act.title), help=_(act.help) if act.help else "", project=project,
        row=row, about=about(act, row) if row is not None else "",
        widgets=widgets(call, fields, _texts(values), beside), general=general,
        stale=isinstance(error, StaleVersion),
        version=seen if seen is not None else getattr(row, "version", ""),
        back=f"/projects/{project.id}/{act.then}",
    )  # fmt: skip


def _texts(values: Data) -> Data:
    return {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in values.items()}


@router.post("/projects/{project_id:int}/plan/{name}")
def act(request: Request, project_id: int, name: str, sent: FormData = Depends(posted)) -> Response:
    """Do it, or show the form again with what was refused."""
    wanted = act_named(name)
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            refuse_administrators(call)
            project = find_project(call.s, call.person, project_id)
            row_of(call, wanted, project, _number(sent, "of"))
            fields = fields_of(call, wanted, project)
            raw = {one.name: text(sent, one.name) for one in fields}
            perform(
                call, wanted, project, _number(sent, "of"), _number(sent, "version"),
                typed(fields, raw, call.s),
            )  # fmt: skip
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        return _refused(request, wanted, project_id, sent, error)
    return RedirectResponse(url(f"/projects/{project_id}/{wanted.then}", done=name), 303)


def _refused(
    request: Request, wanted: PlanAct, project_id: int, sent: FormData, error: WorkflowError
) -> HTMLResponse:
    with reading(request) as call:
        project = find_project(call.s, call.person, project_id)
        row = row_of(call, wanted, project, _number(sent, "of"))
        seen = None if isinstance(error, StaleVersion) else _number(sent, "version")
        return _form(call, wanted, project, row, kept(sent), error, seen)


def _number(sent: FormData, name: str) -> int | None:
    given = text(sent, name)
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 9 else None
