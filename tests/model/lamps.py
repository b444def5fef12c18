"""The model's lights: worked out anew, in the order of what weighs most."""

from __future__ import annotations

from datetime import datetime, time

from tests.model import steps
from tests.model.clocks import between, side_limit
from tests.model.days import local, on, step
from tests.model.state import Issue, Light, Task

WEIGHT = ("grey", "green", "yellow", "red")


def turn(issue: Issue, now: datetime) -> None:
    """Every lamp of an issue as it must shine now."""
    for task in issue.tasks:
        task.light = _of_task(issue, task, now)
    issue.light = _of_issue(issue, now)


def _of_task(issue: Issue, task: Task, now: datetime) -> Light:
    if task.state in ("verified", "withdrawn"):
        return "grey", task.state
    if task.paused is not None:
        return "grey", "parked"
    late = steps.late(issue, task.number, now)
    if task.dispatched is None or task.due is None:
        return ("yellow", "step_late") if late else ("green", "planned")
    if (task.handed_in or now) > task.due:
        return "red", "overdue"
    if task.state == "submitted":
        return ("yellow", "step_late") if late else ("green", "submitted_in_time")
    since = task.last_word or task.dispatched
    warnings = (
        ("due_soon", now >= _warned(task.dispatched, task.due)),
        ("step_late", late),
        ("returned_once", task.sent_back > 0),
        ("report_missed", now >= side_limit(since, 5)),
    )
    return next((("yellow", reason) for reason, holds in warnings if holds), ("green", "on_course"))


def _warned(start: datetime, due: datetime) -> datetime:
    """The day from which few days are left: three, one of a short limit, or less than 30 %."""
    total = between(start, due)
    left = 1 if total <= 5 else 3
    if total >= 10:
        left = max(left, *(n for n in range(total) if n * 10 < total * 3))
    day = local(due).date()
    return on(step(day, -left), time(0, 0))


def _of_issue(issue: Issue, now: datetime) -> Light:
    if issue.state in ("closed", "rejected", "merged", "parked"):
        return "grey", issue.state
    if issue.relapses:
        return "red", "relapsed"
    shining = [task.light for task in issue.live]
    worst = max(shining, key=lambda lamp: WEIGHT.index(lamp[0]), default=("green", "on_course"))
    if worst[0] == "grey":
        worst = ("green", "all_verified")
    late = worst[0] == "green" and steps.late(issue, issue.number, now)
    return ("yellow", "step_late") if late else worst
