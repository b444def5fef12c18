"""Milestones of a project's own: added between others, or taken out of its plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert

from config.i18n import gettext as _
from config.projects import STAGES
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import refuse_stale
from projects.milestones.base import (
    Changed,
    begin,
    change,
    day,
    finish,
    milestone_of,
    needed,
    refuse,
    refuse_resting,
    schedule_of,
    today_of,
)
from projects.milestones.commands import out_of_step
from projects.milestones.network import Node
from projects.milestones.planning import refuse_circle
from projects.milestones.plans import Plan, load_plan
from workflow.context import context
from workflow.errors import Malformed, Reason

_M, _E = tables.milestone, tables.milestone_edge


def add(
    s: Session, *, actor: PersonInfo, project_id: int, name: str, days: int, now: datetime,
    after: Sequence[str] = (), before: Sequence[str] = (), plan_on: date | None = None,
    unit: str = "", category: str = "", stage: str = "", expected_version: int | None = None,
) -> Changed:  # fmt: skip
    """Add a milestone of the project's own between others; without a date it follows those before.

    `after` and `before` are keys; `expected_version` is the plan's. Raises `Malformed`.
    """
    project = begin(s, actor, project_id)
    schedule = schedule_of(s, project_id)
    refuse_stale(schedule, expected_version)
    if not schedule.edition:
        raise refuse("plan_missing", _("The project has no plan yet."), _("Lay one out first."))
    plan = load_plan(s, project_id)
    _known(plan, after, "after")
    _known(plan, before, "before")
    key = _own_key(plan)
    edges = [*plan.edges, *((a, key) for a in after), *((key, b) for b in before)]
    refuse_circle(_nodes([*plan.by_key, key], edges))
    values = _new(s, plan, key, name, days, after, day("plan_on", plan_on))
    values |= {"project_id": project_id, **_filed(s, project, unit, category, stage)}
    new_id = int(s.execute(insert(_M).values(values).returning(_M.c.id)).scalar_one())
    rows = plan.by_key
    links = [{"before_id": rows[a].id, "after_id": new_id} for a in after]
    links += [{"before_id": new_id, "after_id": rows[b].id} for b in before]
    if links:
        s.execute(insert(_E), [link | {"project_id": project_id} for link in links])
    change(s, tables.schedule, schedule)
    warnings = out_of_step(load_plan(s, project_id), key)
    facts = {"milestone": key, "name": values["name"], "after": list(after), "before": list(before),
             "plan_on": values["plan_on"]}  # fmt: skip
    finish(s, project_id, "milestone.added", facts, actor, now)
    return Changed(new_id, project_id, 1, warnings)


def _nodes(keys: Sequence[str], edges: Sequence[tuple[str, str]]) -> list[Node]:
    return [Node(key, 1, tuple(a for a, b in edges if b == key)) for key in keys]


def _known(plan: Plan, keys: Sequence[str], field: str) -> None:
    live = {m.key: m for m in plan.live}
    for key in keys:
        if key not in live:
            raise Malformed(
                Reason(
                    "milestone_unknown", _("The plan has no milestone {name}.").format(name=key),
                    field, _("Use one of: {names}.").format(names=", ".join(live)),
                )
            )  # fmt: skip


def _own_key(plan: Plan) -> str:
    taken = {m.key for m in plan.milestones}
    return next(key for n in range(1, 10_000) if (key := f"own_{n}") not in taken)


def _new(
    s: Session, plan: Plan, key: str, name: str, days: int, after: Sequence[str], on: date | None
) -> dict[str, Any]:
    if not 1 <= days <= 2000:
        raise Malformed(
            Reason(
                "days_out_of_range", _("A milestone takes 1 to 2000 working days."), "days",
                _("Give a number of working days."),
            )
        )  # fmt: skip
    rows, calendar = plan.by_key, context(s).calendar()
    ends = [rows[a].actual_on or rows[a].plan_on for a in after]
    if on is None and not any(ends):
        raise Malformed(
            Reason(
                "plan_date_missing", _("There is nothing before it from which to count."),
                "plan_on", _("Give its planned date."),
            )
        )  # fmt: skip
    end = on or calendar.add_working_days(max(e for e in ends if e), days)
    first = calendar.add_working_days(calendar.roll_backward(end), 1 - days)
    place = max((rows[a].position for a in after), default=0) + 1
    return {
        "key": key, "name": needed("name", name, 60), "days": days, "position": place,
        "begin_on": first, "plan_on": end, "baseline_begin_on": first, "baseline_on": end,
    }  # fmt: skip


def _filed(s: Session, project: Any, unit: str, category: str, stage: str) -> dict[str, Any]:
    ctx = context(s)
    known = ctx.directory.find_unit(unit) if unit else None
    if unit and known is None:
        raise Malformed(
            Reason(
                "unit_unknown", _("Unknown unit {name}.").format(name=unit), "unit",
                _("Use its code or full name."),
            )
        )  # fmt: skip
    if category and category not in ctx.policy().categories:
        raise Malformed(
            Reason(
                "category_unknown", _("Unknown category {name}.").format(name=category),
                "category",
                _("Use one of: {names}.").format(names="、".join(ctx.policy().categories)),
            )
        )  # fmt: skip
    if stage and stage not in STAGES:
        raise Malformed(
            Reason(
                "stage_unknown", _("Unknown stage {name}.").format(name=stage), "stage",
                _("Use one of: {names}.").format(names=", ".join(STAGES)),
            )
        )  # fmt: skip
    return {
        "unit_id": known.id if known is not None else project.board_id,
        "category": category or next(reversed(ctx.policy().categories)),
        "stage": stage or project.stage,
    }


def drop(
    s: Session, *, actor: PersonInfo, milestone_id: int, reason: str, now: datetime,
    expected_version: int | None = None,
) -> Changed:  # fmt: skip
    """Take a milestone that the project does not need out of its plan; it stays on record."""
    m, project = milestone_of(s, actor, milestone_id, expected_version)
    text = needed("reason", reason)
    refuse_resting(m)
    if m.anchor:
        raise refuse(
            "milestone_is_target", _("The plan is counted back from this milestone."),
            _("Change its date instead."),
        )  # fmt: skip
    version = change(s, _M, m, dropped_on=today_of(s, now), drop_reason=text)
    finish(s, project.id, "milestone.dropped", {"milestone": m.key, "reason": text}, actor, now)
    return Changed(m.id, project.id, version)
