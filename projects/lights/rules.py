"""Lights of milestones and projects (domain rules §4): colour, reason, facts. Pure.

A project has the worst light of six tests; of two equally bad ones the reason is that of the test
that comes first in the rules. What led to a light stands beside it, so that each can be explained.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from config.policy_parts import ProjectLightRules
from config.projects import Stage
from projects.milestones.network import working_days
from workflow.calendar import WorkCalendar
from workflow.lights import ORDER

TESTS = ("start", "investment", "figures", "statistics", "milestone", "issue")
_AFTER_START = (Stage.STARTED, Stage.COMPLETED, Stage.EVALUATION)


@dataclass(frozen=True, slots=True)
class Lamp:
    """A light with its reason code and what led to it (plain JSON)."""

    light: str
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def weight(self) -> int:
        """How bad it is."""
        return ORDER[self.light]


@dataclass(frozen=True, slots=True)
class MilestoneFacts:
    """What a milestone's light depends on. `permits`: (kind, valid until) that it must use."""

    plan_on: date | None
    actual_on: date | None = None
    dropped: bool = False
    permits: tuple[tuple[str, date], ...] = ()


@dataclass(frozen=True, slots=True)
class Investment:
    """Money of a year until the end of a month (1-12), in 亿元. `share`: percent of the year that
    the plan wants by then, where it stores monthly tasks; else month ÷ 12.

    `figure`: reported (上报投资) or statistical (列统投资).
    """

    month: int
    done: Decimal
    year_plan: Decimal
    share: Decimal | None = None
    figure: str = "statistical"


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """What a project's light depends on. `milestones`: their lights with their keys; `silent`: the
    months in a row, oldest first, whose figures are due and were not reported."""

    stage: str
    plan_start_on: date | None = None
    actual_start_on: date | None = None
    excused_until: date | None = None
    in_statistics_on: date | None = None
    investment: Investment | None = None
    silent: tuple[str, ...] = ()
    milestones: tuple[tuple[str, Lamp], ...] = ()
    issues: tuple[int, int] = (0, 0)
    open_issues: int = 0
    merged: bool = False


def milestone_light(
    m: MilestoneFacts, today: date, rules: ProjectLightRules, calendar: WorkCalendar
) -> Lamp:
    """Red: overdue, or a permit that it needs has run out. Yellow: due in a few working days, or
    such a permit runs out soon. Grey: done or dropped."""
    if m.dropped:
        return Lamp("grey", "milestone_dropped")
    if m.actual_on is not None:
        return Lamp("grey", "milestone_done", _done_facts(m, calendar))
    found = [_due_light(m.plan_on, today, rules, calendar)]
    found += [_permit_light(kind, until, today, rules) for kind, until in m.permits]
    return max(found, key=lambda lamp: lamp.weight)


def _done_facts(m: MilestoneFacts, calendar: WorkCalendar) -> dict[str, Any]:
    assert m.actual_on is not None
    facts: dict[str, Any] = {"actual_on": m.actual_on.isoformat()}
    if m.plan_on is not None:
        late = working_days(m.plan_on, m.actual_on, calendar)
        facts |= {"plan_on": m.plan_on.isoformat(), "late_wd": max(late, 0)}
    return facts


def _due_light(
    plan_on: date | None, today: date, rules: ProjectLightRules, calendar: WorkCalendar
) -> Lamp:
    if plan_on is None:
        return Lamp("green", "milestone_unplanned")
    left = working_days(today, plan_on, calendar)
    facts = {"plan_on": plan_on.isoformat(), "left_wd": left}
    if today > plan_on:
        return Lamp("red", "milestone_overdue", facts | {"over_days": (today - plan_on).days})
    if left <= rules.milestone_due_wd:
        return Lamp("yellow", "milestone_due", facts)
    return Lamp("green", "on_course", facts)


def _permit_light(kind: str, until: date, today: date, rules: ProjectLightRules) -> Lamp:
    facts = {"permit": kind, "valid_until": until.isoformat(), "left_days": (until - today).days}
    if today > until:
        return Lamp("red", "permit_expired", facts)
    if (until - today).days <= rules.permit_notice_days:
        return Lamp("yellow", "permit_expiring", facts)
    return Lamp("green", "on_course", facts)


def project_light(p: ProjectFacts, today: date, rules: ProjectLightRules) -> Lamp:
    """The worst of the six tests; every test that is not green stands in the facts."""
    if p.merged:
        return Lamp("grey", "project_merged")
    if ended(p):
        return Lamp("grey", "project_ended")
    tests = {
        "start": start_test(p, today, rules),
        "investment": investment_test(p.investment, rules),
        "figures": figures_test(p.silent, rules),
        "statistics": statistics_test(p, today, rules),
        "milestone": milestone_test(p.milestones),
        "issue": issue_test(p.issues),
    }
    found = [(name, tests[name]) for name in TESTS if tests[name].weight > ORDER["green"]]
    facts = {
        "tests": [
            {"test": name, "light": lamp.light, "reason": lamp.reason, **lamp.facts}
            for name, lamp in found
        ]
    }
    worst = max((lamp for _name, lamp in found), key=lambda lamp: lamp.weight, default=None)
    return Lamp(worst.light, worst.reason, facts) if worst else Lamp("green", "on_course", facts)


def ended(p: ProjectFacts) -> bool:
    """In the last stage, everything done and no issue open: the clock rests."""
    resting = all(lamp.light == "grey" for _key, lamp in p.milestones)
    return p.stage == Stage.EVALUATION and resting and not p.open_issues


def start_test(p: ProjectFacts, today: date, rules: ProjectLightRules) -> Lamp:
    """Yellow once the planned month has passed without good reason, red after three in a row."""
    started = p.actual_start_on is not None or p.stage in _AFTER_START
    if started or p.plan_start_on is None:
        return Lamp("green", "on_course")
    late = months_passed(p.plan_start_on, today)
    facts = {"plan_start_on": p.plan_start_on.isoformat(), "months_late": max(late, 0)}
    if p.excused_until is not None and today <= p.excused_until:
        return Lamp("green", "start_excused", facts)
    if late >= rules.start_red_months:
        return Lamp("red", "start_far_late", facts)
    if late >= rules.start_yellow_months:
        return Lamp("yellow", "start_late", facts)
    return Lamp("green", "on_course", facts)


def months_passed(planned: date, today: date) -> int:
    """Whole calendar months that have passed since the end of the month planned, plus one: 1 in
    the month after it."""
    return (today.year - planned.year) * 12 + today.month - planned.month


def investment_test(found: Investment | None, rules: ProjectLightRules) -> Lamp:
    """Percentage points behind 序时进度: 10 to 30, both included, are yellow, more are red."""
    if found is None or found.year_plan <= 0:
        return Lamp("green", "on_course")
    due = Fraction(found.month, 12) * 100 if found.share is None else Fraction(found.share)
    behind = due - Fraction(found.done) / Fraction(found.year_plan) * 100
    facts = {
        "month": found.month, "figure": found.figure, "done_yi": _digits(found.done),
        "year_plan_yi": _digits(found.year_plan), "due_percent": _tenth(due),
        "behind_points": _tenth(behind),
    }  # fmt: skip
    if behind > rules.invest_red_points:
        return Lamp("red", "investment_far_behind", facts)
    if behind >= rules.invest_yellow_points:
        return Lamp("yellow", "investment_behind", facts)
    return Lamp("green", "on_course", facts)


def _digits(value: Decimal) -> str:
    """Exact, without zeros at the end."""
    return format(value.normalize(), "f")


def _tenth(value: Fraction) -> str:
    """For people; the test itself is exact."""
    return f"{Decimal(value.numerator) / Decimal(value.denominator):.1f}"


def figures_test(silent: Sequence[str], rules: ProjectLightRules) -> Lamp:
    """Nothing reported for months: what was behind or on course then says little of today."""
    if len(silent) < rules.figures_missing_months:
        return Lamp("green", "on_course")
    return Lamp("yellow", "figures_missing", silence_facts(silent))


def silence_facts(silent: Sequence[str]) -> dict[str, Any]:
    """How many months are missing, the first and the last of them."""
    return {"months_missing": len(silent), "missing_from": silent[0], "missing_to": silent[-1]}


def statistics_test(p: ProjectFacts, today: date, rules: ProjectLightRules) -> Lamp:
    """Not entered in the statistics (入统): yellow from a month after the start, red after two."""
    if p.actual_start_on is None or p.in_statistics_on is not None:
        return Lamp("green", "on_course")
    facts = {"actual_start_on": p.actual_start_on.isoformat()}
    if today > add_months(p.actual_start_on, rules.statistics_red_months):
        return Lamp("red", "statistics_far_late", facts)
    if today >= add_months(p.actual_start_on, rules.statistics_yellow_months):
        return Lamp("yellow", "statistics_late", facts)
    return Lamp("green", "on_course", facts)


def milestone_test(milestones: Sequence[tuple[str, Lamp]]) -> Lamp:
    """The worst milestone; the first of the network where several are equally bad."""
    found = [(key, lamp) for key, lamp in milestones if lamp.weight > ORDER["green"]]
    if not found:
        return Lamp("green", "on_course")
    key, worst = max(found, key=lambda one: one[1].weight)
    return Lamp(worst.light, worst.reason, {"milestone": key, **worst.facts})


def issue_test(issues: tuple[int, int]) -> Lamp:
    """(yellow, red) open issues: an issue's light is its project's."""
    yellow, red = issues
    facts = {"yellow": yellow, "red": red}
    if red:
        return Lamp("red", "issue_red", facts)
    return Lamp("yellow", "issue_yellow", facts) if yellow else Lamp("green", "on_course")


def add_months(day: date, months: int) -> date:
    """The same day some months on, or the last one of that month where it has none."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def default_validity(granted: date, months: int | None) -> date | None:
    """The last day on which a permit is valid; None: without end."""
    return None if months is None else add_months(granted, months) - timedelta(days=1)
