"""The network of milestones: its file, its dates both ways, its critical path."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.faults import ConfigurationError
from config.i18n import language
from config.milestones import FILE, default_network, parse_network
from config.policy import parse_policy, shipped_policy
from projects.milestones.network import (
    Circle,
    Node,
    Span,
    critical_path,
    earliest,
    layers,
    ordered,
    plan_back,
    slack,
    without,
    working_days,
)
from workflow.calendar import WorkCalendar

CALENDAR = WorkCalendar(
    tz="Asia/Shanghai", weekdays=("mon", "tue", "wed", "thu", "fri"), hours=None,
    holidays=[date(2026, 10, day) for day in range(1, 8)], extra_workdays=[date(2026, 10, 10)],
)  # fmt: skip
SHIPPED = FILE.read_text(encoding="utf-8")
TODAY = date(2026, 9, 1)


def faults_of(source: str) -> dict[str, str]:
    with language("en"), pytest.raises(ConfigurationError) as refused:
        parse_network(source)
    return {fault.key: str(fault) for fault in refused.value.faults}


def test_the_shipped_network_is_sound_and_names_what_the_policy_knows() -> None:
    network, policy = default_network(), parse_policy(shipped_policy())
    assert len(network.milestone) == 20
    assert {m.category for m in network.milestone} <= set(policy.categories)
    assert network.land.category in policy.categories


def test_from_filing_to_the_construction_permit_the_network_keeps_the_fifty_days_of_s2() -> None:
    network = default_network()
    nodes = ordered(Node(m.key, m.days, m.after) for m in network.milestone)
    span = earliest(nodes, date(2026, 3, 2), CALENDAR)
    days = CALENDAR.working_days_between(
        span["filing"].begin, span["construction_permit"].end, inclusive=True
    )
    assert days <= 50


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ('after = ["signing"]', 'after = ["birth"]', "milestone.landing.after", "birth"),
        ('key = "landing"', 'key = "filing"', "milestone.filing", "more than once"),
        ('after = []', 'after = ["evaluation"]', "milestone", "in a circle"),
        ('used_by = "start"', 'used_by = "party"', "permit.construction_permit", "party"),
        ('anchor = "finish"', 'anchor = "start"', "anchor.finish", "exactly one"),
        ("days = 3 ", "days = 0 ", "milestone.1.days", "not allowed"),
        ('then = "title"', 'then = "deed"', "prompt.certificate", "deed"),
    ],
)  # fmt: skip
def test_each_fault_of_the_file_is_named(old: str, new: str, key: str, words: str) -> None:
    assert old in SHIPPED
    found = faults_of(SHIPPED.replace(old, new, 1))
    assert key in found, found
    assert words in found[key]


def test_milestones_that_wait_for_each_other_are_named_in_order() -> None:
    with pytest.raises(Circle) as refused:
        ordered([Node("a", 1, ("c",)), Node("b", 1, ("a",)), Node("c", 1, ("b",))])
    assert set(refused.value.keys) == {"a", "b", "c"}


def test_counting_back_takes_the_tighter_of_two_ways_and_leaves_out_the_holiday() -> None:
    nodes = ordered([
        Node("first", 2), Node("short", 1, ("first",)), Node("long", 3, ("first",)),
        Node("goal", 2, ("short", "long")),
    ])  # fmt: skip
    spans = plan_back(nodes, {"goal": date(2026, 10, 11)}, CALENDAR)
    assert spans["goal"] == Span(date(2026, 10, 9), date(2026, 10, 10))  # a Saturday, worked
    assert spans["short"].end == spans["long"].end == date(2026, 10, 8)
    assert spans["long"].begin == date(2026, 9, 29)
    assert spans["first"].end == date(2026, 9, 28)


def test_what_no_target_waits_for_follows_as_early_as_it_can() -> None:
    nodes = ordered([Node("goal", 1), Node("later", 5, ("goal",)), Node("alone", 1)])
    spans = plan_back(nodes, {"goal": date(2026, 9, 4)}, CALENDAR)
    assert spans["later"] == Span(date(2026, 9, 7), date(2026, 9, 11))
    assert "alone" not in spans
    dated = plan_back(nodes, {"goal": date(2026, 9, 4)}, CALENDAR, begin=date(2026, 9, 5))
    assert dated["alone"].begin == date(2026, 9, 7)


def test_what_is_under_way_ends_today_at_the_earliest_and_the_rest_follows() -> None:
    nodes = ordered([
        Node("done", 3, (), date(2026, 8, 3)), Node("running", 2, ("done",)),
        Node("next", 2, ("running",)),
    ])  # fmt: skip
    early = earliest(nodes, TODAY, CALENDAR)
    assert early["done"].end == date(2026, 8, 3)
    assert early["running"] == Span(date(2026, 8, 4), TODAY)
    assert early["next"] == Span(date(2026, 9, 2), date(2026, 9, 3))


def test_a_late_predecessor_eats_the_slack_and_the_target_is_missed() -> None:
    nodes = ordered([Node("first", 5), Node("goal", 5, ("first",))])
    early = earliest(nodes, TODAY, CALENDAR)
    room = slack(nodes, early, {"goal": date(2026, 9, 10)}, {}, CALENDAR)
    assert room == {"first": -2, "goal": -2}
    kept = slack(nodes, early, {"goal": date(2026, 9, 16)}, {}, CALENDAR)
    assert kept == {"first": 2, "goal": 2}


def test_what_stands_before_a_milestone_that_was_done_without_it_misses_no_target() -> None:
    nodes = ordered([
        Node("review", 9), Node("permit", 3, ("review",), date(2026, 8, 28)),
        Node("goal", 5, ("permit",)),
    ])  # fmt: skip
    early = earliest(nodes, TODAY, CALENDAR)
    targets, plans = {"goal": date(2026, 9, 4)}, {"review": date(2026, 9, 30)}
    room = slack(nodes, early, targets, plans, CALENDAR)
    assert set(room) == {"review", "goal"}
    assert room["goal"] == working_days(early["goal"].end, date(2026, 9, 4), CALENDAR)
    assert room["review"] == working_days(early["review"].end, date(2026, 9, 30), CALENDAR)
    assert room["review"] > 0


def test_the_critical_path_names_its_line_and_what_blocks_it_now() -> None:
    nodes = ordered([
        Node("signed", 1, (), date(2026, 8, 3)), Node("land", 20, ("signed",)),
        Node("drawings", 5, ("signed",)), Node("permit", 3, ("land", "drawings")),
        Node("start", 5, ("permit",)), Node("aside", 100, ("signed",)),
    ])  # fmt: skip
    path = critical_path(nodes, earliest(nodes, TODAY, CALENDAR), ["start"], CALENDAR)
    assert path is not None
    assert path.line == ("land", "permit", "start")
    assert path.blockers[0] == "land"
    assert "aside" not in path.on


def test_nothing_is_critical_once_everything_is_done() -> None:
    nodes = ordered([Node("only", 1, (), TODAY)])
    assert critical_path(nodes, earliest(nodes, TODAY, CALENDAR), ["only"], CALENDAR) is None


def test_a_milestone_that_was_dropped_is_bridged() -> None:
    left = without([Node("a", 1), Node("b", 1, ("a",)), Node("c", 1, ("b",))], ["b"])
    assert [(n.key, n.after) for n in left] == [("a", ()), ("c", ("a",))]


def test_a_picture_puts_each_milestone_behind_the_longest_way_to_it() -> None:
    nodes = ordered([Node("a", 1), Node("b", 1, ("a",)), Node("c", 1, ("a", "b"))])
    assert layers(nodes) == {"a": 0, "b": 1, "c": 2}


@st.composite
def networks(draw: st.DrawFn) -> list[Node]:
    size = draw(st.integers(1, 9))
    found = []
    for n in range(size):
        before = draw(st.sets(st.integers(0, n - 1), max_size=3)) if n else set()
        actual = draw(st.none() | st.integers(-60, 0).map(lambda d: TODAY + timedelta(d)))
        found.append(
            Node(f"n{n}", draw(st.integers(1, 30)), tuple(f"n{b}" for b in sorted(before)), actual)
        )
    return found


def walked(nodes: list[Node], key: str) -> int:
    """The longest way to a milestone, one edge at a time."""
    node = next(n for n in nodes if n.key == key)
    return max((walked(nodes, before) + 1 for before in node.after), default=0)


@given(networks(), st.integers(0, 300))
def test_dates_both_ways_keep_the_order_and_the_target(nodes: list[Node], ahead: int) -> None:
    found, target = ordered(nodes), TODAY + timedelta(ahead)
    goal = nodes[-1].key
    back = plan_back(
        {k: Node(n.key, n.days, n.after) for k, n in found.items()}, {goal: target}, CALENDAR, TODAY
    )
    assert back[goal].end == CALENDAR.roll_backward(target)
    early = earliest(found, TODAY, CALENDAR)
    for node in found.values():
        for before in node.after:
            assert back[before].end < back[node.key].begin
            if node.actual is None:
                assert early[before].end < early[node.key].begin
        own = early[node.key]
        if node.actual is None:
            assert own.end >= TODAY
            length = CALENDAR.working_days_between(own.begin, own.end, inclusive=True)
            assert length >= node.days
    assert layers(found) == {n.key: walked(nodes, n.key) for n in nodes}


@given(networks())
def test_shortening_a_critical_milestone_alone_decides_the_goal(nodes: list[Node]) -> None:
    """Whatever is off the critical path may take a day longer without moving the goal's end."""
    found = ordered(nodes)
    early = earliest(found, TODAY, CALENDAR)
    path = critical_path(found, early, list(found), CALENDAR)
    if path is None:
        assert all(n.actual is not None for n in nodes)
        return
    assert path.goal in path.on
    assert set(path.line) <= path.on
    assert all(found[key].actual is None for key in path.on)
    for key, node in found.items():
        if node.actual is None and key not in path.on:
            longer = dict(found) | {key: Node(key, node.days + 1, node.after)}
            assert earliest(longer, TODAY, CALENDAR)[path.goal].end == early[path.goal].end


@given(st.dates(date(2026, 8, 1), date(2026, 12, 1)), st.integers(0, 60))
def test_working_days_count_the_same_both_ways(first: date, days: int) -> None:
    then = first + timedelta(days)
    counted = sum(
        CALENDAR.is_working_day(first + timedelta(n)) for n in range(1, days + 1)
    )  # fmt: skip
    assert working_days(first, then, CALENDAR) == counted
    assert working_days(then, first, CALENDAR) == -counted
