"""Laying out a project's network, counted back from its targets, and laying it out anew.

The first plan is the baseline and stays; a re-plan is a new edition with a reason. The record's
own planned dates are not touched by a re-plan: a start that is late stays late (domain rules §4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update

from config.i18n import gettext as _
from config.milestones import DefaultMilestone, default_network
from config.policy_parts import BOARD
from config.projects import STAGES, Stage
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import OFFICE, refuse_stale, require
from projects.milestones.base import (
    Planned,
    begin,
    change,
    day,
    finish,
    needed,
    refuse,
    schedule_of,
    today_of,
)
from projects.milestones.network import Node as NetworkNode
from projects.milestones.network import Span, earliest, ordered, plan_back, slack, without
from projects.milestones.plans import Plan, load_plan
from workflow.context import Context, context
from workflow.errors import Malformed, Reason

_M, _S = tables.milestone, tables.schedule
STEP = 10
"""Positions leave room for milestones of a project's own."""


def lay_out(
    s: Session,
    *,
    actor: PersonInfo,
    project_id: int,
    now: datetime,
    start_on: date | None = None,
    finish_on: date | None = None,
    from_stage: str = "",
    expected_version: int | None = None,
) -> Planned:
    """Give a project the default network from a stage on (its own by default), counted back.

    Targets are the record's planned dates unless given; what the record lacks is filled in. Raises
    `GuardFailed` when there is a network already or no target to count back from.
    """
    project = begin(s, actor, project_id)
    schedule = schedule_of(s, project_id)
    refuse_stale(schedule, expected_version)
    if schedule.edition:
        raise refuse(
            "plan_exists", _("The project has a plan already."), _("Make a new plan with a reason.")
        )
    wanted = {
        "start_on": day("start_on", start_on) or project.plan_start_on,
        "finish_on": day("finish_on", finish_on) or project.plan_finish_on,
    }
    _refuse_order(wanted)
    _insert_network(s, context(s), project, _stage(from_stage or project.stage))
    change(s, _S, schedule, edition=0, **wanted)
    missing = {
        name: value
        for name, value in (("plan_start_on", start_on), ("plan_finish_on", finish_on))
        if value is not None and getattr(project, name) is None
    }
    if missing:
        change(s, tables.project, project, **missing)
    return _plan(s, actor, project, now, reason="", first=True, filled=missing)


def replan(
    s: Session,
    *,
    actor: PersonInfo,
    project_id: int,
    reason: str,
    now: datetime,
    start_on: date | None = None,
    finish_on: date | None = None,
    expected_version: int | None = None,
) -> Planned:
    """Count back anew from the targets (those in force unless given); the baseline stays."""
    project = begin(s, actor, project_id)
    schedule = schedule_of(s, project_id)
    refuse_stale(schedule, expected_version)
    text = needed("reason", reason)
    if not schedule.edition:
        raise refuse("plan_missing", _("The project has no plan yet."), _("Lay one out first."))
    wanted = {
        "start_on": day("start_on", start_on) or schedule.start_on,
        "finish_on": day("finish_on", finish_on) or schedule.finish_on,
    }
    _refuse_order(wanted)
    change(s, _S, schedule, **wanted)
    return _plan(s, actor, project, now, reason=text, first=False, filled={})


def excuse_start(
    s: Session,
    *,
    actor: PersonInfo,
    project_id: int,
    reason: str,
    until: date,
    now: datetime,
    expected_version: int | None = None,
) -> Planned:
    """Record the good reason for which a late start is no warning until a day; for the office."""
    require(actor, OFFICE)
    begin(s, actor, project_id)
    schedule = schedule_of(s, project_id)
    refuse_stale(schedule, expected_version)
    values = {"excuse": needed("reason", reason), "excused_until": day("until", until)}
    version = change(s, _S, schedule, **values)
    finish(s, project_id, "plan.start_excused", values, actor, now)
    return Planned(project_id, version, schedule.edition)


def _refuse_order(wanted: Mapping[str, date | None]) -> None:
    start, end = wanted["start_on"], wanted["finish_on"]
    if start is not None and end is not None and end <= start:
        raise Malformed(
            Reason(
                "dates_reversed", _("The completion does not come after the start."), "finish_on",
                _("Correct one of the two dates."),
            )
        )  # fmt: skip


def _stage(name: str) -> Stage:
    if name not in STAGES:
        raise Malformed(
            Reason(
                "stage_unknown", _("Unknown stage {name}.").format(name=name), "from_stage",
                _("Use one of: {names}.").format(names=", ".join(STAGES)),
            )
        )  # fmt: skip
    return Stage(name)


def chosen_milestones(stage: str, nature: str) -> list[DefaultMilestone]:
    """The default milestones of a stage and those after it, for a nature of projects."""
    network = default_network()
    order = {name: n for n, name in enumerate(STAGES)}
    return [
        m for m in network.milestone
        if order[m.stage] >= order[stage] and nature not in m.without
    ]  # fmt: skip


def _insert_network(s: Session, ctx: Context, project: Any, stage: Stage) -> None:
    """Milestones and edges; what is left out is bridged."""
    network, kept = default_network(), chosen_milestones(stage, project.nature)
    every = [NetworkNode(m.key, m.days, m.after) for m in network.milestone]
    keys = {m.key for m in kept}
    nodes = without(every, [m.key for m in network.milestone if m.key not in keys])
    rows = [
        {
            "project_id": project.id, "key": m.key, "name": m.name, "stage": m.stage.value,
            "position": n * STEP, "days": m.days, "anchor": m.anchor, "fills": m.fills,
            "unit_id": _unit(ctx, project, m.unit), "category": m.category,
            "actual_on": (on := getattr(project, m.fills) if m.fills else None),
            "adopted": on is not None,
        }
        for n, m in enumerate(kept, 1)
    ]  # fmt: skip
    s.execute(insert(_M), rows)
    ids = {
        row.key: row.id
        for row in s.execute(select(_M.c.key, _M.c.id).where(_M.c.project_id == project.id))
    }
    edges = [
        {"project_id": project.id, "before_id": ids[before], "after_id": ids[node.key]}
        for node in nodes
        for before in node.after
    ]
    if edges:
        s.execute(insert(tables.milestone_edge), edges)


def _unit(ctx: Context, project: Any, code: str) -> int | None:
    if code == BOARD:
        return int(project.board_id) if project.board_id is not None else None
    unit = ctx.directory.find_unit(code)
    return unit.id if unit is not None else None


def _plan(
    s: Session, actor: PersonInfo, project: Any, now: datetime, *,
    reason: str, first: bool, filled: dict[str, Any],
) -> Planned:  # fmt: skip
    """Date the milestones, keep the edition, append the event."""
    ctx, plan, today = context(s), load_plan(s, project.id), today_of(s, now)
    spans = dated(plan, today, ctx, project)
    if first or not spans:
        _refuse_undated(plan, spans)
    for m in plan.live:
        if m.actual_on is None and m.key in spans:
            _date(s, m, spans[m.key], first=first)
        elif first and m.actual_on is not None:
            _date(s, m, Span(m.actual_on, m.actual_on), first=True)
    edition = plan.schedule.edition + 1
    s.execute(update(_S).where(_S.c.id == plan.schedule.id).values(edition=edition))
    dates = {key: [span.begin.isoformat(), span.end.isoformat()] for key, span in spans.items()}
    targets = {"start_on": plan.schedule.start_on, "finish_on": plan.schedule.finish_on}
    s.execute(
        insert(tables.schedule_edition).values(
            project_id=project.id, edition=edition, at=now, by_id=actor.id, reason=reason,
            dates=dates, **targets,
        )
    )  # fmt: skip
    facts = {"edition": edition, "reason": reason, "filled": filled, **targets}
    tag = "plan.laid_out" if first else "plan.replanned"
    finish(s, project.id, tag, facts, actor, now)
    return Planned(project.id, plan.schedule.version, edition, shortfall(plan, today, ctx))


def dated(plan: Plan, today: date, ctx: Context, project: Any) -> dict[str, Span]:
    """The latest dates that keep the plan's targets, by milestone."""
    nodes, targets = plan.nodes(), plan.targets()
    open_targets = {key: on for key, on in targets.items() if nodes[key].actual is None}
    begin_on = max(today, project.actual_finish_on or today)
    return plan_back(nodes, open_targets, ctx.calendar(), begin_on)


def _refuse_undated(plan: Plan, spans: Mapping[str, Span]) -> None:
    anchored = [m for m in plan.live if m.anchor and m.actual_on is None]
    if anchored and not plan.targets():
        raise refuse(
            "target_missing",
            _("There is no date to count back from."),
            _("Give the planned start or completion."),
            "finish_on",
        )


def _date(s: Session, m: Any, span: Span, *, first: bool) -> None:
    values: dict[str, Any] = {"begin_on": span.begin, "plan_on": span.end}
    if first:
        values |= {"baseline_begin_on": span.begin, "baseline_on": span.end}
    elif m.plan_on != span.end:
        values |= {"plan_version": m.plan_version + 1}
    elif m.begin_on == span.begin:
        return
    change(s, _M, m, **values)


def shortfall(plan: Plan, today: date, ctx: Context) -> tuple[Reason, ...]:
    """A warning when the targets cannot be kept even if nothing is lost from today on."""
    calendar, nodes = ctx.calendar(), plan.nodes()
    targets = plan.targets()
    room = slack(nodes, earliest(nodes, today, calendar), targets, {}, calendar)
    short = -min(room.values(), default=0)
    if short <= 0:
        return ()
    return (
        Reason(
            "target_too_near",
            _("Even without any loss the target is missed by {n} working days.").format(n=short),
            "finish_on",
            _("Shorten steps on the critical path, do more side by side, or move the target."),
        ),
    )


def refuse_circle(nodes: Iterable[NetworkNode]) -> None:
    """Raise `Malformed` when milestones would wait for each other."""
    from projects.milestones.network import Circle

    try:
        ordered(nodes)
    except Circle as error:
        raise Malformed(
            Reason(
                "plan_circle",
                _("The milestones would wait for each other: {names}.").format(names=error),
                "after", _("Take one of them out of what comes before."),
            )
        ) from error  # fmt: skip
