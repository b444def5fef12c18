"""Side limits: how long each step beside the main deadline may take, and when it is urged. Pure.

Receipts, rulings, inputs, verifications, approvals, breakdowns, hand-overs, reviews and look-backs
(domain rules §5). What runs is worked out from the rows alone. The agenda fires it
(`workflow.ladder`), the light turns by it (`workflow.lights`), the audit looks for it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from config.policy import Policy
from workflow import deadlines
from workflow.calendar import WorkCalendar


class Limit(NamedTuple):
    """A step that is waited for: `key` names it with the event that started its clock."""

    key: str
    at: datetime
    ref: int | None = None


class Handed(NamedTuple):
    """An issue as far as a planned task asks for it (`of_planned`)."""

    dispatched_at: datetime | None


ANNOUNCED = frozenset({"lookback"})
"""Days that only begin something: the limit that ends it follows, and is the one repeated."""


def kind_of(key: str) -> str:
    """What is waited for: `verify` of `verify:20260302T100000#3`."""
    return key.split(":")[0].split("#")[0]


def repeat_of(key: str) -> int:
    """Which reminder a key names: 0 for the limit itself."""
    return int(key.rpartition("#")[2]) if "#" in key else 0


def passed(limits: Iterable[Limit], now: datetime) -> bool:
    """Whether a step is late: its limit lies behind, and it is still waited for."""
    return any(limit.at <= now and kind_of(limit.key) not in ANNOUNCED for limit in limits)


# ---------------------------------------------------------------- what runs


def rests(task: Any) -> bool:
    """Nothing is waited for: the task is not handed over, parked or done."""
    if task.dispatched_at is None or task.paused_at is not None:
        return True
    return task.state in ("verified", "withdrawn")


def of_task(
    task: Any, requests: list[Any], co_units: list[Any], policy: Policy, calendar: WorkCalendar
) -> list[Limit]:
    """Steps that a handed-over task waits for. None while it is parked or done."""
    if rests(task):
        return []
    limits = [
        Limit(f"rule_{r.kind}:{r.id}", r.ruling_due_at, r.id)
        for r in requests
        if r.state == "open" and r.ruling_due_at
    ]
    if task.state != "submitted":
        return limits + _running(task, co_units, policy, calendar)
    base = max(task.state_since, task.resumed_at or task.state_since)
    at = deadlines.side_limit(base, policy.verify.limit_wd, calendar, policy)
    return [*limits, Limit(f"verify:{_stamp(base)}", at)]


def _running(task: Any, co_units: list[Any], policy: Policy, calendar: WorkCalendar) -> list[Limit]:
    limits = [
        Limit(f"co_input:{c.id}", c.due_at, c.id)
        for c in co_units
        if c.state == "awaited" and c.due_at is not None
    ]
    if task.state == "pending_ack":
        base = max(task.dispatched_at, task.resumed_at or task.dispatched_at)
        at = deadlines.side_limit(base, policy.ack.limit_wd, calendar, policy)
        limits.append(Limit(f"ack:{_stamp(base)}" if task.resumed_at else "ack", at))
    return limits


def of_planned(issue: Any, task: Any, policy: Policy, calendar: WorkCalendar) -> list[Limit]:
    """A task planned after the dispatch waits for its hand-over as long as a triage may take."""
    if issue.dispatched_at is None or task.dispatched_at is not None:
        return []
    if task.state != "pending_ack":
        return []
    at = deadlines.side_limit(task.state_since, policy.triage.limit_wd, calendar, policy)
    return [Limit(f"plan:{_stamp(task.state_since)}", at)]


def of_issue(
    issue: Any, lookbacks: Iterable[Any], policy: Policy, calendar: WorkCalendar
) -> list[Limit]:
    """Steps that an issue itself waits for: breakdown, approval, parking review, look-back."""
    state = issue.state
    if state in ("reported", "triaging") and issue.reported_at is not None:
        at = deadlines.side_limit(issue.reported_at, policy.triage.limit_wd, calendar, policy)
        return [Limit(f"triage:{_stamp(issue.reported_at)}", at)]
    if state == "approving":
        at = deadlines.side_limit(issue.state_since, policy.approve.limit_wd, calendar, policy)
        return [Limit(f"approve:{_stamp(issue.state_since)}", at)]
    if state == "parked" and issue.park_review_on is not None:
        day = calendar.roll_forward(issue.park_review_on)
        at = deadlines.at_fire_time(day, policy, calendar)
        return [Limit(f"park_review:{issue.park_review_on.isoformat()}", at)]
    if state == "closed":
        return [limit for item in lookbacks for limit in _lookback(item, policy, calendar)]
    return []


def _lookback(item: Any, policy: Policy, calendar: WorkCalendar) -> list[Limit]:
    """A planned re-check: its day and its end; a relapse found: until the chief confirms it."""
    if item.state == "planned":
        late = deadlines.side_limit(item.due_at, policy.lookback.limit_wd, calendar, policy)
        return [
            Limit(f"lookback:{item.id}", item.due_at, item.id),
            Limit(f"lookback_late:{item.id}", late, item.id),
        ]
    if item.state == "relapse":
        at = deadlines.side_limit(item.done_at, policy.approve.limit_wd, calendar, policy)
        return [Limit(f"relapse:{item.id}", at, item.id)]
    return []


def _stamp(moment: datetime) -> str:
    """The clock's starting event in a key, so that a restarted clock may remind again."""
    return moment.isoformat()[:19].replace("-", "").replace(":", "")


# ---------------------------------------------------------------- when it is urged


def reminders(
    at: datetime, until: datetime, policy: Policy, calendar: WorkCalendar
) -> Sequence[datetime]:
    """Moments of the reminders 1, 2, ... of a limit that lies at `at`, as long as nobody acts.

    They never end (no deadline is missed silently): the close ones first, then those of the
    slower rhythm, of which only those up to `until` and the next one after it are given.
    """
    least = policy.escalation.repeat_limit_max + 1
    size = least
    while (found := _reminders(at, size, policy, calendar))[-1] <= until:
        size *= 2
    return found[: max(least, bisect_right(found, until) + 1)]


@lru_cache(maxsize=20_000)
def _reminders(
    at: datetime, size: int, policy: Policy, calendar: WorkCalendar
) -> tuple[datetime, ...]:
    """The first reminders of a limit. Many limits share a moment, and an old one is asked for
    with each reminder, so they are kept: in doubling numbers, that the work stays in proportion."""
    return tuple(_reminder(at, n, policy, calendar) for n in range(1, size + 1))


def _reminder(at: datetime, n: int, policy: Policy, calendar: WorkCalendar) -> datetime:
    rules = policy.escalation
    close = min(n, rules.repeat_limit_max)
    days = close * rules.repeat_limit_wd + (n - close) * rules.repeat_late_wd
    return deadlines.side_limit(at, days, calendar, policy)


def is_late_reminder(key: str, policy: Policy) -> bool:
    """Whether the close reminders were all in vain before this one."""
    return repeat_of(key) > policy.escalation.repeat_limit_max
