"""What the clock will do and when, if nobody acts: the ladder and the side limits. Pure.

An agenda is computed from a row alone, so that it can be shown ahead, simulated, fired by a sweep
and checked by the watchdog with the same code. Because the reminders of a step that nobody takes
never end, it is asked how far to look (`until`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from config.policy import Policy
from config.policy_parts import Rung
from workflow import deadlines, lights, side_limits
from workflow.calendar import WorkCalendar
from workflow.side_limits import Limit

Recorded = Callable[[], Container[str]]
"""Asks for the keys of the limits that have been told already; by default there are none."""
CLIMBING = ("pending_ack", "in_progress")
"""States in which a task lies with its unit: its ladder climbs, its light turns by itself."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing on the agenda: `ladder` (a rung), `limit` (a side limit) or `light`.

    `limit_at`: of a limit and of its reminders, when the step was to be done.
    """

    key: str
    at: datetime
    sort: str
    rung: Rung | None = None
    ref: int | None = None
    limit_at: datetime | None = None

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
    day = calendar.add_working_days(calendar.local_date(due), offset)
    return deadlines.at_fire_time(day, policy, calendar)


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
    task: Any,
    requests: list[Any],
    co_units: list[Any],
    policy: Policy,
    calendar: WorkCalendar,
    until: datetime,
    recorded: Recorded = frozenset,
    ahead: bool = True,
) -> list[Moment]:
    """Everything the clock has to do for a task, in order. Empty while parked or done.

    Reminders of a passed limit never end: given are those up to `until` and the next one,
    without those that are `recorded`. `ahead`: see `repeated`.
    """
    limits = side_limits.of_task(task, requests, co_units, policy, calendar)
    moments = repeated(limits, policy, calendar, until, recorded, ahead)
    if task.dispatched_at is not None and task.paused_at is None and task.state in CLIMBING:
        moments += _running(task, policy, calendar)
    moments.sort(key=_place)
    return moments


def _place(moment: Moment) -> tuple[datetime, int, str]:
    return moment.at, moment.rung.level if moment.rung else 0, moment.key


def _running(task: Any, policy: Policy, calendar: WorkCalendar) -> list[Moment]:
    moments = [Moment("light", at, "light") for at in lights.changes_ahead(task, policy, calendar)]
    if task.frozen_at is None:
        moments += ladder(task, policy, calendar)
    return moments


def hand_over_agenda(
    issue: Any, task: Any, policy: Policy, calendar: WorkCalendar, until: datetime,
    recorded: Recorded = frozenset, ahead: bool = True,
) -> list[Moment]:  # fmt: skip
    """A task planned after the dispatch waits for its hand-over; `policy` is the issue's."""
    limits = side_limits.of_planned(issue, task, policy, calendar)
    return repeated(limits, policy, calendar, until, recorded, ahead)


def issue_agenda(
    issue: Any, lookbacks: list[Any], policy: Policy, calendar: WorkCalendar, until: datetime,
    recorded: Recorded = frozenset, ahead: bool = True,
) -> list[Moment]:  # fmt: skip
    """What the clock has to do for an issue itself: triage, approval, parking review, look-back."""
    limits = side_limits.of_issue(issue, lookbacks, policy, calendar)
    moments = repeated(limits, policy, calendar, until, recorded, ahead)
    return sorted(moments, key=lambda m: m.at)


def repeated(
    limits: list[Limit], policy: Policy, calendar: WorkCalendar, until: datetime,
    recorded: Recorded = frozenset, ahead: bool = True,
) -> list[Moment]:  # fmt: skip
    """A limit's moment, and the reminders that follow while nobody acts: none is told only once.

    Reminders whose keys are `recorded` are left out: of a step that is late for years there are
    hundreds, and they have been told. It is asked for only when a limit has passed. Without
    `ahead` a limit that lies ahead comes alone: whoever only wants to know what is next and what
    is due needs none of the reminders behind it.
    """
    moments = []
    for limit in limits:
        moments.append(Moment(limit.key, limit.at, "limit", ref=limit.ref, limit_at=limit.at))
        if side_limits.kind_of(limit.key) in side_limits.ANNOUNCED:
            continue
        if not ahead and limit.at > until:
            continue
        known = recorded() if limit.at <= until else frozenset[str]()
        moments += [
            Moment(key, again, "limit", ref=limit.ref, limit_at=limit.at)
            for n, again in enumerate(side_limits.reminders(limit.at, until, policy, calendar), 1)
            if (key := f"{limit.key}#{n}") not in known or again > until
        ]
    return moments


def next_moment(agenda: list[Moment], after: datetime | None) -> datetime | None:
    """First moment later than `after`; the very first when `after` is None."""
    for moment in agenda:
        if after is None or moment.at > after:
            return moment.at
    return None


def due(agenda: list[Moment], now: datetime) -> list[Moment]:
    """Moments up to and including `now`, in order."""
    return [moment for moment in agenda if moment.at <= now]
