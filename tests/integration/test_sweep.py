"""The clock's corner cases: each was found by random lives or by killed processes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from models import tables
from tests.world import World, at
from workflow.commands import assignment, closure, parking, requests, supervision
from workflow.commands.breakdown import Plan
from workflow.errors import NotVisible
from workflow.sweep import tick
from workflow.watchdog import examine

DISPATCHED = "2026-03-02 10:00"
WEEK = [Plan("迁移", days=7)]  # due on Wednesday 2026-03-11


def rungs(world: World, task: str, version: int = 1) -> dict[str, str]:
    """What is on record for a deadline: outcome by rung."""
    rows = world.rows(tables.rung_firing, subject=f"task:{world.task(task).id}")
    return {r.rung: r.outcome for r in rows if r.deadline_version == version and r.level}


def sweep(world: World, when: str) -> Any:
    """One sweep that must not put anything off."""
    report = tick(world.db, at(when))
    assert report.deferred == []
    return report


def ask_extension(world: World, task: str, when: str) -> None:
    """The construction bureau's head asks for two days more."""
    world.do(
        requests.request_extension, "zjj_head", when, task=task, reason="材料未到",
        progress="过半", new_due=at("2026-03-13 17:30"),
    )  # fmt: skip


def refuse_extension(world: World, task: str, when: str) -> None:
    """The chief refuses it."""
    world.do(requests.rule_extension, "chief", when, task=task, granted=False, opinion="按期办理")


def test_a_refused_extension_lets_fire_what_came_due_meanwhile_and_nothing_twice(
    world: World,
) -> None:
    task = world.dispatched(DISPATCHED, plans=WEEK).task
    ask_extension(world, task, "2026-03-02 15:00")
    sweep(world, "2026-03-04 09:00")  # the limit of the receipt has passed while it was pending
    sweep(world, "2026-03-12 09:01")
    assert rungs(world, task) == {}
    refuse_extension(world, task, "2026-03-12 10:00")
    sweep(world, "2026-03-12 10:00")
    assert rungs(world, task) == {
        "remind-3": "superseded",
        "remind-1": "superseded",
        "urge": "fired",
    }
    told = [r for r in world.rows(tables.rung_firing) if r.rung == "ack"]
    assert len(told) == 1


def test_a_withdrawn_extension_request_lets_the_clock_go_on(world: World) -> None:
    task = world.dispatched(DISPATCHED, plans=WEEK).task
    ask_extension(world, task, "2026-03-02 15:00")
    sweep(world, "2026-03-10 09:30")
    world.do(requests.withdraw_request, "zjj_head", "2026-03-10 10:00", task=task, kind="extension")
    sweep(world, "2026-03-10 10:00")
    assert rungs(world, task) == {"remind-3": "superseded", "remind-1": "fired"}


def test_a_command_with_a_clock_behind_the_sweeps_makes_nothing_fire_twice(world: World) -> None:
    task = world.acknowledged(DISPATCHED, plans=WEEK).task
    sweep(world, "2026-03-12 09:00")
    late = at("2026-03-12 09:00") - timedelta(seconds=2)
    world.do(supervision.progress, "zjj_liaison", late, task=task, text="已进场")
    before = rungs(world, task)
    sweep(world, "2026-03-12 09:01")
    assert rungs(world, task) == before
    assert len(world.notices("zjj_liaison", kind="urge")) == 1
    assert "not_swept" not in {f.kind for f in examine(world.db, at("2026-03-12 10:00"))}


def test_a_second_red_late_supersedes_the_urge_but_not_the_interview(world: World) -> None:
    task = world.submitted(DISPATCHED, then="2026-03-12 13:30", plans=WEEK).task  # red once
    world.do(
        closure.reject_submission, "jfj_verifier", "2026-03-12 14:00", task=task,
        opinion="不属实", requirement="补充整改要求：补齐佐证材料", new_due=at("2026-03-16 17:30"),
    )  # fmt: skip
    sweep(world, "2026-03-19 09:00")
    assert rungs(world, task, 2) == {
        "remind-1": "superseded", "urge": "superseded", "supervise": "prepared",
        "interview": "proposed",
    }  # fmt: skip


def park(world: World, issue: str, when: str) -> None:
    """The chief parks an issue."""
    review = (at(when) + timedelta(days=30)).date()
    world.do(parking.park, "chief", when, issue=issue, reason="等待批复", review_on=review)


def test_a_task_given_to_another_unit_while_parked_stands_still_too(world: World) -> None:
    case = world.acknowledged(DISPATCHED, plans=[*WEEK, *WEEK])
    world.do(
        requests.request_return, "zjj_head", "2026-03-03 09:00", task=case.task, reason="非本单位",
        basis="三定方案",
    )  # fmt: skip
    park(world, case.issue, "2026-03-03 10:00")
    new = world.do(
        requests.rule_return, "chief", "2026-03-04 10:00", task=case.task, reassign_to="zgj",
        opinion="改派",
    ).task_number  # fmt: skip
    sweep(world, "2026-03-30 09:00")
    assert rungs(world, new) == {}
    assert world.task(new).paused_at == at("2026-03-04 10:00")
    world.do(parking.resume, "chief", "2026-03-30 10:00", issue=case.issue, reason="已批复")
    # seven days from 03-04 is 03-13; eighteen working days stood still
    assert world.task(new).due_at == at("2026-04-09 17:30")


def test_what_was_verified_while_parked_gets_no_new_deadline(world: World) -> None:
    case = world.acknowledged(DISPATCHED, plans=[*WEEK, *WEEK])
    world.submit(case.task, "2026-03-03 09:00")
    park(world, case.issue, "2026-03-03 10:00")
    world.verify(case.task, "2026-03-04 09:00")
    world.do(parking.resume, "chief", "2026-03-10 10:00", issue=case.issue, reason="已批复")
    verified, other = (world.task(number) for number in case.tasks)
    assert (verified.deadline_version, verified.paused_at) == (1, None)
    assert (other.deadline_version, other.paused_at) == (2, None)


def test_a_request_on_one_task_is_none_on_its_sister(world: World) -> None:
    case = world.acknowledged(DISPATCHED, plans=[*WEEK, *WEEK])
    for task in case.tasks:
        ask_extension(world, task, "2026-03-03 09:00")
    assert len(world.rows(tables.request, state="open")) == 2


def test_a_supporting_unit_sees_nothing_before_the_dispatch(world: World) -> None:
    case = world.planned(DISPATCHED, plans=[Plan("迁移", co_units=("gdgs",))])
    given: dict[str, Any] = {"task": case.task, "text": "同意"}
    with pytest.raises(NotVisible):
        world.do(supervision.co_input, "gdgs_liaison", "2026-03-02 11:00", **given)
    world.do(assignment.dispatch, "chief", "2026-03-02 11:00", issue=case.issue)
    world.do(supervision.co_input, "gdgs_liaison", "2026-03-02 11:30", **given)


def test_what_a_late_command_finds_prepared_is_void_once_the_task_is_handed_in(
    world: World,
) -> None:
    task = world.acknowledged(DISPATCHED, plans=WEEK).task
    world.submit(task, "2026-03-17 10:00")  # nobody had swept: the submission catches up first
    assert rungs(world, task)["supervise"] == "prepared"
    assert {row.state for row in world.rows(tables.prepared_action)} == {"void"}
