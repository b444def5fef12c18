"""The model's deadlines: counted day by day, minute by minute; stopped, moved and set anew."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache

from tests.model.days import (
    after_minutes,
    count,
    end_of,
    local,
    minutes_between,
    on,
    roll,
    step,
)
from tests.model.state import Deadline, Issue, Task

ONE_DAY = timedelta(days=1)


def side_limit(start: datetime, days: int) -> datetime:
    """Close of business, so many working days after a day."""
    return end_of(step(local(start).date(), days))


def counted(unit: str, n: int, start: datetime) -> datetime:
    """A limit that runs from `start`."""
    day = local(start).date()
    if unit == "working_hour":
        return after_minutes(start, n * 60)
    return end_of(roll(day + n * ONE_DAY) if unit == "calendar_day" else step(day, n))


def set_deadline(
    task: Task, due: datetime, cause: str, start: datetime, now: datetime, *, reset: bool = True
) -> None:
    """A new version. What was prepared under the old one is void."""
    climbed = {key for version, key in task.rungs if version == task.version}
    task.deadlines.append(Deadline(due, cause, start))
    task.due, task.since = due, now
    task.original_due = task.original_due or due
    task.level = 0 if reset else task.level
    # what nobody has decided yet must be prepared again under the new date
    undecided = set(void_prepared(task))
    task.climbed = set() if reset else (task.climbed | climbed) - undecided


def void_prepared(task: Task) -> list[str]:
    """Steps that wait for a person wait no longer; their rungs."""
    waiting = [key for key, state in task.prepared.items() if state == "prepared"]
    for key in waiting:
        task.prepared[key] = "void"
    return [rung for _version, rung in waiting]


def hand_over(
    issue: Issue, task: Task, now: datetime, cause: str, fixed: datetime | None = None
) -> None:
    """The clock starts, and the unit is told. In a parked issue it stands still at once."""
    task.dispatched = now
    unit, n = task.limit
    due = fixed or task.fixed or counted(unit, n or 0, now)
    set_deadline(task, due, cause, now, now)
    if issue.state == "parked":
        task.paused = now
    for person in {f"{task.lead}_liaison", f"{task.lead}_head"} | {f"{u}_liaison" for u in task.co}:
        issue.told[task.number, "dispatch", person] += 1


def pause(issue: Issue, now: datetime) -> None:
    """Every clock that runs stands still."""
    issue.state = "parked"
    for task in issue.tasks:
        if task.running or (task.dispatched is not None and task.state == "submitted"):
            task.paused = now


def restart(issue: Issue, now: datetime) -> None:
    """Every deadline moves by the working time that stood still."""
    issue.state = "in_progress"
    for task in issue.tasks:
        paused, task.paused = task.paused, None
        over = task.state in ("verified", "withdrawn")
        if paused is None or over or task.due is None or task.dispatched is None:
            continue
        task.last_word = now  # nobody reports on a clock that stands still
        due = moved(task.due, task.limit[0], paused, now)
        set_deadline(task, due, "park_resume", task.dispatched, now, reset=False)


@cache  # every step of a life asks again, and open minutes are counted one by one
def moved(due: datetime, unit: str, paused: datetime, resumed: datetime) -> datetime:
    """The deadline after a pause: hours move by open minutes, everything else by days."""
    if unit == "working_hour":
        return after_minutes(due, minutes_between(paused, resumed))
    first, last = local(paused).date(), local(resumed).date()
    days = count(first, last - ONE_DAY)
    there = local(due)
    return on(step(there.date(), days), there.time())


def days_left(due: datetime, now: datetime) -> int:
    """Working days after today up to the day of the deadline."""
    return count(local(now).date() + ONE_DAY, local(due).date())


def between(start: datetime, end: datetime) -> int:
    """Length of a limit: working days after the first day up to the last."""
    return count(local(start).date() + ONE_DAY, local(end).date())


def review_allowed(review: date, now: datetime) -> bool:
    """After today, within ninety days."""
    today = local(now).date()
    return today < review <= today + 90 * ONE_DAY


def at_day_end(day: date) -> datetime:
    """A date as a deadline."""
    return on(day, time(17, 30))
