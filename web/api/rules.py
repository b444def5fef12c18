"""The rules: calendar, deadlines, policy and its simulation."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from config.i18n import N_
from config.i18n import gettext as _
from web.api import shapes
from web.api.access import ApiRoute, needs, reading
from web.api.moments import local, stamp
from web.api.params import UnitCode
from web.api.problems import READS, refusals
from web.call import Call
from web.faults import forbidden
from workflow import deadlines
from workflow.calendar_years import YearView, find_unit_id, show_year
from workflow.commands.base import clean_moment
from workflow.errors import Malformed, Reason
from workflow.simulate import simulate
from workflow.typed import parse_moment

router = APIRouter(route_class=ApiRoute)
Data = dict[str, Any]
MOST_DAYS = 1000
_ASKS = refusals((*READS, 400, 408, 413))
_STRICT = ConfigDict(extra="forbid")


class DeadlineBody(BaseModel):
    """A limit class and the moment from which it runs."""

    model_config = _STRICT
    start: str = Field(
        max_length=40,
        description="Date or moment; without an offset in the policy's zone.",
        examples=["2026-09-28T10:00"],
    )
    limit: str = Field(
        max_length=60, description="Limit class of the policy.", examples=["ordinary"]
    )
    days: int | None = Field(
        default=None, ge=1, le=MOST_DAYS, description="Instead of the class's own number."
    )
    due: str | None = Field(default=None, max_length=40, description="Instead: a fixed date.")
    unit: str | None = Field(default=None, max_length=120, description="Whose calendar counts.")


class SimulationBody(BaseModel):
    """A category and the moment of its dispatch."""

    model_config = _STRICT
    category: str = Field(max_length=60, examples=["杆线迁移"])
    dispatched: str = Field(max_length=40, examples=["2026-09-28T10:00"])
    urgent: bool | None = None
    days: int | None = Field(default=None, ge=1, le=MOST_DAYS)
    due: str | None = Field(default=None, max_length=40)


@router.get(
    "/calendar",
    tags=["calendar"],
    response_model=shapes.Year,
    summary=N_("The days of a year, worked or not"),
    responses=refusals(READS),
)
def year(
    request: Request,
    year: Annotated[int, Query(ge=1990, le=2149, examples=[2026])],
    unit: UnitCode = None,
) -> Data:
    """With one unit's exceptions, if it is named."""
    with reading(request) as call:
        return _year(show_year(call.s, year, unit))


def _year(view: YearView) -> Data:
    days = [day for month in view.months for day in month]
    return {
        "year": view.year,
        "status": view.status,
        "unit": view.unit,
        "edition": view.edition,
        "working_days": view.working_days,
        "days": [
            {
                "day": day.day.isoformat(),
                "kind": day.kind,
                "working": day.working,
                "cause": day.cause,
                "own": day.own,
            }
            for day in days
        ],
    }


@router.post(
    "/calendar/deadline",
    tags=["calendar"],
    response_model=shapes.Due,
    summary=N_("Count a deadline"),
    description=N_("Nothing is stored; the scope read is enough."),
    responses=_ASKS,
)
@needs("read")
def deadline(request: Request, body: DeadlineBody) -> Data:
    """A limit class from a start, with its derivation."""
    with reading(request) as call:
        policy, unit = call.ctx.policy(), find_unit_id(call.s, body.unit)
        rules = policy.limits.get(body.limit)
        if rules is None:
            raise _unknown_limit(body.limit, list(policy.limits))
        start = _moment(call, "start", body.start)
        fixed = _moment(call, "due", body.due) if body.due else None
        found = deadlines.compute(
            rules, body.limit, start, call.ctx.calendar(unit), policy,
            cause="dispatch", n=body.days, fixed=fixed,
        )  # fmt: skip
        return {
            "start": stamp(call, start),
            "limit": body.limit,
            "due_at": local(call, found.due_at),
            "provisional": found.provisional,
            "derivation": found.derivation,
        }


def _unknown_limit(name: str, known: list[str]) -> Malformed:
    return Malformed(
        Reason(
            "limit_unknown",
            _("Unknown limit class {name}.").format(name=name),
            "limit",
            _("Use one of: {names}.").format(names=", ".join(known)),
        )
    )


def _moment(call: Call, field: str, text: str) -> datetime:
    day_end = call.ctx.policy().hours.day_end
    moment = parse_moment(text, call.zone, field, day_end)
    clean_moment(field, moment)
    return moment


@router.get(
    "/policy",
    tags=["policy"],
    response_model=shapes.PolicyInForce,
    summary=N_("The policy in force"),
    responses=refusals(READS),
)
def policy(request: Request) -> Data:
    """Categories, limits, ladder and every other rule, as they are in the file."""
    with reading(request) as call:
        found = call.ctx.policy()
        return {
            "version_id": call.ctx.policy_version_id,
            "name": found.policy.name,
            "timezone": found.policy.timezone,
            "policy": found.model_dump(mode="json", by_alias=True),
        }


@router.post(
    "/policy/simulate",
    tags=["policy"],
    response_model=shapes.Simulated,
    summary=N_("Try out a dispatch: its deadline and its ladder (the bureau)"),
    description=N_("Nothing is stored; the scope read is enough."),
    responses=_ASKS,
)
@needs("read")
def simulation(request: Request, body: SimulationBody) -> Data:
    """What a dispatch at some moment would lead to."""
    with reading(request) as call:
        if not call.person.sees_all:
            raise forbidden(_("Only the bureau and the leaders simulate."))
        found = simulate(
            call.ctx.policy(), call.ctx.calendar(), call.directory,
            category=body.category,
            dispatched=_moment(call, "dispatched", body.dispatched),
            urgent=body.urgent,
            days=body.days,
            due=_moment(call, "due", body.due) if body.due else None,
        )  # fmt: skip
        return found.to_json()
