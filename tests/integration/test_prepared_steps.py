"""Steps that the ladder prepares for a person outlive neither deadline nor task."""

from __future__ import annotations

from models import tables
from tests.sweeping import sweep_until
from tests.world import World, at
from workflow.commands import closure
from workflow.commands.breakdown import Plan
from workflow.commands.supervision import open_prepared


def test_a_second_red_proposes_the_interview_at_once_and_still_urges(world: World) -> None:
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
    sweep_until(world, "2026-03-17 12:00")
    subject = f"task:{world.task(task).id}"
    fired = {
        row.rung: row.outcome
        for row in world.rows(tables.rung_firing, subject=subject)
        if row.deadline_version == 2 and row.level
    }
    assert fired["interview"] == "proposed"
    assert fired["urge"] == "fired"


def test_a_prepared_step_ends_with_the_work_it_chased(world: World) -> None:
    task = world.acknowledged("2026-03-02 10:00", plans=[Plan("x", limit="ordinary")]).task
    sweep_until(world, "2026-03-17 12:00")
    with world.db.read() as s:
        assert [row.kind for row in open_prepared(s)] == ["supervise"]
    world.submit(task, "2026-03-17 13:35")
    with world.db.read() as s:
        assert open_prepared(s) == []
