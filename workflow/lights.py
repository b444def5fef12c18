"""Three colours (S4): red = overdue, yellow = warning, green = on course, grey = clock at rest.

Pure. A light is always given with its reason, a code that the faces translate.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from config.policy import Policy
from workflow import deadlines
from workflow.calendar import WorkCalendar

ORDER = {"grey": 0, "green": 1, "yellow": 2, "red": 3}
Light = tuple[str, str]


STEP_LATE: Light = ("yellow", "step_late")
"""A step beside the deadline (receipt, ruling, verification ...) is past its own limit."""


def task_light(
    task: Any, policy: Policy, calendar: WorkCalendar, now: datetime, *, step_late: bool = False
) -> Light:
    """Colour and reason of one task at `now`; a planned task is green.

    `step_late`: a side limit of the task has passed and is not met (`side_limits.passed`). It
    turns green into yellow, also where the deadline itself is no longer at stake.
    """
    resting = _resting(task)
    if resting:
        return STEP_LATE if step_late and resting[0] == "green" else resting
    due, moment = task.due_at, task.submitted_at if task.state == "submitted" else now
    if due is not None and moment > due:
        return "red", "overdue"
    if task.state == "submitted":
        return STEP_LATE if step_late else ("green", "submitted_in_time")
    if due is not None and now >= yellow_from(task, policy, calendar):
        return "yellow", "due_soon"
    if step_late:
        return STEP_LATE
    if task.rejection_count:
        return "yellow", "returned_once"
    if now >= report_due(task, policy, calendar):
        return "yellow", "report_missed"
    return "green", "on_course"


def _resting(task: Any) -> Light | None:
    if task.state in ("verified", "withdrawn"):
        return "grey", task.state
    if task.paused_at is not None:
        return "grey", "parked"
    if task.dispatched_at is None:
        return "green", "planned"
    return None


def yellow_from(task: Any, policy: Policy, calendar: WorkCalendar) -> datetime:
    """When the deadline itself turns the light yellow: days left, or share of the limit left."""
    return yellow_between(task.dispatched_at, task.due_at, policy, calendar)


@lru_cache(maxsize=20_000)
def yellow_between(
    start: datetime, due: datetime, policy: Policy, calendar: WorkCalendar
) -> datetime:
    """The same for a hand-over and a deadline; of the hand-over only the day counts."""
    rules = policy.lights
    total = deadlines.total_limit_days(start, due, calendar)
    days = rules.short_yellow_wd if total <= rules.short_limit_wd else rules.yellow_wd
    if total >= rules.share_from_wd:
        # the first whole number of days left that is under the share
        share = rules.share_left * total
        below = int(share) if share != int(share) else int(share) - 1
        days = max(days, below)
    due_day = calendar.local_date(due)
    first_yellow = calendar.add_working_days(due_day, -days) if days else due_day
    return datetime.combine(first_yellow, datetime.min.time(), calendar.tz)


def report_due(task: Any, policy: Policy, calendar: WorkCalendar) -> datetime:
    """When the present reporting period ends without a progress report."""
    return report_from(task.last_progress_at or task.dispatched_at, policy, calendar)


def report_from(since: datetime, policy: Policy, calendar: WorkCalendar) -> datetime:
    """When a reporting period that began at `since` ends."""
    return deadlines.side_limit(since, policy.lights.report_every_wd, calendar, policy)


def changes_ahead(task: Any, policy: Policy, calendar: WorkCalendar) -> list[datetime]:
    """Moments at which time alone may change a running task's light."""
    if task.state not in ("pending_ack", "in_progress") or task.paused_at is not None:
        return []
    moments = [report_due(task, policy, calendar)]
    if task.due_at is not None:
        # a deadline is met by whatever happens at it: red starts just after
        moments += [yellow_from(task, policy, calendar), task.due_at + timedelta(microseconds=1)]
    return moments


def issue_light(issue: Any, tasks: list[Any], *, step_late: bool = False) -> Light:
    """Worst light of an issue's live tasks; a relapse is red until closed again.

    `step_late`: the issue's own step (breakdown, approval) is past its limit.
    """
    if issue.state in ("closed", "rejected", "merged", "parked"):
        return "grey", issue.state
    live = [t for t in tasks if t.state != "withdrawn"]
    worst = max(
        ((t.light, t.light_reason) for t in live),
        key=lambda x: ORDER[x[0]],
        default=("green", "on_course"),
    )
    if issue.relapse_count:
        return "red", "relapsed"
    if step_late and ORDER[worst[0]] < ORDER[STEP_LATE[0]]:
        return STEP_LATE
    return worst if worst[0] != "grey" else ("green", "all_verified")
