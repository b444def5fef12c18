"""Trying the rules out: when would a task be due, and what would the ladder do."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from config.i18n import gettext as _
from config.policy import Policy
from config.policy_parts import BOARD
from web.call import Call, reading
from web.late import LateRoute
from web.pages.admin.access import require
from web.pages.admin.forms import Box, Typed, build, number
from web.templating import page
from web.widgets import category_label
from workflow.calendar import WorkCalendar
from workflow.commands.base import clean_moment
from workflow.errors import Malformed, Reason, WorkflowError
from workflow.lights import yellow_from
from workflow.simulate import Simulation, simulate
from workflow.typed import parse_moment
from workflow.wording import derivation_lines, limit_text

router = APIRouter(route_class=LateRoute)
PATH = "/admin/policy/simulate"


@router.get(PATH)
def show(request: Request) -> HTMLResponse:
    """The form, and below it what was asked."""
    with reading(request) as call:
        require(call, "policy")
        asked = {k: v for k, v in request.query_params.items() if v}
        found: Simulation | None = None
        error: WorkflowError | None = None
        if asked.get("category"):
            try:
                found, calendar, policy = _run(call, asked)
            except WorkflowError as refusal:
                error = refusal
        facts: dict[str, Any] = {"found": None}
        if found is not None:
            facts = _facts(found, policy, calendar)
        return _page(call, asked, error, facts)


def _page(
    call: Call, asked: dict[str, str], error: WorkflowError | None, facts: dict[str, Any]
) -> HTMLResponse:
    policy = call.ctx.policy()
    categories = [(name, category_label(name, c)) for name, c in policy.categories.items()]
    limits = [(k, f"{limit_text(v.unit, v.n)} ({k})") for k, v in policy.limits.items()]
    urgency = [("yes", _("urgent")), ("no", _("ordinary"))]
    moment = f"{call.now.astimezone(call.zone):%Y-%m-%dT%H:%M}"
    boxes = [
        Box("category", _("Category"), options=categories),
        Box("dispatched", _("Handed over at"), moment, type="datetime-local"),
        Box("limit", _("Time limit"), optional=True, options=limits,
            help=_("As the category says unless chosen.")),
        Box("urgent", _("Urgency"), optional=True, options=urgency),
        Box("days", _("Another number of days or hours"), optional=True, type="number"),
        Box("due", _("A fixed deadline instead"), optional=True, type="datetime-local"),
    ]  # fmt: skip
    form = build("simulate", PATH, _("Simulate"), boxes, Typed("simulate", asked, error))
    status = error.status if error is not None else 200
    return page(call, "admin/simulator.html", status, form=form, **facts)


def _run(call: Call, asked: dict[str, str]) -> tuple[Simulation, WorkCalendar, Policy]:
    """Simulate with the lead unit's own calendar, as a task of that category would have it."""
    policy = _with_limit(call.ctx.policy(), asked["category"], asked.get("limit", ""))
    rules = policy.categories.get(asked["category"])
    unit = call.directory.find_unit(rules.lead) if rules and rules.lead != BOARD else None
    calendar = call.ctx.calendar(unit.id if unit is not None else None)
    found = simulate(
        policy,
        calendar,
        call.directory,
        category=asked["category"],
        dispatched=_moment(asked.get("dispatched", ""), call, "dispatched", "09:00"),
        urgent={"yes": True, "no": False}.get(asked.get("urgent", "")),
        days=_days(asked.get("days", "")),
        due=_moment(asked["due"], call, "due", policy.hours.day_end) if "due" in asked else None,
    )
    return found, calendar, policy


def _with_limit(policy: Policy, category: str, limit: str) -> Policy:
    rules = policy.categories.get(category)
    if rules is None or limit not in policy.limits:
        return policy
    changed = {category: rules.model_copy(update={"limit": limit})}
    return policy.model_copy(update={"categories": {**policy.categories, **changed}})


def _days(given: str) -> int | None:
    if not given:
        return None
    found = number(given)
    if found is None or found > 1000:
        message = _("The number of days must lie between 1 and 1000.")
        raise Malformed(Reason("days_malformed", message, "days", _("Correct the number.")))
    return found


def _moment(given: str, call: Call, field: str, day_end: str) -> datetime:
    moment = parse_moment(given, call.zone, field, day_end)
    clean_moment(field, moment)
    return moment


def _facts(found: Simulation, policy: Policy, calendar: WorkCalendar) -> dict[str, Any]:
    due = found.deadline.due_at
    return {
        "found": found,
        "why": derivation_lines(found.deadline.derivation),
        "steps": _steps(found, policy, calendar) if due is not None else [],
    }


def _steps(found: Simulation, policy: Policy, calendar: WorkCalendar) -> list[dict[str, Any]]:
    """Everything that would happen, in order, with the light that shines from then on."""
    due = found.deadline.due_at
    assert due is not None
    task = SimpleNamespace(dispatched_at=found.dispatched, due_at=due)
    yellow = max(yellow_from(task, policy, calendar), found.dispatched)
    steps = [
        _step(found.dispatched, _("Handed over"), "start"),
        _step(found.acknowledge_by, _("Receipt due"), "limit"),
        _step(yellow, _("The light turns yellow"), "light"),
        _step(due, _("Deadline: after it the light is red"), "due"),
    ]
    steps += [
        _step(rung.at, rung.document, "rung", rung) for rung in found.rungs if rung.at is not None
    ]
    steps.sort(key=lambda step: step["at"])
    for step in steps:
        step["light"] = "red" if step["at"] > due else "yellow" if step["at"] >= yellow else "green"
    return steps


def _step(at: datetime, text: str, kind: str, rung: Any = None) -> dict[str, Any]:
    return {"at": at, "text": text, "kind": kind, "rung": rung}
