"""The watchdog: red for each way in which something may be missed, green when nothing is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, update

from models import tables
from tests.world import World, at
from workflow.commands import breakdown, closure, parking, requests
from workflow.commands.breakdown import Plan
from workflow.heartbeats import beat
from workflow.scheduler import deliver
from workflow.sweep import tick
from workflow.watchdog import OUTBOX_GRACE, SWEEP_GRACE, examine

DISPATCHED = "2026-03-02 10:00"
WEEK = [Plan("迁移", days=7)]  # due on Wednesday 2026-03-11
URGED = at("2026-03-12 09:00")
MINUTE = timedelta(minutes=1)


def says(world: World, now: Any) -> dict[str, str]:
    """Kind and subject of what it finds, without the files that nobody writes here."""
    found = examine(world.db, at(now) if isinstance(now, str) else now)
    return {f.kind: f.subject for f in found if f.kind != "outbox_stuck"}


def sweep(world: World, now: Any) -> None:
    """One sweep."""
    tick(world.db, at(now) if isinstance(now, str) else now, channels=("inapp",))


def point(world: World, number: str, moment: Any) -> None:
    """Set the pointer of a task or an issue by hand."""
    with world.db.write() as s:
        for table in (tables.task, tables.issue):
            s.execute(update(table).where(table.c.number == number).values(
                next_rung_at=moment))  # fmt: skip


def test_nothing_has_been_missed_in_an_empty_zone(world: World) -> None:
    assert examine(world.db, URGED) == []


def test_what_nobody_sweeps_turns_red_after_its_grace_and_green_after_a_sweep(
    world: World,
) -> None:
    task = world.acknowledged(DISPATCHED, plans=WEEK).task
    due = world.task(task).next_rung_at
    assert says(world, due + SWEEP_GRACE) == {}
    assert says(world, due + SWEEP_GRACE + MINUTE) == {"not_swept": task}
    assert says(world, URGED + SWEEP_GRACE + MINUTE) == {"not_swept": task, "not_escalated": task}
    sweep(world, URGED + SWEEP_GRACE + MINUTE)
    assert says(world, URGED + SWEEP_GRACE + MINUTE) == {}


def test_an_issue_that_waits_for_triage_is_watched_too(world: World) -> None:
    number = world.reported(DISPATCHED)
    due = world.issue(number).next_rung_at
    assert says(world, due + SWEEP_GRACE + MINUTE) == {"not_swept": number}
    sweep(world, due)
    assert says(world, due + SWEEP_GRACE + MINUTE) == {}


def test_a_pointer_that_was_lost_is_noticed_before_anything_is_overdue(world: World) -> None:
    task = world.acknowledged(DISPATCHED, plans=WEEK).task
    point(world, task, None)
    assert says(world, "2026-03-02 11:00") == {"no_next_moment": task}


def test_an_overdue_task_is_noticed_although_its_pointer_looks_well(world: World) -> None:
    task = world.acknowledged(DISPATCHED, plans=WEEK).task
    point(world, task, at("2030-01-04 09:00"))
    assert says(world, URGED) == {"skipped_ahead": task}
    assert says(world, URGED + SWEEP_GRACE + MINUTE) == {
        "not_escalated": task,
        "skipped_ahead": task,
    }


def test_a_pointer_pushed_ahead_after_the_first_urging_is_noticed(world: World) -> None:
    task = world.acknowledged(DISPATCHED, plans=WEEK).task
    sweep(world, URGED)
    later, order = URGED + MINUTE, at("2026-03-16 09:00")  # three working days over: supervision
    assert world.task(task).next_rung_at == order
    assert says(world, later) == {}
    point(world, task, order + MINUTE)
    assert says(world, later) == {"skipped_ahead": task}
    point(world, task, order)
    assert says(world, later) == {}


def test_a_rung_that_was_passed_over_is_noticed_afterwards(world: World) -> None:
    task = world.acknowledged(DISPATCHED, plans=WEEK).task
    sweep(world, URGED)
    point(world, task, at("2026-03-18 09:00"))  # the next rung but one
    assert says(world, at("2026-03-16 09:00") + SWEEP_GRACE) == {"not_escalated": task}
    sweep(world, "2026-03-18 09:00")
    assert says(world, "2026-03-18 10:00") == {}


def test_a_lost_or_far_pointer_of_a_side_limit_is_noticed(world: World) -> None:
    unread = world.dispatched(DISPATCHED, plans=[Plan("迁移", days=40)]).task
    handed_in = world.submitted(DISPATCHED, plans=[Plan("迁移", days=40)]).task
    now = "2026-03-04 12:00"
    sweep(world, now)
    assert says(world, now) == {}
    for task in (unread, handed_in):
        kept = world.task(task).next_rung_at
        point(world, task, at("2026-06-30 09:00"))
        assert says(world, now) == {"skipped_ahead": task}
        point(world, task, kept)
    point(world, handed_in, None)
    assert says(world, now) == {"no_next_moment": handed_in}


def test_a_lost_or_far_pointer_of_a_task_planned_later_is_noticed(world: World) -> None:
    issue = world.acknowledged(DISPATCHED, plans=[Plan("迁移", days=40)]).issue
    world.do(breakdown.plan_task, "triage", DISPATCHED, issue=issue, form=Plan("补偿", days=40))
    planned, now = f"{issue}-02", "2026-03-20 12:00"
    sweep(world, now)
    assert says(world, now) == {}
    kept = world.task(planned).next_rung_at
    point(world, planned, at("2026-06-30 09:00"))
    assert says(world, now) == {"skipped_ahead": planned}
    point(world, planned, None)
    assert says(world, now) == {"no_next_moment": planned}
    point(world, planned, kept)
    assert says(world, now) == {}


def test_a_ruling_that_is_waited_for_is_watched_though_the_clock_stands_still(
    world: World,
) -> None:
    task = world.acknowledged(DISPATCHED, plans=WEEK).task
    world.do(
        requests.request_extension, "zjj_head", "2026-03-03 10:00", task=task,
        reason="材料未到", progress="过半", new_due=at("2026-03-13 17:30"),
    )  # fmt: skip
    assert says(world, "2026-03-03 11:00") == {}
    point(world, task, at("2026-06-30 09:00"))
    assert says(world, "2026-03-03 11:00") == {"skipped_ahead": task}


def test_an_issue_whose_pointer_is_far_or_lost_is_noticed(world: World) -> None:
    waiting = world.reported("2026-06-22 10:00")
    closed = world.verified(DISPATCHED, plans=WEEK, major=True).issue
    world.do(closure.approve, "director", DISPATCHED, issue=closed, opinion="同意销号")
    now = "2026-06-30 12:00"  # both look-backs of the closed one have come
    sweep(world, now)
    assert says(world, now) == {}
    for number in (waiting, closed):
        kept = world.issue(number).next_rung_at
        point(world, number, at("2027-06-30 09:00"))
        assert says(world, now) == {"skipped_ahead": number}
        point(world, number, None)
        assert says(world, now) == {"no_next_moment": number}
        point(world, number, kept)


def test_a_step_that_only_a_person_can_take_counts_as_escalated(world: World) -> None:
    world.acknowledged(DISPATCHED, plans=WEEK)
    sweep(world, "2026-03-30 09:00")  # straight to a proposal; the rest is superseded
    assert says(world, "2026-03-30 10:00") == {}


def test_a_ladder_climbed_to_its_end_needs_no_next_moment(world: World) -> None:
    task = world.acknowledged(DISPATCHED, plans=WEEK).task
    sweep(world, "2026-05-29 09:00")
    assert world.task(task).level == 6
    assert world.task(task).next_rung_at is None
    assert says(world, "2026-06-30 09:00") == {}


def test_a_clock_that_stands_still_by_decision_is_no_finding(world: World) -> None:
    parked, frozen = (world.acknowledged(DISPATCHED, plans=WEEK) for _ in range(2))
    world.do(
        parking.park, "chief", "2026-03-03 10:00", issue=parked.issue, reason="等待批复",
        review_on=at("2026-05-20 09:00").date(),
    )  # fmt: skip
    world.do(
        requests.request_extension, "zjj_head", "2026-03-03 10:00", task=frozen.task,
        reason="材料未到", progress="过半", new_due=at("2026-03-13 17:30"),
    )  # fmt: skip
    sweep(world, "2026-03-20 09:00")
    assert says(world, "2026-03-20 10:00") == {}


def test_a_submitted_or_closed_task_is_no_finding(world: World) -> None:
    world.submitted(DISPATCHED, plans=WEEK)
    world.closed(DISPATCHED, plans=WEEK)
    sweep(world, "2026-04-20 09:00")
    assert says(world, "2026-04-20 10:00") == {}


def test_an_outbox_that_is_stuck_turns_red_and_green_once_it_is_sent(world: World) -> None:
    world.dispatched(DISPATCHED)  # the folder's notices wait for the window of 14:10
    window = at("2026-03-02 14:10")

    def stuck(now: Any) -> list[str]:
        return [f.detail for f in examine(world.db, now) if f.kind == "outbox_stuck"]

    assert stuck(window + OUTBOX_GRACE) == []
    (detail,) = stuck(window + OUTBOX_GRACE + MINUTE)
    assert "waiting, the oldest for 1:01:00" in detail
    deliver(world.db, {}, window + OUTBOX_GRACE, "w1")  # no channel in use: they fail, and show
    assert stuck(window + OUTBOX_GRACE + MINUTE) == []


def test_a_worker_that_fell_silent_is_noticed_by_job(world: World) -> None:
    assert says(world, DISPATCHED) == {}  # none has ever run here
    start = at(DISPATCHED)
    beat(world.db, "sweep", "host:1", start)
    beat(world.db, "delivery", "host:1", start + SWEEP_GRACE)
    assert says(world, start + SWEEP_GRACE) == {}
    assert says(world, start + SWEEP_GRACE + MINUTE) == {"silent": "sweep"}
    beat(world.db, "sweep", "host:2", start + SWEEP_GRACE + MINUTE)
    assert says(world, start + SWEEP_GRACE + MINUTE) == {}


def test_what_was_put_off_is_shown_with_its_error(world: World) -> None:
    with world.db.write() as s:
        s.execute(insert(tables.deferral).values(
            subject="issue:7", attempts=3, error="KeyError: 'x'", at=at(DISPATCHED),
            retry_at=at("2026-03-02 11:00"),
        ))  # fmt: skip
    (finding,) = examine(world.db, at(DISPATCHED))
    assert finding.to_json() == {
        "kind": "deferred",
        "subject": "issue:7",
        "detail": "3 attempts: KeyError: 'x'",
    }
