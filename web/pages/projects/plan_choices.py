"""The inputs of a plan's forms with what may be chosen: it hangs on the project."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from config.i18n import N_
from config.milestones import default_network
from config.projects import STAGES
from models import tables
from models.queries.library import with_merged
from models.queries.running import is_open
from models.queries.scope import visible_issues
from projects.milestones.land import items_of, list_of
from projects.milestones.permits import permit_name
from projects.milestones.plans import load_plan, milestone_name
from web.actions.base import Field
from web.call import Call
from web.pages.projects.plan_acts import PlanAct
from workflow.wording import word


def fields_of(call: Call, act: PlanAct, project: Any) -> tuple[Field, ...]:
    """The act's fields with the choices that hang on the project."""
    return tuple(_chosen(call, act, one, project) for one in act.fields)


def _chosen(call: Call, act: PlanAct, one: Field, project: Any) -> Field:
    if one.name == "from_stage":
        return replace(one, choices=tuple((s, word("stage", s)) for s in STAGES))
    if one.name in ("after", "before"):
        live = load_plan(call.s, project.id).live
        return replace(one, choices=tuple((m.key, milestone_name(m)) for m in live))
    if act.name == "link":
        label, issues = N_("Issue"), _open_issues(call, project.id)
        return replace(one, label=label, kind="choice", choices=issues)
    if one.name == "kind":
        kinds = default_network().permits
        return replace(one, choices=tuple((key, permit_name(key)) for key in kinds))
    if one.name == "item":
        found = list_of(call.s, project.id)
        rows = items_of(call.s, found.id) if found is not None else []
        return replace(
            one, choices=tuple((str(r.position), f"{r.position}. {r.name}") for r in rows)
        )
    return one


def _open_issues(call: Call, project_id: int) -> tuple[tuple[str, str], ...]:
    """Open issues of the project, and of records merged into it, that the person may see."""
    issue = tables.issue.c
    chosen = select(issue.number, issue.title).where(
        issue.project_id.in_(with_merged(project_id)), is_open(issue), visible_issues(call.person)
    )
    rows = call.s.execute(chosen.order_by(issue.id.desc()))
    return tuple((row.number, f"{row.number} {row.title}") for row in rows)
