"""Checks of a policy apart from its ladder: hours, limits, categories, roles, deliveries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from config.i18n import gettext as _
from config.policy import Policy
from config.policy_parts import BOARD, Category
from models.directory import Directory
from notifications.kinds import KINDS
from workflow.checks_report import Report
from workflow.opening_hours import clock_seconds, zone
from workflow.working_days import CalendarError

COUNTED = ("working_day", "calendar_day", "working_hour")
"""Units of time limits that need a number."""
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def policy_faults(policy: Policy, report: Report, directory: Directory | None) -> None:
    """Everything that is well-formed but makes no sense."""
    _hours(policy, report)
    _limits(policy, report)
    _categories(policy, report, directory)
    _intake(policy, report)
    _requests(policy, report)
    _project_lights(policy, report)
    _closure(policy, report)
    _delivery(policy, report)
    _demands(policy, report)


def _hours(policy: Policy, report: Report) -> None:
    try:
        zone(policy.policy.timezone)
    except CalendarError:
        report.add(
            "policy.timezone",
            _("is {name}, which is no known time zone").format(name=policy.policy.timezone),
            _("use a name such as Asia/Shanghai"),
        )
    if not policy.hours.weekdays:
        report.add(
            "hours.weekdays",
            _("the calendar has no openings: no weekday works"),
            _("list at least one weekday"),
        )
    spans = _spans(policy.hours.open, report)
    _clock(policy.hours.day_end, "hours.day_end", report)
    fire_at = _clock(policy.hours.fire_at, "hours.fire_at", report)
    if fire_at is not None and spans and not any(a <= fire_at < b for a, b in spans):
        report.add(
            "hours.fire_at",
            _("is {time}, which is outside of office hours").format(time=policy.hours.fire_at),
            _("choose a time within `hours.open`"),
        )


def _spans(intervals: Sequence[tuple[str, str]], report: Report) -> list[tuple[int, int]]:
    """Opening intervals in seconds after midnight; faulty ones are noted and left out."""
    key = "hours.open"
    if not intervals:
        report.add(
            key,
            _("the calendar has no openings: no hours are given"),
            _('give at least one interval, e.g. ["08:30", "12:00"]'),
        )
    spans = [span for a, b in intervals if (span := _span(a, b, key, report)) is not None]
    for first, second in pairwise(sorted(spans)):
        if second[0] < first[1]:
            report.add(key, _("has intervals that overlap"), _("join them, or move one of them"))
    return spans


def _span(opening: str, closing: str, key: str, report: Report) -> tuple[int, int] | None:
    try:
        span = clock_seconds(opening, key), clock_seconds(closing, key)
    except CalendarError:
        report.add(
            key,
            _("has {text}, which is no time of day").format(text=f"{opening}-{closing}"),
            _("write HH:MM, from 00:00 to 24:00"),
        )
        return None
    if span[0] < span[1]:
        return span
    report.add(
        key,
        _("has {text}, which ends before it begins").format(text=f"{opening}-{closing}"),
        _("write the opening first; end at 24:00 and go on the next day"),
    )
    return None


def _clock(text: str, key: str, report: Report) -> int | None:
    """A moment of the day in seconds after midnight, or None with a fault noted."""
    if _CLOCK.fullmatch(text):
        return clock_seconds(text, key)
    report.add(
        key,
        _("is {text}, which is no time of day").format(text=text),
        _("write HH:MM, from 00:00 to 23:59"),
    )
    return None


def _limits(policy: Policy, report: Report) -> None:
    for name, limit in policy.limits.items():
        key = f"limits.{name}.n"
        if limit.unit in COUNTED and limit.n is None:
            report.add(
                key,
                _("is missing"),
                _("say how many: the unit is {unit}").format(unit=limit.unit),
            )
        elif limit.unit in COUNTED:
            report.at_least(key, limit.n, 1)


def _categories(policy: Policy, report: Report, directory: Directory | None) -> None:
    if not policy.categories:
        report.add("categories", _("there are none"), _("add at least one category"))
    codes: dict[str, str] = {}
    for name, category in policy.categories.items():
        key = f"categories.{name}"
        _limit_class(policy, category, key, report)
        _units(category, key, report, directory)
        if category.evidence.min > 0 and not category.evidence.kinds:
            report.add(
                f"{key}.evidence.kinds",
                _("are empty, yet {n} pieces of evidence are required").format(
                    n=category.evidence.min
                ),
                _("name the kinds that count, or set min = 0"),
            )
        if category.code in codes:
            report.add(
                f"{key}.code",
                _("is {code}, which category {other} has too").format(
                    code=category.code, other=codes[category.code]
                ),
                _("give each category a code of its own"),
            )
        codes.setdefault(category.code, name)


def _intake(policy: Policy, report: Report) -> None:
    """What other platforms call a category must lead to one of ours."""
    known = {*policy.categories, *(c.code for c in policy.categories.values())}
    for platform, words in policy.intake.items():
        for word, name in words.items():
            if name not in known:
                report.unknown(f"intake.{platform}.{word}", name, policy.categories)


def _limit_class(policy: Policy, category: Category, key: str, report: Report) -> None:
    limit = policy.limits.get(category.limit)
    if limit is None:
        report.add(
            f"{key}.limit",
            _("the category has no time limit: class {name} does not exist").format(
                name=category.limit or '""'
            ),
            _("use one of: {names}").format(names=", ".join(policy.limits)),
        )
    elif limit.unit == "open_ended" and not policy.deadline.allow_open_ended:
        report.add(
            f"{key}.limit",
            _("the category has no time limit: {name} is open-ended").format(name=category.limit),
            _("name a class with a limit, or set deadline.allow_open_ended"),
        )


def _units(category: Category, key: str, report: Report, directory: Directory | None) -> None:
    if category.lead == category.verifier:
        report.add(
            f"{key}.verifier",
            _("is {unit}, which is the lead unit").format(unit=category.verifier),
            _("let another unit verify"),
        )
    elif category.verifier == BOARD:
        report.add(
            f"{key}.verifier",
            _("is {unit}; only the lead unit may be that").format(unit=BOARD),
            _("name the unit that verifies by its code"),
        )
    for field, code in (("lead", category.lead), ("verifier", category.verifier)):
        if directory is not None and code != BOARD and directory.find_unit(code) is None:
            report.unknown(f"{key}.{field}", code, directory.by_code)


def _requests(policy: Policy, report: Report) -> None:
    for part, rules in (("extension", policy.extension), ("park", policy.park)):
        report.roles(f"{part}.approvers", rules.approvers)
    report.at_least("coordination.consult_after_wd", policy.coordination.consult_after_wd, 1)
    report.at_least("coordination.meeting_after_wd", policy.coordination.meeting_after_wd, 1)
    _coordination(policy, report)


def _coordination(policy: Policy, report: Report) -> None:
    """Meetings fall on days that every month has, and elements are categories."""
    rules = policy.coordination
    for name in rules.element_categories:
        if name not in policy.categories:
            report.unknown("coordination.element_categories", name, policy.categories)
    for day in rules.meeting_days:
        if day != "last" and not (day.isdecimal() and 1 <= int(day) <= 28):
            report.add(
                "coordination.meeting_days",
                _("is {day}, which not every month has").format(day=day),
                _("use days from 1 to 28, or last"),
            )


def _project_lights(policy: Policy, report: Report) -> None:
    """Red comes after yellow, never before it."""
    rules = policy.project_lights
    for name in ("start_{}_months", "invest_{}_points", "statistics_{}_months"):
        red, yellow = name.format("red"), name.format("yellow")
        if getattr(rules, red) < getattr(rules, yellow):
            report.add(
                f"project_lights.{red}",
                _("comes before {key}").format(key=yellow),
                _("choose a number that is not smaller"),
            )


def _closure(policy: Policy, report: Report) -> None:
    rules = policy.closure
    report.roles("closure.override_role", [rules.override_role])
    report.roles("closure.major_approver", [rules.major_approver])
    days = policy.lookback.days
    report.at_least("lookback.days", min(days, default=None), 1)
    _ascending(days, "lookback.days", report)


def _ascending(values: Sequence[Any], key: str, report: Report) -> None:
    if any(second <= first for first, second in pairwise(values)):
        report.add(key, _("are not in ascending order"), _("sort them, each only once"))


def _delivery(policy: Policy, report: Report) -> None:
    key, windows = "delivery.windows", policy.delivery.windows
    moments = [_clock(text, key, report) for text in windows]
    if None not in moments:
        _ascending(windows, key, report)
    for name in policy.delivery.urgent_kinds:
        if name not in KINDS:
            report.unknown("delivery.urgent_kinds", name, KINDS)


def _demands(policy: Policy, report: Report) -> None:
    for name in policy.demands.words:
        if name not in policy.categories:
            report.unknown("demands.words", name, policy.categories)
