"""Plans of projects: laid out, dated, recorded, changed."""

from __future__ import annotations

from datetime import date

from sqlalchemy import update

from models import tables
from projects.lights.setting import refresh
from projects.milestones import commands as milestones
from projects.milestones import own, planning
from projects.milestones.plans import load_plan
from tests.integration.milestone_kit import (
    FINISH,
    NOW,
    START,
    done,
    laid_out,
    project,
    rows,
    tags,
)
from tests.world import World, at
from workflow.errors import GuardFailed, Malformed, NotAllowed, NotVisible, StaleVersion


def test_a_plan_is_counted_back_from_both_targets_and_kept_as_the_baseline(world: World) -> None:
    project_id = project(world)
    made = world.do(planning.lay_out, "yaoguan_liaison", NOW, project_id=project_id)
    found = rows(world, project_id)
    assert (made.edition, made.warnings) == (1, ())
    assert "signing" not in found  # the project is past that stage
    assert found["start"].plan_on == START
    assert found["acceptance"].plan_on == FINISH
    assert found["construction_permit"].plan_on < found["start"].begin_on
    assert all(m.baseline_on == m.plan_on for m in found.values())
    assert found["environment"].unit_id == world.units["sthj"]
    assert found["start"].unit_id == world.units["yaoguan"]
    edition = world.row(tables.schedule_edition, project_id=project_id)
    assert edition.dates["start"][1] == START.isoformat()
    assert tags(world, project_id) == ["plan.laid_out"]


def test_a_renovation_stands_on_its_own_land(world: World) -> None:
    project_id = laid_out(world, nature="renovation")
    found = rows(world, project_id)
    assert not {"land_precheck", "land_transfer", "land_planning", "topped_out"} & set(found)
    with world.db.read() as s:
        nodes = load_plan(s, project_id).nodes()
    assert nodes["works_planning"].after == ("region_assessment",)


def test_a_target_that_cannot_be_kept_is_said_at_once(world: World) -> None:
    project_id = project(world, plan_start_on=date(2026, 3, 20))
    made = world.do(planning.lay_out, "chief", NOW, project_id=project_id)
    assert [reason.code for reason in made.warnings] == ["target_too_near"]
    assert min(m.slack_wd for m in rows(world, project_id).values()) < 0


def test_without_a_date_there_is_nothing_to_count_back_from(world: World) -> None:
    project_id = project(world, plan_start_on=None, plan_finish_on=None)
    codes = world.refused(GuardFailed, planning.lay_out, "chief", NOW, project_id=project_id)
    assert codes == ["target_missing"]
    world.do(planning.lay_out, "chief", NOW, project_id=project_id, start_on=START)
    assert world.row(tables.project, id=project_id).plan_start_on == START


def test_a_plan_is_laid_out_once_and_made_anew_with_a_reason(world: World) -> None:
    project_id = laid_out(world)
    ask = {"project_id": project_id}
    assert world.refused(GuardFailed, planning.lay_out, "chief", NOW, **ask) == ["plan_exists"]
    assert world.refused(Malformed, planning.replan, "chief", NOW, reason=" ", **ask)
    later = date(2026, 11, 30)
    made = world.do(planning.replan, "chief", NOW, reason="厂房方案调整", start_on=later, **ask)
    found = rows(world, project_id)
    assert made.edition == 2
    assert (found["start"].plan_on, found["start"].baseline_on) == (later, START)
    assert found["start"].plan_version == 2
    assert found["acceptance"].plan_version == 1  # its own date has not moved
    assert world.row(tables.project, id=project_id).plan_start_on == START  # the record stays
    assert tags(world, project_id)[-1] == "plan.replanned"


def test_one_date_moves_alone_and_says_what_it_no_longer_fits(world: World) -> None:
    project_id = laid_out(world)
    m = rows(world, project_id)["environment"]
    far = date(2026, 12, 1)
    moved = world.do(
        milestones.change_date, "chief", NOW, milestone_id=m.id, plan_on=far, reason="补充监测",
        expected_version=m.version,
    )  # fmt: skip
    assert [w.code for w in moved.warnings] == ["out_of_step"]
    assert rows(world, project_id)["environment"].plan_on == far
    stale = world.refused(
        StaleVersion, milestones.change_date, "chief", NOW, milestone_id=m.id, plan_on=far,
        reason="再改", expected_version=m.version,
    )  # fmt: skip
    assert stale == ["stale"]


def test_moving_the_milestone_of_a_target_moves_the_target(world: World) -> None:
    project_id = laid_out(world)
    m = rows(world, project_id)["acceptance"]
    world.do(
        milestones.change_date, "chief", NOW, milestone_id=m.id, plan_on=date(2027, 8, 31),
        reason="工期调整",
    )  # fmt: skip
    assert world.row(tables.schedule, project_id=project_id).finish_on == date(2027, 8, 31)


def test_what_is_not_done_yet_cannot_be_recorded_and_an_open_predecessor_must_be_confirmed(
    world: World,
) -> None:
    project_id = laid_out(world)
    found = rows(world, project_id)
    ahead = world.refused(
        Malformed, milestones.record, "yaoguan_liaison", NOW,
        milestone_id=found["land_precheck"].id, actual_on=date(2026, 3, 3),
    )  # fmt: skip
    assert ahead == ["date_ahead"]
    open_before = world.refused(
        GuardFailed, milestones.record, "yaoguan_liaison", NOW,
        milestone_id=found["land_transfer"].id, actual_on=date(2026, 3, 2),
    )  # fmt: skip
    assert open_before == ["predecessors_open"]
    done(world, found["land_transfer"], date(2026, 3, 2), confirmed=True)
    m = rows(world, project_id)["land_transfer"]
    assert (m.actual_on, m.light) == (date(2026, 3, 2), "grey")


def test_recording_the_start_fills_the_record_and_undoing_takes_it_back(world: World) -> None:
    project_id = laid_out(world)
    m = rows(world, project_id)["start"]
    done(world, m, date(2026, 3, 2), confirmed=True)
    assert world.row(tables.project, id=project_id).actual_start_on == date(2026, 3, 2)
    world.do(milestones.undo, "chief", NOW, milestone_id=m.id, reason="误报")
    assert world.row(tables.project, id=project_id).actual_start_on is None
    assert rows(world, project_id)["start"].actual_on is None
    assert tags(world, project_id)[-2:] == ["milestone.done", "milestone.undone"]


def test_a_date_of_the_record_is_the_milestones_until_it_is_corrected_there(world: World) -> None:
    project_id = laid_out(world)
    with world.db.write() as s:
        s.execute(update(tables.project).values(actual_start_on=date(2026, 2, 27)))
        refresh(s, at(NOW), [project_id])
    m = rows(world, project_id)["start"]
    assert (m.actual_on, m.adopted) == (date(2026, 2, 27), True)
    codes = world.refused(GuardFailed, milestones.undo, "chief", NOW, milestone_id=m.id, reason="x")
    assert codes == ["date_of_record"]
    with world.db.write() as s:
        s.execute(update(tables.project).values(actual_start_on=None))
        refresh(s, at(NOW), [project_id])
    assert rows(world, project_id)["start"].actual_on is None


def test_a_project_gets_milestones_of_its_own_but_none_that_wait_for_each_other(
    world: World,
) -> None:
    project_id = laid_out(world)
    add = {"project_id": project_id, "name": "110千伏专线接入", "days": 15}
    circle = world.refused(
        Malformed, own.add, "chief", NOW, after=["start"], before=["land_precheck"], **add
    )
    assert circle == ["plan_circle"]
    world.do(
        own.add, "chief", NOW, after=["construction_permit"], before=["production"],
        unit="gdgs", category="杆线迁移", **add,
    )  # fmt: skip
    made = rows(world, project_id)["own_1"]
    assert (made.unit_id, made.baseline_on) == (world.units["gdgs"], made.plan_on)
    with world.db.read() as s:
        assert "own_1" in load_plan(s, project_id).nodes()["production"].after


def test_what_a_project_does_not_need_is_dropped_with_a_reason_but_never_a_target(
    world: World,
) -> None:
    project_id = laid_out(world)
    found = rows(world, project_id)
    codes = world.refused(
        GuardFailed, own.drop, "chief", NOW, milestone_id=found["start"].id, reason="无"
    )
    assert codes == ["milestone_is_target"]
    world.do(
        own.drop,
        "chief",
        NOW,
        milestone_id=found["energy"].id,
        reason="年耗能不足一千吨标煤",
    )
    assert rows(world, project_id)["energy"].light_reason == "milestone_dropped"
    with world.db.read() as s:
        assert "energy" not in load_plan(s, project_id).nodes()


def test_outsiders_see_nothing_and_those_who_do_not_answer_for_it_may_not_act(world: World) -> None:
    project_id = laid_out(world)
    m = rows(world, project_id)["environment"]
    ask = {"milestone_id": m.id, "actual_on": date(2026, 3, 2)}
    for name in ("lucheng_liaison", "sysadmin", "auditor"):
        assert world.refused(NotVisible, milestones.record, name, NOW, **ask)
    for name in ("sthj_liaison", "inspector", "yaoguan_reporter"):
        assert world.refused(NotAllowed, milestones.record, name, NOW, **ask)
    for name in ("lucheng_liaison", "secadmin"):
        assert world.refused(NotVisible, planning.replan, name, NOW, project_id=project_id,
                             reason="x")  # fmt: skip
    assert world.refused(NotVisible, milestones.record, "chief", NOW, milestone_id=10**6,
                         actual_on=date(2026, 3, 2))  # fmt: skip


def test_only_the_office_excuses_a_late_start(world: World) -> None:
    project_id = laid_out(world, plan_start_on=date(2026, 1, 20))
    assert world.row(tables.project, id=project_id).light == "red"  # milestones are overdue, too
    ask = {"project_id": project_id, "reason": "等待排污总量", "until": date(2026, 4, 30)}
    assert world.refused(NotAllowed, planning.excuse_start, "commissioner", NOW, **ask)
    world.do(planning.excuse_start, "chief", NOW, **ask)
    found = world.row(tables.project, id=project_id).light_facts["tests"]
    assert "start" not in [test["test"] for test in found]
