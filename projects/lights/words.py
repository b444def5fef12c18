"""Words for the lights of projects, milestones and boards: reasons, facts, changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from config.i18n import N_, current_language
from config.i18n import gettext as _
from config.milestones import default_network

REASONS = {
    "on_course": N_("on course"),
    "start_late": N_("the planned month of the start has passed"),
    "start_far_late": N_("the start is late for three months or more"),
    "start_excused": N_("a late start with good reason"),
    "investment_behind": N_("investment behind the time progress"),
    "investment_far_behind": N_("investment far behind the time progress"),
    "figures_missing": N_("no investment figure has been reported for months"),
    "statistics_late": N_("not in the statistics a month after the start"),
    "statistics_far_late": N_("not in the statistics more than two months after the start"),
    "milestone_due": N_("a milestone is due soon"),
    "milestone_overdue": N_("a milestone is overdue"),
    "milestone_done": N_("completed"),
    "milestone_dropped": N_("taken out of the plan"),
    "milestone_unplanned": N_("no planned date"),
    "permit_expiring": N_("a permit runs out soon"),
    "permit_expired": N_("a permit has run out"),
    "issue_yellow": N_("a yellow issue is open"),
    "issue_red": N_("a red issue is open"),
    "project_merged": N_("merged into another record"),
    "project_ended": N_("everything is done"),
    "task_missed": N_("the month's task was missed"),
    "tasks_missed_again": N_("the month's task was missed twice in a row"),
    "no_month_task": N_("no task this month"),
    "no_figures": N_("there are tasks, but no figure of them"),
}
TESTS = {
    "start": N_("Start of construction"),
    "investment": N_("Investment against time progress"),
    "figures": N_("Monthly figures"),
    "statistics": N_("Statistics entry"),
    "milestone": N_("Milestones"),
    "issue": N_("Open issues"),
}
FIGURES = {
    "statistical": N_("statistical investment"),
    "reported": N_("reported investment"),
}


def reason_word(code: str) -> str:
    """A reason code in the present language."""
    return _(REASONS[code]) if code in REASONS else code


def test_word(code: str) -> str:
    """One of the six tests in the present language."""
    return _(TESTS[code]) if code in TESTS else code


def key_name(key: str) -> str:
    """A milestone or permit of the default network by its key; others as they are."""
    network = default_network()
    known = network.by_key.get(key) or network.permits.get(key)
    if known is None:
        return key
    return known.en if current_language() == "en" else known.name


def permit_of(key: str) -> str:
    """A kind of permit by its key."""
    known = default_network().permits.get(key)
    if known is None:
        return key
    return known.en if current_language() == "en" else known.name


def explained(facts: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """The facts behind a light as short sentences. `names`: a project's own milestones by key."""
    return [text for text in _sentences(facts, names) if text]


def _sentences(facts: Mapping[str, Any], names: Mapping[str, str]) -> Iterable[str]:
    if key := facts.get("milestone"):
        yield _("Milestone: {name}").format(name=names.get(key) or key_name(key))
    if "plan_start_on" in facts:
        yield _("planned start {day}, {n} months late").format(
            day=facts["plan_start_on"], n=facts["months_late"]
        )
    if "behind_points" in facts:
        yield _(
            "by month {month} {due}% were due; {done} of {plan} (亿元, {figure}): {points} points "
            "behind"
        ).format(
            month=facts["month"], due=facts["due_percent"], done=facts["done_yi"],
            plan=facts["year_plan_yi"], points=facts["behind_points"],
            figure=_(FIGURES[facts["figure"]]),
        )  # fmt: skip
    if "months_missing" in facts:
        yield _("no amount for {n} months in a row, {first} to {last}").format(
            n=facts["months_missing"], first=facts["missing_from"], last=facts["missing_to"]
        )
    if "actual_start_on" in facts:
        yield _("started on {day}").format(day=facts["actual_start_on"])
    if "permit" in facts:
        yield _("{permit} valid until {day}").format(
            permit=permit_of(facts["permit"]), day=facts["valid_until"]
        )
    elif "plan_on" in facts and "left_wd" in facts:
        yield _days(facts)
    if facts.get("late_wd"):
        yield _("{n} working days after its plan").format(n=facts["late_wd"])
    if "yellow" in facts:
        yield _("{red} red, {yellow} yellow issues").format(
            red=facts["red"], yellow=facts["yellow"]
        )
    if "silent_in_a_row" in facts:
        yield _("no figure for {n} months in a row").format(n=facts["silent_in_a_row"])
    if "missed_in_a_row" in facts:
        yield _("missed {n} months in a row").format(n=facts["missed_in_a_row"])


def _days(facts: Mapping[str, Any]) -> str:
    left = facts["left_wd"]
    if not left and facts.get("over_days"):  # only days off have passed since
        return _("planned for {day}, {n} days over").format(
            day=facts["plan_on"], n=facts["over_days"]
        )
    if left < 0:
        return _("planned for {day}, {n} working days over").format(day=facts["plan_on"], n=-left)
    return _("planned for {day}, {n} working days left").format(day=facts["plan_on"], n=left)
