"""Simulated dispatches: the dates of the domain rules, the ladder, and what cannot fire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from config.i18n import language
from config.policy import parse_policy, shipped_policy
from models.directory import Directory, PersonInfo, UnitInfo
from workflow.errors import Malformed
from workflow.simulate import Simulation, shipped_calendar, simulate
from workflow.wording import derivation_lines


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """These tests read messages; the program speaks Chinese unless told otherwise."""
    with language("en"):
        yield


ZONE = ZoneInfo("Asia/Shanghai")
POLICY = parse_policy(shipped_policy())
CALENDAR = shipped_calendar(POLICY)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def simulated(
    dispatched: str,
    category: str = "杆线迁移",
    days: int | None = None,
    urgent: bool | None = None,
    due: str | None = None,
) -> Simulation:
    return simulate(
        POLICY,
        CALENDAR,
        None,
        category=category,
        dispatched=at(dispatched),
        days=days,
        urgent=urgent,
        due=at(due) if due else None,
    )


@pytest.mark.parametrize(
    ("dispatched", "days", "due"),
    [
        ("2026-02-11", 5, "2026-02-25"),
        ("2026-09-18", 3, "2026-09-22"),
        ("2026-09-30", 3, "2026-10-10"),
        ("2025-09-30", 3, "2025-10-11"),
        ("2024-02-08", 3, "2024-02-19"),
    ],
)
def test_the_dates_of_the_domain_rules(dispatched: str, days: int, due: str) -> None:
    found = simulated(f"{dispatched} 10:00", days=days)
    assert found.deadline.due_at == at(f"{due} 17:30")
    assert not found.deadline.provisional


def test_a_deadline_over_an_unpublished_year_says_that_it_is_provisional() -> None:
    found = simulated("2026-12-28 10:00", days=5)
    assert found.deadline.provisional
    assert found.to_json()["provisional"] is True
    assert len(derivation_lines(found.deadline.derivation)) > 2


def test_each_rung_says_when_to_whom_and_with_which_document() -> None:
    found = simulated("2026-09-28 10:00")
    assert found.deadline.due_at == at("2026-10-23 17:30")
    assert [(r.level, f"{r.at:%m-%d %H:%M}", r.kind) for r in found.rungs] == [
        (1, "10-20 09:00", "due_soon"),
        (1, "10-22 09:00", "due_soon"),
        (2, "10-26 09:00", "urge"),
        (3, "10-28 09:00", "supervise"),
        (4, "10-30 09:00", "bulletin"),
        (5, "11-06 09:00", "interview"),
        (6, "11-20 09:00", "accountability"),
    ]
    assert all(r.fires and r.to for r in found.rungs)
    urge = found.rungs[2]
    assert [a.role for a in urge.to] == ["responsible_person", "liaison"]
    assert [a.role for a in urge.copied] == ["deputy_head"]


def test_an_urgent_task_climbs_in_half_the_time() -> None:
    found = simulated("2026-03-02 10:00", urgent=True)
    assert [r.offset for r in found.rungs] == [-2, -1, 1, 2, 3, 5, 10]


def test_a_reminder_whose_moment_has_passed_says_so() -> None:
    found = simulated("2026-03-02 10:00", days=2)
    assert [(r.key, r.fires) for r in found.rungs][:3] == [
        ("remind-3", False),
        ("remind-1", True),
        ("urge", True),
    ]
    assert found.rungs[0].why_not


def test_a_fixed_date_does_not_roll_off_a_holiday() -> None:
    found = simulated("2026-09-28 10:00", due="2026-10-01 17:30")
    assert found.deadline.due_at == at("2026-10-01 17:30")
    assert found.limit_class == "fixed"


def test_a_category_may_be_named_by_its_code() -> None:
    assert simulated("2026-09-28 10:00", "utility_relocation").category == "杆线迁移"


def test_an_unknown_category_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Malformed) as refusal:
        simulated("2026-09-28 10:00", "修桥")
    assert "杆线迁移" in refusal.value.reasons[0].remedy


def test_days_below_one_are_refused() -> None:
    with pytest.raises(Malformed):
        simulated("2026-09-28 10:00", days=0)


def test_the_result_is_plain_json() -> None:
    data = json.loads(json.dumps(simulated("2026-09-28 10:00").to_json()))
    assert data["deadline"] == "2026-10-23T17:30:00+08:00"
    assert data["derivation"]["skipped"][0] == {
        "day": "2026-10-01",
        "cause": "holiday",
        "name": "国庆节",
    }
    assert data["rungs"][0]["when"] == "2026-10-20T09:00:00+08:00"
    assert data["rungs"][2]["to"][1]["role"] == "liaison"


def test_people_are_named_where_they_are_known() -> None:
    unit = UnitInfo(1, "zjj", "建设局", "", "department", None, False, True)
    directory = Directory(units={1: unit}, by_code={"zjj": unit})
    qian = PersonInfo(1, "qian", "钱七", 1, "head", None, None, "zh_CN", True, None, None, None)
    directory.people[1] = qian
    directory.by_post[(1, "head")] = [qian]
    found = simulate(
        POLICY, CALENDAR, directory, category="杆线迁移", dispatched=at("2026-09-28 10:00")
    )
    supervise = next(r for r in found.rungs if r.key == "supervise")
    assert supervise.to[0].people == ("钱七",)


def test_days_in_a_row_are_joined_and_make_up_days_are_not_swallowed() -> None:
    lines = "\n".join(derivation_lines(simulated("2026-09-28 10:00").deadline.derivation))
    assert "2026-10-01 … 2026-10-07" in lines
    assert "2026-10-17 … 2026-10-18" in lines
    assert "2026-10-11 …" not in lines


def test_make_up_days_that_were_counted_are_named() -> None:
    found = simulated("2026-09-28 10:00").deadline.derivation
    assert "Counted, make-up workdays: 2026-10-10" in derivation_lines(found)
    assert not simulated("2026-03-02 10:00").deadline.derivation["makeup"]


def test_hours_are_said_to_run_from_the_moment_and_have_no_day_zero() -> None:
    found = simulate(POLICY, CALENDAR, None, category="紧急事项", dispatched=at("2026-10-10 16:00"))
    lines = "\n".join(derivation_lines(found.deadline.derivation))
    assert "Day zero" not in lines
    assert "very moment" in lines
    assert "2026-10-10" in lines  # a Saturday that is worked


def test_the_receipt_is_due_no_later_than_the_work() -> None:
    found = simulate(POLICY, CALENDAR, None, category="紧急事项", dispatched=at("2026-09-28 09:00"))
    assert found.acknowledge_by == found.deadline.due_at
