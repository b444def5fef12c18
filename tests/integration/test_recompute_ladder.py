"""The ladder after deadlines were re-dated."""

from __future__ import annotations

from datetime import UTC, date
from pathlib import Path

from models import tables
from tests.integration.test_recompute import (
    AFTER,
    NOW,
    ORDINARY,
    apply,
    due,
    over_new_year,
    plan,
    publish,
)
from tests.world import Case, World, at
from workflow.calendar_admin import set_exception
from workflow.commands import requests
from workflow.commands.breakdown import Plan
from workflow.sweep import tick


def close_day(world: World, day: date, now: str) -> None:
    """A day of rest for everybody, decided afterwards."""
    world.do(set_exception, "sysadmin", now, unit=None, day=day, kind="休", name="台风停工")


def fired(world: World, task: str) -> list[tuple[int, str, str]]:
    """The rungs of the ladder that a task has had: deadline version, rung, outcome."""
    rows = world.rows(tables.rung_firing, subject=f"task:{world.task(task).id}")
    return [(r.deadline_version, r.rung, r.outcome) for r in rows if r.level is not None]


def urged(world: World) -> Case:
    """Due on 2026-12-21, urged on 2026-12-22."""
    case = world.acknowledged(NOW, **ORDINARY)
    for day in ("2026-12-16", "2026-12-18", "2026-12-22"):
        tick(world.db, at(f"{day} 09:00"))
    return case


def test_a_rung_that_has_fired_does_not_fire_again(world: World) -> None:
    case = urged(world)
    assert fired(world, case.task)[-1] == (1, "urge", "fired")
    close_day(world, date(2026, 12, 17), "2026-12-22 10:00")
    found = plan(world, "2026-12-22 10:00")[case.task]
    assert found.rungs_fired == ["remind-3", "remind-1", "urge"]
    assert set(found.notices_sent) >= {"dispatch", "due_soon", "urge"}
    apply(world, "2026-12-22 10:00")
    assert due(world, case.task) == at("2026-12-22 17:30")
    for day in ("2026-12-23", "2026-12-24"):
        tick(world.db, at(f"{day} 12:00"))
    assert [rung for _v, rung, _o in fired(world, case.task)].count("urge") == 1
    tick(world.db, at("2026-12-25 09:00"))
    assert fired(world, case.task)[-1] == (2, "supervise", "prepared")


def weekend_worked(world: World, entered: str) -> None:
    """It is entered on that day that 12 and 13 December were working days; dates move at once."""
    for day in ("2026-12-12", "2026-12-13"):
        world.do(
            set_exception, "sysadmin", f"{entered} 08:00", unit=None, kind="班", name="补班",
            day=date.fromisoformat(day),
        )  # fmt: skip
    apply(world, f"{entered} 08:40")


def test_a_deadline_moved_into_the_past_is_escalated_at_once_and_once(world: World) -> None:
    case = world.acknowledged("2026-12-10 10:00", category="其他")
    weekend_worked(world, "2026-12-21")
    assert due(world, case.task) == at("2026-12-17 17:30")
    for _ in range(2):
        tick(world.db, at("2026-12-21 09:30"))
    outcomes = [f for f in fired(world, case.task) if f[0] == 2]
    assert outcomes == [(2, "urge", "fired")]
    limits = [f.rung for f in world.rows(tables.rung_firing) if f.level is None]
    assert len(limits) == len(set(limits))


def test_a_step_that_waits_for_its_click_waits_again_under_the_new_date(world: World) -> None:
    case = urged(world)
    tick(world.db, at("2026-12-24 09:00"))
    (waiting,) = world.rows(tables.prepared_action, state="prepared")
    assert (waiting.rung, waiting.deadline_version) == ("supervise", 1)
    close_day(world, date(2026, 12, 17), "2026-12-24 10:00")
    apply(world, "2026-12-24 10:00")
    tick(world.db, at("2026-12-25 09:00"))
    (again,) = world.rows(tables.prepared_action, state="prepared")
    assert (again.rung, again.deadline_version) == ("supervise", 2)
    assert world.row(tables.prepared_action, id=waiting.id).state == "void"
    assert world.task(case.task).level == 3


def test_many_tasks_are_one_batch(world: World, tmp_path: Path) -> None:
    cases = [over_new_year(world, title=f"问题{n}") for n in range(12)]
    publish(world, tmp_path, now=AFTER)
    batch = apply(world, AFTER)
    assert sorted(r.task_number for r in batch.redated) == sorted(c.task for c in cases)
    tagged = [e for c in cases for e in world.events(c.issue, "task.redated")]
    assert {e.data["batch"] for e in tagged} == {batch.id}
    assert {e.at for e in tagged} == {at(AFTER).astimezone(UTC)}


def test_a_step_prepared_in_the_very_command_that_moves_the_date_is_void_too(
    world: World,
) -> None:
    case = urged(world)
    world.do(
        requests.request_adjustment, "lucheng_head", "2026-12-22 10:00", task=case.task,
        changes={"due": at("2026-12-31 17:30")}, reason="施工单位更换",
    )  # fmt: skip
    world.do(
        requests.rule_adjustment, "director", "2026-12-24 10:00", task=case.task, granted=True,
        opinion="同意",
    )  # fmt: skip
    assert fired(world, case.task)[-1] == (1, "supervise", "prepared")
    assert world.rows(tables.prepared_action, state="prepared") == []


def test_a_side_limit_that_has_passed_is_not_told_again_under_the_new_date(world: World) -> None:
    case = world.dispatched(NOW, plans=[Plan("迁移杆线", days=3, co_units=("gdgs",))])
    for number in range(11, 18):
        tick(world.db, at(f"2026-12-{number} 18:00"))
    weekend_worked(world, "2026-12-18")
    assert due(world, case.task) == at("2026-12-13 17:30")
    for _ in range(2):
        tick(world.db, at("2026-12-18 09:30"))
    limits = [f.rung for f in world.rows(tables.rung_firing) if f.level is None]
    assert sorted(limits) == sorted(set(limits))
    assert {rung.split(":")[0].split("#")[0] for rung in limits} == {"ack", "co_input"}
