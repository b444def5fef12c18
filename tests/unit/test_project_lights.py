"""Lights of milestones, projects and boards, held against a slow, obvious reading of the rules."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.i18n import language
from config.policy import parse_policy, shipped_policy
from config.policy_parts import ProjectLightRules
from projects.lights.board_rules import MonthTask, board_light
from projects.lights.rules import (
    Investment,
    Lamp,
    MilestoneFacts,
    ProjectFacts,
    add_months,
    default_validity,
    milestone_light,
    project_light,
)
from projects.lights.words import explained
from workflow.calendar import WorkCalendar

CALENDAR = WorkCalendar(
    tz="Asia/Shanghai", weekdays=("mon", "tue", "wed", "thu", "fri"), hours=None,
    holidays=[date(2026, 10, day) for day in range(1, 8)], extra_workdays=[date(2026, 10, 10)],
)  # fmt: skip
RULES = parse_policy(shipped_policy()).project_lights
TODAY = date(2026, 9, 28)
DAYS = st.dates(date(2026, 1, 1), date(2027, 6, 30))
MAYBE = st.none() | DAYS
STAGES = st.sampled_from(
    ["intention", "signed", "preparing", "started", "completed", "evaluation"]
)  # fmt: skip
COLOURS = {"grey": 0, "green": 1, "yellow": 2, "red": 3}


def milestone(**facts: object) -> Lamp:
    return milestone_light(MilestoneFacts(**facts), TODAY, RULES, CALENDAR)  # type: ignore[arg-type]


def test_a_milestone_is_yellow_ten_working_days_before_and_red_the_day_after() -> None:
    assert milestone(plan_on=date(2026, 10, 19)).light == "green"  # the holiday does not count
    assert milestone(plan_on=date(2026, 10, 16)).light == "yellow"
    assert milestone(plan_on=TODAY) == Lamp(
        "yellow", "milestone_due", {"plan_on": "2026-09-28", "left_wd": 0}
    )
    late = milestone(plan_on=date(2026, 9, 25))
    assert (late.light, late.reason, late.facts["left_wd"]) == ("red", "milestone_overdue", -1)


def test_a_milestone_that_a_weekend_has_made_late_is_not_told_to_have_days_left() -> None:
    sunday = date(2026, 9, 27)
    m = MilestoneFacts(date(2026, 9, 25))
    late = milestone_light(m, sunday, RULES, CALENDAR)
    assert (late.light, late.facts["left_wd"]) == ("red", 0)
    with language("en"):
        assert explained(late.facts, {}) == ["planned for 2026-09-25, 2 days over"]
        before = milestone_light(m, date(2026, 9, 25), RULES, CALENDAR)
        assert explained(before.facts, {}) == ["planned for 2026-09-25, 0 working days left"]


def test_a_permit_that_runs_out_turns_the_milestone_that_needs_it() -> None:
    far = date(2027, 3, 1)
    soon = (("construction_permit", TODAY + timedelta(30)),)
    gone = (("construction_permit", TODAY - timedelta(1)),)
    assert milestone(plan_on=far, permits=soon).reason == "permit_expiring"
    assert milestone(plan_on=far, permits=gone).reason == "permit_expired"
    assert milestone(plan_on=far, actual_on=TODAY, permits=gone).light == "grey"


def test_the_construction_permit_holds_three_months_to_the_day_before() -> None:
    assert default_validity(date(2026, 1, 31), 3) == date(2026, 4, 29)
    assert default_validity(date(2026, 6, 15), 3) == date(2026, 9, 14)
    assert default_validity(date(2026, 6, 15), None) is None


@pytest.mark.parametrize(
    ("done", "light"),
    [("75", "green"), ("65.01", "green"), ("65", "yellow"), ("45", "yellow"), ("44.99", "red")],
)
def test_ten_points_behind_are_yellow_and_thirty_still_are(done: str, light: str) -> None:
    money = Investment(9, Decimal(done), Decimal(100))
    found = project_light(ProjectFacts("started", investment=money), TODAY, RULES)
    assert found.light == light


def test_a_plan_that_stores_monthly_tasks_is_measured_by_them() -> None:
    money = Investment(9, Decimal(30), Decimal(100), Decimal(35))
    assert project_light(ProjectFacts("started", investment=money), TODAY, RULES).light == "green"


def test_a_good_reason_holds_a_late_start_back_until_its_day() -> None:
    late = {"stage": "preparing", "plan_start_on": date(2026, 8, 1)}
    assert project_light(ProjectFacts(**late), TODAY, RULES).reason == "start_late"  # type: ignore[arg-type]
    excused = ProjectFacts(**late, excused_until=TODAY)  # type: ignore[arg-type]
    assert project_light(excused, TODAY, RULES).light == "green"
    over = ProjectFacts(**late, excused_until=TODAY - timedelta(1))  # type: ignore[arg-type]
    assert project_light(over, TODAY, RULES).light == "yellow"


def test_a_board_is_yellow_for_a_month_missed_and_red_for_two_in_a_row() -> None:
    assert board_lights("") == board_lights("x-") == "grey"
    assert board_lights("x.") == "green"
    assert board_lights(".x") == board_lights("x-x") == "yellow"
    assert board_lights("xx") == board_lights(".xxx") == "red"


def test_a_board_of_whose_tasks_no_figure_comes_is_yellow_after_the_policys_months() -> None:
    assert board_lights(".?") == board_lights("??-?") == "grey"
    assert board_lights("x??") == "yellow"
    lamp = board_light([MonthTask.SILENT] * 2, RULES)
    assert (lamp.reason, lamp.facts) == ("no_figures", {"silent_in_a_row": 2})
    patient = ProjectLightRules(figures_missing_months=3)
    assert board_light([MonthTask.SILENT] * 2, patient).light == "grey"


SIGNS = {"x": MonthTask.MISSED, ".": MonthTask.KEPT, "?": MonthTask.SILENT, "-": MonthTask.NONE}


def board_lights(signs: str) -> str:
    return board_light([SIGNS[sign] for sign in signs], RULES).light


def test_a_project_whose_figures_stop_coming_is_yellow_and_says_which() -> None:
    money = Investment(6, Decimal(50), Decimal(100))
    one = ProjectFacts("started", investment=money, silent=("2026-08",))
    assert project_light(one, TODAY, RULES).light == "green"
    two = ProjectFacts("started", investment=money, silent=("2026-07", "2026-08"))
    found = project_light(two, TODAY, RULES)
    assert (found.light, found.reason) == ("yellow", "figures_missing")
    assert found.facts["tests"] == [{
        "test": "figures", "light": "yellow", "reason": "figures_missing", "months_missing": 2,
        "missing_from": "2026-07", "missing_to": "2026-08",
    }]  # fmt: skip
    patient = ProjectLightRules(figures_missing_months=3)
    assert project_light(two, TODAY, patient).light == "green"


# ------------------------------------------------------------------ the slow, obvious reading


def days_apart(first: date, then: date) -> int:
    """Working days from `first`, not counted, to `then`, one by one."""
    count, day = 0, first
    while day < then:
        day += timedelta(1)
        count += CALENDAR.is_working_day(day)
    return count


def obvious_milestone(m: MilestoneFacts, today: date) -> tuple[str, str]:
    if m.dropped:
        return "grey", "milestone_dropped"
    if m.actual_on is not None:
        return "grey", "milestone_done"
    if m.plan_on is not None and m.plan_on < today:
        return "red", "milestone_overdue"
    for _kind, until in m.permits:
        if until < today:
            return "red", "permit_expired"
    if m.plan_on is not None and days_apart(today, m.plan_on) <= 10:
        return "yellow", "milestone_due"
    for _kind, until in m.permits:
        if until <= today + timedelta(30):
            return "yellow", "permit_expiring"
    return ("green", "on_course") if m.plan_on is not None else ("green", "milestone_unplanned")


def month_ends_passed(planned: date, today: date) -> int:
    """How many month ends lie from the planned day (included) to today (not included)."""
    day, count = planned, 0
    while day < today:
        if (day + timedelta(1)).day == 1:
            count += 1
        day += timedelta(1)
    return count


def same_day_of(day: date, months: int) -> date:
    """Walk on month by month; a day that a month lacks is that month's last."""
    year, month = day.year, day.month
    for _n in range(months):
        month += 1
        if month > 12:
            year, month = year + 1, 1
    for number in (day.day, 30, 29, 28):
        if number <= day.day:
            try:
                return date(year, month, number)
            except ValueError:
                continue
    raise AssertionError(day)


def obvious_tests(p: ProjectFacts, today: date) -> list[tuple[str, str]]:
    """Every finding in the order of the rules' table."""
    found = []
    begun = p.actual_start_on is not None or p.stage in ("started", "completed", "evaluation")
    excused = p.excused_until is not None and today <= p.excused_until
    if p.plan_start_on is not None and not begun and not excused:
        months = month_ends_passed(p.plan_start_on, today)
        if months >= 3:
            found.append(("red", "start_far_late"))
        elif months >= 1:
            found.append(("yellow", "start_late"))
    if p.investment is not None and p.investment.year_plan > 0:
        money = p.investment
        wanted = (
            Fraction(money.share) if money.share is not None else Fraction(100 * money.month, 12)
        )
        points = wanted - 100 * Fraction(money.done) / Fraction(money.year_plan)
        if points > 30:
            found.append(("red", "investment_far_behind"))
        elif points >= 10:
            found.append(("yellow", "investment_behind"))
    if len(p.silent) >= 2:
        found.append(("yellow", "figures_missing"))
    if p.actual_start_on is not None and p.in_statistics_on is None:
        if today > same_day_of(p.actual_start_on, 2):
            found.append(("red", "statistics_far_late"))
        elif today >= same_day_of(p.actual_start_on, 1):
            found.append(("yellow", "statistics_late"))
    for colour in ("red", "yellow"):
        reasons = [lamp.reason for _key, lamp in p.milestones if lamp.light == colour]
        if reasons:
            found.append((colour, reasons[0]))
            break
    if p.issues[1]:
        found.append(("red", "issue_red"))
    elif p.issues[0]:
        found.append(("yellow", "issue_yellow"))
    return found


def obvious_project(p: ProjectFacts, today: date) -> tuple[str, str]:
    if p.merged:
        return "grey", "project_merged"
    done = [lamp for _key, lamp in p.milestones if lamp.light != "grey"] == []
    if p.stage == "evaluation" and done and p.open_issues == 0:
        return "grey", "project_ended"
    found = obvious_tests(p, today)
    for colour in ("red", "yellow"):
        for light, reason in found:
            if light == colour:
                return light, reason
    return "green", "on_course"


milestones = st.builds(
    MilestoneFacts,
    plan_on=MAYBE,
    actual_on=st.none() | st.none() | DAYS,
    dropped=st.booleans() | st.just(False),
    permits=st.lists(st.tuples(st.sampled_from(["a", "b"]), DAYS), max_size=2).map(tuple),
)


@settings(max_examples=400)
@given(milestones, DAYS)
def test_every_light_of_a_milestone_is_the_obvious_one(m: MilestoneFacts, today: date) -> None:
    found = milestone_light(m, today, RULES, CALENDAR)
    assert (found.light, found.reason) == obvious_milestone(m, today)


money = st.builds(
    Investment,
    month=st.integers(1, 12),
    done=st.decimals(0, 50, places=4),
    year_plan=st.decimals(0, 50, places=2) | st.just(Decimal(10)),
    share=st.none() | st.decimals(0, 100, places=2),
)
facts = st.builds(
    ProjectFacts,
    stage=STAGES,
    plan_start_on=MAYBE,
    actual_start_on=MAYBE,
    excused_until=MAYBE,
    in_statistics_on=MAYBE,
    investment=st.none() | money,
    silent=st.integers(0, 4).map(lambda n: tuple(f"2026-{m:02d}" for m in range(9 - n, 9))),
    milestones=st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c"]),
            st.sampled_from([
                Lamp("grey", "milestone_done"), Lamp("green", "on_course"),
                Lamp("yellow", "milestone_due"), Lamp("yellow", "permit_expiring"),
                Lamp("red", "milestone_overdue"), Lamp("red", "permit_expired"),
            ]),
        ),
        max_size=4,
    ).map(tuple),
    issues=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    open_issues=st.integers(0, 3),
    merged=st.just(False) | st.booleans(),
)  # fmt: skip


@settings(max_examples=600)
@given(facts, DAYS)
def test_every_light_of_a_project_is_the_obvious_one_and_explains_itself(
    p: ProjectFacts, today: date
) -> None:
    found = project_light(p, today, RULES)
    assert (found.light, found.reason) == obvious_project(p, today)
    if found.light in ("yellow", "red"):
        told = [(test["light"], test["reason"]) for test in found.facts["tests"]]
        assert told == obvious_tests(p, today)
        assert COLOURS[found.light] == max(COLOURS[light] for light, _reason in told)


@given(DAYS, st.integers(0, 24))
def test_months_on_is_the_same_day_or_the_last_of_that_month(day: date, months: int) -> None:
    assert add_months(day, months) == same_day_of(day, months)


@given(st.text("x.?-", max_size=6))
def test_every_light_of_a_board_is_the_obvious_one(signs: str) -> None:
    wanted = "green" if signs.endswith(".") else "grey"
    if signs.endswith("xx"):
        wanted = "red"
    elif signs.endswith(("x", "??")):
        wanted = "yellow"
    assert board_lights(signs) == wanted


def test_thresholds_are_the_policys() -> None:
    strict = ProjectLightRules(milestone_due_wd=0, board_red_months=1)
    m = MilestoneFacts(TODAY + timedelta(1))
    assert milestone_light(m, TODAY, strict, CALENDAR).light == "green"
    assert board_light([MonthTask.MISSED], strict).light == "red"
