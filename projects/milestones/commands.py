"""The dates of one milestone: planned, done, and taken back."""

from __future__ import annotations

from datetime import date, datetime

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.milestones.base import (
    Changed,
    change,
    day,
    finish,
    milestone_of,
    needed,
    past_day,
    refuse,
    refuse_resting,
    schedule_of,
    today_of,
)
from projects.milestones.network import followers
from projects.milestones.plans import Plan, load_plan, milestone_name
from workflow.context import context
from workflow.errors import GuardFailed, Reason

_M = tables.milestone


def change_date(
    s: Session, *, actor: PersonInfo, milestone_id: int, plan_on: date, reason: str, now: datetime,
    expected_version: int | None = None,
) -> Changed:  # fmt: skip
    """Move one planned date; a target's milestone moves the target. The baseline stays."""
    m, project = milestone_of(s, actor, milestone_id, expected_version)
    text, on = needed("reason", reason), day("plan_on", plan_on)
    assert on is not None
    refuse_resting(m)
    calendar = context(s).calendar()
    first = calendar.add_working_days(calendar.roll_backward(on), 1 - m.days)
    version = change(
        s, _M, m, plan_on=on, begin_on=first, plan_version=m.plan_version + 1,
        baseline_on=m.baseline_on or on, baseline_begin_on=m.baseline_begin_on or first,
    )  # fmt: skip
    if m.anchor:
        schedule = schedule_of(s, project.id)
        change(s, tables.schedule, schedule, **{f"{m.anchor}_on": on})
    warnings = out_of_step(load_plan(s, project.id), m.key)
    facts = {"milestone": m.key, "plan_on": [m.plan_on, on], "reason": text}
    finish(s, project.id, "milestone.dated", facts, actor, now)
    return Changed(m.id, project.id, version, warnings)


def out_of_step(plan: Plan, key: str) -> tuple[Reason, ...]:
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
    refuse_resting(m)
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
