"""Coordination levels: raised by the clock, asked for by units, moved by the office."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from models import tables
from projects.coordination.facts import standings
from projects.coordination.levels import run
from projects.coordination.requests import ask, decline
from tests.world import World, at
from workflow.audit import verify
from workflow.commands import parking, supervision
from workflow.commands.breakdown import Plan
from workflow.context import context
from workflow.daily import Job, failed, run_due
from workflow.errors import GuardFailed, Malformed, NotAllowed, NotVisible, StaleVersion

NOW = "2026-09-01 10:00"
FIFTH, SIXTH = "2026-09-08 09:00", "2026-09-09 09:00"


def levels(world: World, issue: str) -> list[tuple[int, Any]]:
    """The level's changes with who made them."""
    return [(e.data["level"], e.actor_id) for e in world.events(issue, "issue.coordinate")]


def news(world: World, username: str, about: str = "coordination_raised") -> list[Any]:
    """Notices of the project side to somebody."""
    return [n for n in world.notices(username, kind="project_news") if n.facts["about"] == about]


def test_the_clock_raises_what_is_unsolved_for_more_than_five_working_days_once(
    world: World,
) -> None:
    case = world.acknowledged(NOW)
    assert run(world.db, at(FIFTH)) == 0
    assert run(world.db, at(SIXTH)) == 1
    assert run(world.db, at(SIXTH)) == run(world.db, at("2026-09-30 09:00")) == 0
    assert levels(world, case.issue) == [(2, None)]
    (event,) = world.events(case.issue, "issue.coordinate")
    assert event.data["cause"] == "unsolved" and "5" in event.data["reason"]
    assert len(news(world, "chief")) == len(news(world, "zjj_liaison")) == 1
    assert news(world, "lucheng_liaison") == []
    with world.db.read() as s:
        assert verify(s).faults == []


def test_a_level_that_a_person_has_lowered_stays_down_in_this_cycle(world: World) -> None:
    case = world.acknowledged(NOW)
    run(world.db, at(SIXTH))
    given = {"issue": case.issue, "level": 1, "reason": "单位已有方案"}
    world.do(supervision.coordinate, "chief", "2026-09-10 10:00", **given)
    assert run(world.db, at("2026-10-20 09:00")) == 0
    assert world.issue(case.issue).coordination_level == 1


def test_parked_closed_and_planned_issues_are_left_alone(world: World) -> None:
    parked = world.acknowledged(NOW)
    world.do(
        parking.park, "director", "2026-09-02 10:00", issue=parked.issue, reason="诉讼中",
        review_on=at("2026-11-01 10:00").date(),
    )  # fmt: skip
    world.planned(NOW)
    world.closed(NOW)
    assert run(world.db, at("2026-10-20 09:00")) == 0
    world.do(parking.resume, "chief", "2026-10-20 10:00", issue=parked.issue, reason="已结案")
    # one working day before the parking, none counted during it: five more have to pass
    assert run(world.db, at("2026-10-26 09:00")) == 0
    assert run(world.db, at("2026-10-28 09:00")) == 1


def test_one_issue_that_fails_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = world.acknowledged(NOW), world.acknowledged(NOW)
    from projects.coordination import levels as coordination

    kept, broken = coordination.raise_by_clock, world.issue(first.issue).id

    def failing(s: Any, issue_id: int, now: Any) -> bool:
        if issue_id == broken:
            raise RuntimeError("broken")
        return kept(s, issue_id, now)

    monkeypatch.setattr(coordination, "raise_by_clock", failing)
    assert run_due(world.db, at(SIXTH), [Job("coordination", run)]) == 0
    assert world.issue(second.issue).coordination_level == 2
    assert world.issue(first.issue).coordination_level == 1
    assert failed(world.db) == ["coordination"], "it is shown, and tried again in an hour"
    monkeypatch.setattr(coordination, "raise_by_clock", kept)
    assert run_due(world.db, at(SIXTH) + timedelta(hours=1), [Job("coordination", run)]) == 1
    assert world.issue(first.issue).coordination_level == 2
    assert failed(world.db) == []


def test_a_unit_at_work_asks_for_a_consultation_and_the_level_rises_at_once(world: World) -> None:
    case = world.acknowledged(NOW)
    asked = {"issue": case.issue, "cause": "consult", "reason": "停电窗口需会商"}
    world.do(ask, "zjj_liaison", NOW, **asked)
    assert levels(world, case.issue) == [(2, world.people["zjj_liaison"])]
    assert world.row(tables.coordination_request).state == "treated"
    assert len(news(world, "triage")) == 1
    assert world.refused(GuardFailed, ask, "lucheng_head", NOW, **asked) == ["asked_already"]
    assert run(world.db, at("2026-09-30 09:00")) == 0


def test_who_is_not_concerned_may_not_ask_and_outsiders_learn_nothing(world: World) -> None:
    case = world.acknowledged(NOW)
    asked = {"issue": case.issue, "cause": "city", "reason": "需市级协调"}
    for outsider in ("henglin_head", "sthj_liaison", "auditor", "sysadmin"):
        world.refused(NotVisible, ask, outsider, NOW, **asked)
    for onlooker in ("zjj_handler", "inspector", "jfj_verifier"):
        world.refused(NotAllowed, ask, onlooker, NOW, **asked)
    world.refused(Malformed, ask, "zjj_head", NOW, **asked | {"reason": " "})
    world.refused(Malformed, ask, "zjj_head", NOW, **asked | {"cause": "moon"})
    world.refused(StaleVersion, ask, "zjj_head", NOW, **asked, expected_version=1)


def test_elements_are_balanced_by_the_board_first_and_by_the_district_after(world: World) -> None:
    form: dict[str, Any] = {"category": "能耗", "board": "yaoguan", "by": "yaoguan_reporter"}
    element = world.dispatched(NOW, plans=[Plan("核定用能", lead="zjj")], **form)
    other = world.dispatched(NOW)
    asked = {"cause": "element", "reason": "板块内已调剂30%，仍缺1.2万吨标煤"}
    assert world.refused(GuardFailed, ask, "lucheng_head", NOW, issue=other.issue, **asked) == [
        "no_element"
    ]
    world.refused(NotAllowed, ask, "zjj_head", NOW, issue=element.issue, **asked)
    world.do(ask, "yaoguan_head", NOW, issue=element.issue, **asked)
    row = world.row(tables.coordination_request)
    assert (row.cause, row.state) == ("element", "open")
    assert world.issue(element.issue).coordination_level == 2
    again = {"issue": element.issue, **asked}
    assert world.refused(GuardFailed, ask, "yaoguan_liaison", NOW, **again) == ["asked_already"]
    world.refused(NotVisible, decline, "henglin_head", NOW, request=row.id, opinion="不予统筹")
    world.refused(NotAllowed, decline, "yaoguan_head", NOW, request=row.id, opinion="不予统筹")
    world.do(decline, "chief", NOW, request=row.id, opinion="区内尚有余量，请先行调剂")
    assert world.row(tables.coordination_request).state == "declined"
    again = {"request": row.id, "opinion": "再答"}
    assert world.refused(GuardFailed, decline, "chief", NOW, **again) == ["settled"]


def test_the_days_at_a_level_begin_with_it(world: World) -> None:
    case = world.acknowledged(NOW)
    run(world.db, at(SIXTH))
    key = world.issue(case.issue).id
    with world.db.read() as s:
        calendar, standing = context(s).calendar(), standings(s, [key])[key]
    later = at(SIXTH) + timedelta(days=14)
    assert standing.days_at_level(later, calendar) == 11  # 2026-09-20 is a make-up day
    assert standing.unsolved_days(later, calendar) == 17
    assert (standing.level, standing.raised, standing.actor_id) == (2, True, None)
