"""Limits and rungs survive parking, moved calendars and brought-forward steps: none is lost."""

from __future__ import annotations

from datetime import date
from typing import Any

from models import tables
from tests.sweeping import sweep_until
from tests.world import World, at
from workflow.calendar_admin import apply_recompute, set_exception
from workflow.commands import closure, parking, requests, supervision
from workflow.commands.breakdown import Plan
from workflow.errors import GuardFailed


def keys(world: World, subject: str) -> list[str]:
    """Rungs and limits on record for a subject."""
    return [row.rung for row in world.rows(tables.rung_firing, subject=subject)]


def of(world: World, task: str) -> str:
    return f"task:{world.task(task).id}"


def test_a_ruling_that_was_open_while_parked_is_still_chased(world: World) -> None:
    task = world.acknowledged("2026-03-02 10:00").task
    world.do(
        requests.request_extension,
        "zjj_head",
        "2026-03-10 09:00",
        task=task,
        new_due=at("2026-03-31 17:30"),
        reason="停电窗口推迟",
        progress="已办手续",
    )
    issue = task.rsplit("-", 1)[0]
    world.do(
        parking.park,
        "chief",
        "2026-03-10 10:00",
        issue=issue,
        reason="等待上级批复",
        review_on=date(2026, 4, 10),
    )
    world.do(parking.resume, "chief", "2026-03-25 10:00", issue=issue, reason="批复已下")
    sweep_until(world, "2026-07-01 12:00")
    rulings = [key for key in keys(world, of(world, task)) if key.startswith("rule_extension")]
    assert len(rulings) == 13  # the limit and twelve reminders: nobody ruled
    assert rulings[1].endswith("#1")


def test_a_verification_that_was_open_while_parked_is_still_chased(world: World) -> None:
    case = world.acknowledged("2026-03-02 10:00", plans=[Plan("甲"), Plan("乙")])
    first = case.tasks[0]
    world.submit(first, "2026-03-03 10:00")
    issue = first.rsplit("-", 1)[0]
    world.do(
        parking.park,
        "chief",
        "2026-03-04 10:00",
        issue=issue,
        reason="等待上级批复",
        review_on=date(2026, 4, 10),
    )
    world.do(parking.resume, "chief", "2026-03-25 10:00", issue=issue, reason="批复已下")
    sweep_until(world, "2026-04-10 12:00")
    assert any(key.startswith("verify:") for key in keys(world, of(world, first)))


def test_a_calendar_that_moves_a_limit_forward_does_not_lose_it(world: World) -> None:
    task = world.acknowledged(
        "2026-03-02 10:00", plans=[Plan("甲", due=at("2026-03-31 17:30"))]
    ).task
    world.submit(task, "2026-03-06 10:00")
    with world.db.write() as s:
        from workflow.context import find_actor

        actor = find_actor(s, "sysadmin")
        set_exception(s, None, date(2026, 3, 7), "workday", "调休", actor, at("2026-03-06 11:00"))
        apply_recompute(s, actor, at("2026-03-06 12:00"))
    sweep_until(world, "2026-03-12 12:00")
    assert any(key.startswith("verify:") for key in keys(world, of(world, task)))


def test_steps_passed_over_by_an_early_interview_still_come_after_parking(world: World) -> None:
    task = world.acknowledged("2026-03-02 10:00", plans=[Plan("x", limit="ordinary")]).task
    sweep_until(world, "2026-03-12 12:00")  # due 03-11, urged 03-12: red once
    world.submit(task, "2026-03-12 13:35")
    world.do(
        closure.reject_submission,
        f"{world.verifier_of(task)}_verifier",
        "2026-03-12 14:00",
        task=task,
        opinion="不属实",
        requirement="补做平整并补充第三方报告材料",
        new_due=at("2026-03-16 17:30"),
    )
    sweep_until(world, "2026-03-17 12:00")  # red twice: urged, interview proposed
    issue = task.rsplit("-", 1)[0]
    world.do(
        parking.park,
        "chief",
        "2026-03-18 10:00",
        issue=issue,
        reason="等待上级批复",
        review_on=date(2026, 4, 10),
    )
    world.do(parking.resume, "chief", "2026-03-25 10:00", issue=issue, reason="批复已下")
    sweep_until(world, "2026-06-01 12:00")
    third = {
        row.rung
        for row in world.rows(tables.rung_firing, subject=of(world, task))
        if row.deadline_version == 3 and row.level
    }
    assert third == {"interview", "supervise", "bulletin", "accountability"}


def test_an_extension_is_possible_after_parking_and_after_a_refusal(world: World) -> None:
    task = world.acknowledged("2026-03-02 10:00").task
    issue = task.rsplit("-", 1)[0]
    world.do(
        parking.park,
        "chief",
        "2026-03-04 10:00",
        issue=issue,
        reason="等待上级批复",
        review_on=date(2026, 4, 25),
    )
    world.do(parking.resume, "chief", "2026-04-20 10:00", issue=issue, reason="批复已下")
    due = world.task(task).due_at
    asked: dict[str, Any] = {"task": task, "reason": "停电窗口推迟", "progress": "已办手续"}
    world.do(
        requests.request_extension,
        "zjj_head",
        "2026-04-21 10:00",
        new_due=at("2026-05-15 17:30"),
        **asked,
    )
    assert due is not None and due < at("2026-05-15 17:30")


def test_what_nobody_answers_is_reminded_again_and_the_decider_hears_of_it(world: World) -> None:
    issue = world.reported("2026-03-02 10:00")
    sweep_until(world, "2026-03-20 12:00")
    told = {
        row.occasion.split(":")[-1].rpartition("#")[2] or "0"
        for row in world.rows(tables.notice, kind="todo")
        if row.occasion.startswith("limit:")
    }
    assert {"1", "2"} <= told
    director = next(p.id for p in world.rows(tables.person) if p.username == "director")
    assert any(row.recipient_id == director for row in world.rows(tables.notice, kind="todo"))
    assert issue


def test_a_level_is_not_lowered_to_close_it_oneself(world: World) -> None:
    issue = world.reported("2026-03-02 10:00")
    world.do(
        supervision.coordinate,
        "chief",
        "2026-03-02 11:00",
        issue=issue,
        level=4,
        reason="需市级协调",
    )
    codes = world.refused(
        GuardFailed,
        supervision.coordinate,
        "chief",
        "2026-03-02 12:00",
        issue=issue,
        level=1,
        reason="已协调",
    )
    assert codes == ["level_rank"]


def test_a_task_not_yet_handed_over_holds_the_issue_open(world: World) -> None:
    from workflow.commands import breakdown

    task = world.acknowledged("2026-03-02 10:00").task
    issue = task.rsplit("-", 1)[0]
    world.do(breakdown.plan_task, "triage", "2026-03-02 11:00", issue=issue, form=Plan("丙"))
    world.submit(task, "2026-03-03 10:00")
    world.verify(task, "2026-03-03 11:00")
    assert world.rows(tables.issue, number=issue)[0].state == "in_progress"
    sweep_until(world, "2026-03-05 12:00")
    assert any(key.startswith("plan:") for key in keys(world, of(world, f"{issue}-02")))
