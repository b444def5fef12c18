"""One milestone at a time: its planned date, its day of completion, its own place in the plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select

from config.i18n import gettext as _
from config.projects import STAGES
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.issues import find_issue
from models.queries.library import with_merged
from projects.access import refuse_stale
from projects.milestones.base import (
    Changed,
    begin,
    change,
    day,
    finish,
    milestone_of,
    needed,
    past_day,
    refuse,
    schedule_of,
    today_of,
)
from projects.milestones.network import Node, followers
from projects.milestones.planning import refuse_circle
from projects.milestones.plans import Plan, load_plan, milestone_name
from workflow.case import not_visible
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, Reason

_M, _E = tables.milestone, tables.milestone_edge


def change_date(
    s: Session, *, actor: PersonInfo, milestone_id: int, plan_on: date, reason: str, now: datetime,
    expected_version: int | None = None,
) -> Changed:  # fmt: skip
    """Move one planned date; a target's milestone moves the target. The baseline stays."""
    m, project = milestone_of(s, actor, milestone_id, expected_version)
    text, on = needed("reason", reason), day("plan_on", plan_on)
    assert on is not None
    _refuse_resting(m)
    calendar = context(s).calendar()
    first = calendar.add_working_days(calendar.roll_backward(on), 1 - m.days)
    version = change(
        s, _M, m, plan_on=on, begin_on=first, plan_version=m.plan_version + 1,
        baseline_on=m.baseline_on or on, baseline_begin_on=m.baseline_begin_on or first,
    )  # fmt: skip
    if m.anchor:
        schedule = schedule_of(s, project.id)
        change(s, tables.schedule, schedule, **{f"{m.anchor}_on": on})
    warnings = _out_of_step(load_plan(s, project.id), m.key)
    facts = {"milestone": m.key, "plan_on": [m.plan_on, on], "reason": text}
    finish(s, project.id, "milestone.dated", facts, actor, now)
    return Changed(m.id, project.id, version, warnings)


def _out_of_step(plan: Plan, key: str) -> tuple[Reason, ...]:
    """Warnings where a planned date does not fit those before and after it."""
    nodes, rows = plan.nodes(), plan.by_key
    own, found = rows[key], []
    for other in nodes[key].after:
        if rows[other].plan_on and own.begin_on <= rows[other].plan_on:
            found.append((rows[other], _("It begins before {name} is done.")))
    for other in followers(nodes)[key]:
        if rows[other].begin_on and own.plan_on >= rows[other].begin_on:
            found.append((rows[other], _("It is done after {name} should begin.")))
    remedy = _("Move the other date too, or make a new plan.")
    return tuple(
        Reason("out_of_step", text.format(name=milestone_name(row)), "plan_on", remedy)
        for row, text in found
    )


def record(
    s: Session, *, actor: PersonInfo, milestone_id: int, actual_on: date, now: datetime,
    note: str = "", confirmed: bool = False, expected_version: int | None = None,
) -> Changed:  # fmt: skip
    """Record the day on which a milestone was done; the project's record gets the date that it
    lacks. Raises `GuardFailed` while something before it is open, until that is confirmed."""
    m, project = milestone_of(s, actor, milestone_id, expected_version)
    on = past_day("actual_on", actual_on, today_of(s, now))
    text = needed("note", note) if note.strip() else ""
    _refuse_resting(m)
    open_before = _open_before(load_plan(s, project.id), m.key)
    if open_before and not confirmed:
        raise GuardFailed(
            Reason(
                "predecessors_open",
                _("Not done yet, though it comes before: {names}.").format(
                    names="、".join(open_before)
                ),
                "confirmed",
                _("Record those first, or confirm that it is right."),
            )
        )
    version = change(s, _M, m, actual_on=on, note=text, adopted=False)
    filled = bool(m.fills) and getattr(project, m.fills) is None
    if filled:
        change(s, tables.project, project, **{m.fills: on})
    facts = {"milestone": m.key, "actual_on": on, "note": text, "before": open_before,
             "filled": m.fills if filled else ""}  # fmt: skip
    finish(s, project.id, "milestone.done", facts, actor, now)
    return Changed(m.id, project.id, version)


def _open_before(plan: Plan, key: str) -> list[str]:
    rows = plan.by_key
    return [milestone_name(rows[a]) for a in plan.nodes()[key].after if rows[a].actual_on is None]


def undo(
    s: Session, *, actor: PersonInfo, milestone_id: int, reason: str, now: datetime,
    expected_version: int | None = None,
) -> Changed:  # fmt: skip
    """Take back a day of completion that was recorded wrongly."""
    m, project = milestone_of(s, actor, milestone_id, expected_version)
    text = needed("reason", reason)
    if m.actual_on is None:
        raise refuse(
            "milestone_open", _("The milestone is not done."), _("Nothing is to be undone.")
        )
    if m.adopted:
        raise refuse(
            "date_of_record", _("The day comes from the project's record."),
            _("Correct it there."),
        )  # fmt: skip
    version = change(s, _M, m, actual_on=None, note="")
    cleared = bool(m.fills) and getattr(project, m.fills) == m.actual_on
    if cleared:
        change(s, tables.project, project, **{m.fills: None})
    facts = {"milestone": m.key, "actual_on": m.actual_on, "reason": text,
             "cleared": m.fills if cleared else ""}  # fmt: skip
    finish(s, project.id, "milestone.undone", facts, actor, now)
    return Changed(m.id, project.id, version)


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
    warnings = _out_of_step(load_plan(s, project_id), key)
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
    _refuse_resting(m)
    if m.anchor:
        raise refuse(
            "milestone_is_target", _("The plan is counted back from this milestone."),
            _("Change its date instead."),
        )  # fmt: skip
    version = change(s, _M, m, dropped_on=today_of(s, now), drop_reason=text)
    finish(s, project.id, "milestone.dropped", {"milestone": m.key, "reason": text}, actor, now)
    return Changed(m.id, project.id, version)


def link_issue(
    s: Session, *, actor: PersonInfo, milestone_id: int, issue: str, now: datetime
) -> Changed:
    """Note that an issue of the project, or of a record merged into it, stands in a milestone's
    way."""
    m, project = milestone_of(s, actor, milestone_id)
    found = find_issue(s, actor, issue.strip())
    own = set(s.execute(with_merged(project.id)).scalars())
    if found is None or found.project_id not in own:
        raise not_visible(issue)
    if tie(s, m.id, found.id):
        facts = {"milestone": m.key, "issue": found.number}
        finish(s, project.id, "milestone.issue", facts, actor, now)
    return Changed(m.id, project.id, m.version)


def tie(s: Session, milestone_id: int, issue_id: int) -> bool:
    """Link a milestone and an issue; whether they were not linked before."""
    link = tables.milestone_issue
    pair = (link.c.milestone_id == milestone_id, link.c.issue_id == issue_id)
    if s.execute(select(link.c.id).where(*pair)).first() is not None:
        return False
    s.execute(insert(link).values(milestone_id=milestone_id, issue_id=issue_id))
    return True


def _refuse_resting(m: Any) -> None:
    if m.dropped_on is not None:
        raise refuse(
            "milestone_dropped", _("The milestone was taken out of the plan."),
            _("Add another one if it is needed after all."),
        )  # fmt: skip
    if m.actual_on is not None:
        raise refuse(
            "milestone_done", _("The milestone is done already."),
            _("Take its completion back first if it was wrong."),
        )  # fmt: skip
