"""/inspections/new: planning an inspection, or taking up what the clock has suggested."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select
from starlette.datastructures import FormData

from config.inspections import rules
from config.projects import STAGES
from config.roles import Role
from models import tables
from models.queries.projects import visible_projects
from projects.access import INSPECTORS, LEADERS, require
from projects.inspections.choosing import Choice
from projects.inspections.found import find
from projects.inspections.plan import Plan, adopt, plan
from web.call import Call, reading
from web.forms import kept, posted, text, texts
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.inspections.kit import (
    choices,
    day,
    needed_day,
    people_with,
    send,
    tabs,
    units,
    whole,
    wholes,
)
from web.templating import page, url
from workflow.errors import WorkflowError
from workflow.wording import unit_name, word

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]
TEAM = frozenset({*INSPECTORS, *LEADERS, Role.COMMISSIONER})


@router.get("/inspections/new")
def form(
    request: Request,
    suggestion: int | None = Query(default=None, ge=1, lt=2**31),
    project: int | None = Query(default=None, ge=1, lt=2**31),
) -> HTMLResponse:
    """An empty plan of today, or one begun from a suggestion or a project."""
    with reading(request) as call:
        refuse_administrators(call)
        require(call.person, INSPECTORS)
        today = call.ctx.calendar().local_date(call.now).isoformat()
        values: Data = {"kind": "patrol", "starts_on": today, "ends_on": today, "rule": "named",
                        "announced": "yes", "members": [call.person.username]}  # fmt: skip
        if project is not None:
            values["project"] = [str(project)]
        if suggestion is not None:
            row = find(call.s, call.person, suggestion)
            values |= {
                "suggestion": row.id, "kind": row.kind, "title": row.title,
                "starts_on": row.starts_on.isoformat(), "ends_on": row.ends_on.isoformat(),
                "rule": "lot",
            }  # fmt: skip
        return _show(call, values)


@router.post("/inspections/new")
def add(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Plan it."""

    def act(call: Call) -> str:
        suggestion = whole(sent, "suggestion")
        given: Data = {"actor": call.person, "form": _plan(sent), "now": call.now}
        if suggestion is None:
            made = plan(call.s, **given)
        else:
            made = adopt(call.s, inspection=suggestion, **given)
        return url(f"/inspections/{made.id}", done="planned")

    return send(request, sent, act, lambda call, error: _show(call, kept(sent), error))


def _plan(sent: FormData) -> Plan:
    return Plan(
        kind=text(sent, "kind"), title=text(sent, "title"), purpose=text(sent, "purpose"),
        starts_on=needed_day(sent, "starts_on"), ends_on=day(sent, "ends_on"),
        leader=text(sent, "leader"), leader_name=text(sent, "leader_name"),
        members=tuple(texts(sent, "members")), announced=text(sent, "announced") == "yes",
        choice=Choice(
            rule=text(sent, "rule"), projects=wholes(sent, "project"), board=text(sent, "board"),
            stage=text(sent, "stage"), days=whole(sent, "days"), size=whole(sent, "size"),
        ),
    )  # fmt: skip


def _show(call: Call, values: Data, error: WorkflowError | None = None) -> HTMLResponse:
    refuse_administrators(call)
    require(call.person, INSPECTORS)
    known = rules().inspection
    return page(
        call, "inspections/new.html", error.status if error else 200, tabs=tabs(call),
        values=defaultdict(str, values), reasons=error.reasons if error else (),
        kinds=choices("inspection_kind"), rules=choices("inspection_rule"),
        boards=units(call, boards=True), stages=[(c, word("stage", c)) for c in STAGES],
        leaders=people_with(call, LEADERS), team=people_with(call, TEAM),
        groups=projects_by_board(call), chosen=_listed(values.get("project")),
        members=_listed(values.get("members")), unvisited_days=known.unvisited_days,
        sample_size=known.sample_size, most=known.most_sites,
    )  # fmt: skip


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def projects_by_board(call: Call) -> list[tuple[str, list[Any]]]:
    """Projects that may be visited, town by town."""
    p = tables.project.c
    chosen = select(p.id, p.name, p.board_id, p.light).where(
        visible_projects(call.person, call.directory), p.merged_into_id.is_(None)
    )
    found: dict[str, list[Any]] = {}
    order = (p.board_id.is_(None), p.board_id, p.name)
    for row in call.s.execute(chosen.order_by(*order)):
        found.setdefault(unit_name(call.directory, row.board_id), []).append(row)
    return list(found.items())
