"""What the clock will do and when, if nobody acts: the ladder and the side limits. Pure.

An agenda is computed from a row alone, so that it can be shown ahead, simulated, fired by a sweep
and checked by the watchdog with the same code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from config.policy import Policy, Rung
from workflow import deadlines, lights
from workflow.calendar import WorkCalendar


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing on the agenda: `ladder` (a rung), `limit` (a side limit) or `light`."""

    key: str
    at: datetime
    sort: str
    rung: Rung | None = None
    ref: int | None = None

    @property
    def level(self) -> int | None:
        """Level of a rung, None otherwise."""
        return self.rung.level if self.rung else None


@dataclass(frozen=True, slots=True)
class RungMoment(Moment):
    """A moment that certainly is a rung's."""

    rung: Rung


def offset_for(rung: Rung, urgent: bool, policy: Policy) -> int:
    """Working days from the deadline; urgent tasks take a share of them, at least one."""
    if not urgent or rung.offset == 0:
        return rung.offset
    days = max(1, math.ceil(abs(rung.offset) * policy.escalation.urgent_factor))
    return days if rung.offset > 0 else -days


def rung_moment(
    rung: Rung, due: datetime, urgent: bool, policy: Policy, calendar: WorkCalendar
) -> datetime:
    """When a rung fires: `fire_at` of the working day that lies its offset from the deadline."""
    offset = offset_for(rung, urgent, policy)
    return _at_fire_time(
        calendar.add_working_days(calendar.local_date(due), offset), policy, calendar
    )


def _at_fire_time(day: date, policy: Policy, calendar: WorkCalendar) -> datetime:
    return datetime.combine(day, deadlines.clock_time(policy.hours.fire_at), calendar.tz)


def ladder(task: Any, policy: Policy, calendar: WorkCalendar) -> list[RungMoment]:
    """Every rung of the present deadline, in order of time.

    Left out: reminders whose moment had passed when the deadline was set, and rungs at or below
    `climbed` (fired before a pause or a new calendar moved the date).
    """
    if task.due_at is None:
        return []
    since, climbed = task.deadline_since, task.climbed.split(",")
    return [
        m
        for m in _climb(task, policy, calendar)
        if (m.key not in climbed if m.rung.offset > 0 else since is None or m.at > since)
    ]


def _climb(task: Any, policy: Policy, calendar: WorkCalendar) -> tuple[RungMoment, ...]:
    counted = reached(task, policy)
    return rung_moments(policy, calendar, task.due_at, bool(task.urgent), counted)


def reached(task: Any, policy: Policy) -> frozenset[str]:
    """Keys of the rungs whose number of reds or yellows a task has reached."""
    return frozenset(
        key
        for key, reds, yellows in _counting(policy)
        if (reds is not None and task.red_count >= reds)
        or (yellows is not None and task.yellow_count >= yellows)
    )


@lru_cache(maxsize=64)
def _counting(policy: Policy) -> tuple[tuple[str, int | None, int | None], ...]:
    return tuple(
        (r.key, r.red_count, r.yellow_count)
        for r in policy.ladder
        if r.red_count is not None or r.yellow_count is not None
    )


@lru_cache(maxsize=20_000)
def rung_moments(
    policy: Policy, calendar: WorkCalendar, due: datetime, urgent: bool, counted: frozenset[str]
) -> tuple[RungMoment, ...]:
    """Every rung of a deadline in order of time. Many tasks share a deadline, so it is kept.

    Rungs in `counted` have reached their number of reds or yellows: they come as soon as this
    deadline is missed too.
    """
    overdue = [r for r in policy.ladder if r.offset > 0]
    first = min(overdue, key=lambda r: r.offset, default=None)
    moments = []
    for rung in policy.ladder:
        at = rung_moment(rung, due, urgent, policy, calendar)
        if first is not None and rung.key in counted:
            at = min(at, rung_moment(first, due, urgent, policy, calendar))
        moments.append(RungMoment(rung.key, at, "ladder", rung))
    return tuple(sorted(moments, key=lambda m: (m.at, m.rung.level)))


def task_agenda(
    task: Any, requests: list[Any], co_units: list[Any], policy: Policy, calendar: WorkCalendar
) -> list[Moment]:
    """Everything the clock has to do for a task, in order. Empty while parked or done."""
    if task.dispatched_at is None or task.paused_at is not None:
        return []
    if task.state in ("verified", "withdrawn"):
        return []
    limits = [
        (f"rule_{r.kind}:{r.id}", r.ruling_due_at, r.id)
        for r in requests
        if r.state == "open" and r.ruling_due_at
    ]
    if task.state == "submitted":
        base = max(task.state_since, task.resumed_at or task.state_since)
        at = deadlines.side_limit(base, policy.verify.limit_wd, calendar, policy)
        limits.append((f"verify:{_stamp(base)}", at, None))
        moments: list[Moment] = []
    else:
        limits += _running_limits(task, co_units, policy, calendar)
        moments = _running(task, policy, calendar)
    moments += repeated(limits, policy, calendar)
    return sorted(moments, key=lambda m: (m.at, m.level or 0, m.key))


def hand_over_agenda(task: Any, policy: Policy, calendar: WorkCalendar) -> list[Moment]:
    """A task planned after the dispatch waits for its hand-over as long as a triage may take."""
    at = deadlines.side_limit(task.state_since, policy.triage.limit_wd, calendar, policy)
    return repeated([(f"plan:{_stamp(task.state_since)}", at, None)], policy, calendar)


Limit = tuple[str, datetime, int | None]
ANNOUNCED = frozenset({"lookback"})
"""Days that only begin something: the limit that ends it follows, and is the one repeated."""


def _running_limits(
    task: Any, co_units: list[Any], policy: Policy, calendar: WorkCalendar
) -> list[Limit]:
    limits: list[Limit] = [
        (f"co_input:{c.id}", c.due_at, c.id)
        for c in co_units
        if c.state == "awaited" and c.due_at is not None
    ]
    if task.state == "pending_ack":
        base = max(task.dispatched_at, task.resumed_at or task.dispatched_at)
        at = deadlines.side_limit(base, policy.ack.limit_wd, calendar, policy)
        limits.append((f"ack:{_stamp(base)}" if task.resumed_at else "ack", at, None))
    return limits


def repeated(limits: list[Limit], policy: Policy, calendar: WorkCalendar) -> list[Moment]:
    """A limit's moment, and the reminders that follow while nobody acts: none is told only once."""
    moments = []
    for key, at, ref in limits:
        moments.append(Moment(key, at, "limit", ref=ref))
        if key.split(":")[0] in ANNOUNCED:
            continue
        moments += [
            Moment(f"{key}#{n}", again, "limit", ref=ref)
            for n, again in enumerate(_repeats(at, policy, calendar), 1)
        ]
    return moments


@lru_cache(maxsize=20_000)
def _repeats(at: datetime, policy: Policy, calendar: WorkCalendar) -> tuple[datetime, ...]:
    rules = policy.escalation
    return tuple(
        deadlines.side_limit(at, n * rules.repeat_limit_wd, calendar, policy)
        for n in range(1, rules.repeat_limit_max + 1)
    )


def _running(task: Any, policy: Policy, calendar: WorkCalendar) -> list[Moment]:
    moments = [Moment("light", at, "light") for at in lights.changes_ahead(task, policy, calendar)]
    if task.frozen_at is None:
        moments += ladder(task, policy, calendar)
    return moments


def issue_agenda(
    issue: Any, lookbacks: list[Any], policy: Policy, calendar: WorkCalendar
) -> list[Moment]:
    """What the clock has to do for an issue itself: triage, approval, parking review, look-back."""
    limits = _issue_limits(issue, lookbacks, policy, calendar)
    return sorted(repeated(limits, policy, calendar), key=lambda m: m.at)


def _issue_limits(
    issue: Any, lookbacks: list[Any], policy: Policy, calendar: WorkCalendar
) -> list[Limit]:
    state = issue.state
    if state in ("reported", "triaging") and issue.reported_at is not None:
        at = deadlines.side_limit(issue.reported_at, policy.triage.limit_wd, calendar, policy)
        return [(f"triage:{_stamp(issue.reported_at)}", at, None)]
    if state == "approving":
        at = deadlines.side_limit(issue.state_since, policy.approve.limit_wd, calendar, policy)
        return [(f"approve:{_stamp(issue.state_since)}", at, None)]
    if state == "parked" and issue.park_review_on is not None:
        day = calendar.roll_forward(issue.park_review_on)
        at = _at_fire_time(day, policy, calendar)
        return [(f"park_review:{issue.park_review_on.isoformat()}", at, None)]
    if state == "closed":
        return [limit for item in lookbacks for limit in _lookback(item, policy, calendar)]
    return []


def _lookback(item: Any, policy: Policy, calendar: WorkCalendar) -> list[Limit]:
    """A planned re-check: its day and its end; a relapse found: until the chief confirms it."""
    if item.state == "planned":
        late = deadlines.side_limit(item.due_at, policy.lookback.limit_wd, calendar, policy)
        return [
            (f"lookback:{item.id}", item.due_at, item.id),
            (f"lookback_late:{item.id}", late, item.id),
        ]
    if item.state == "relapse":
        at = deadlines.side_limit(item.done_at, policy.approve.limit_wd, calendar, policy)
        return [(f"relapse:{item.id}", at, item.id)]
    return []


def _stamp(moment: datetime) -> str:
    """The clock's starting event in a key, so that a restarted clock may remind again."""
    return moment.strftime("%Y%m%dT%H%M%S")


def next_moment(agenda: list[Moment], after: datetime | None) -> datetime | None:
    """First moment later than `after`; the very first when `after` is None."""
    for moment in agenda:
        if after is None or moment.at > after:
            return moment.at
    return None


def due(agenda: list[Moment], now: datetime) -> list[Moment]:
    """Moments up to and including `now`, in order."""
    return [moment for moment in agenda if moment.at <= now]
