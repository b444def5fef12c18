"""What other registers hold of a merged record: moved, or kept and shown; never lost."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert, update

from models import tables
from models.queries import library as queries
from projects.evaluations import commitments
from projects.evaluations.commitments import Pledge
from projects.figures import commands as figures
from projects.figures.commands import Figure
from projects.instructions import commands as instructions
from projects.instructions.commands import Order
from projects.library import forces, merging, registers
from projects.lights import news
from projects.lights.setting import refresh
from projects.milestones import commands as milestones
from projects.milestones import land, permits, planning
from tests.integration.library_kit import NOW, added, row, rows
from tests.world import World, at
from workflow.context import find_actor
from workflow.errors import GuardFailed, Malformed, NotVisible

LIST_DAY = date(2026, 9, 1)


def merged(world: World, keep: int, other: int) -> Any:
    with world.db.read() as s:
        found = merging.compare(s, actor=find_actor(s, "chief"), keep=keep, other=other)
    choices = {d.field: "keep" for d in found.differences if d.conflict}
    return world.do(merging.merge, "chief", NOW, keep=keep, other=other, choices=choices,
                    expect=found.digest)  # fmt: skip


def both(world: World, **values: str) -> tuple[int, int]:
    return added(world, "甲", **values), added(world, "乙", **values)


def planned(world: World, project_id: int, finish: date = date(2027, 6, 30)) -> None:
    world.do(planning.lay_out, "chief", NOW, project_id=project_id, start_on=date(2026, 12, 31),
             finish_on=finish)  # fmt: skip


def handed_out(world: World, project_id: int) -> None:
    world.do(land.hand_out, "chief", NOW, project_id=project_id, issued_on=LIST_DAY,
             items=[("管线接入", "zjj")])  # fmt: skip
    world.do(land.demand, "chief", NOW, project_id=project_id, text="交通影响评价",
             raised_on=LIST_DAY)  # fmt: skip


def reported(world: World, project_id: int, month: str, wan: int) -> None:
    world.do(figures.report_figures, "chief", NOW, month=month,
             figures=[Figure(project_id, reported_wan=wan)])  # fmt: skip


def held(world: World, table: Any) -> list[int]:
    return [one.project_id for one in rows(world, table)]


def remaining(world: World, project_id: int) -> dict[str, int]:
    with world.db.read() as s:
        return registers.remaining(s, [project_id]).get(project_id, {})


def test_every_register_that_names_a_project_has_a_rule() -> None:
    ruled = {*registers.SINGLE, *registers.BY_ENTRY}
    ruled.update(name for held in registers.SETS.values() for name in held)
    assert set(registers.columns()) == ruled


def test_plan_permits_and_land_list_move_where_the_kept_record_has_none(world: World) -> None:
    one, two = both(world)
    planned(world, two)
    handed_out(world, two)
    world.do(permits.grant, "chief", NOW, project_id=two, kind="land_delivery", granted_on=LIST_DAY)
    merged(world, one, two)
    for name in ("schedule", "schedule_edition", "milestone", "milestone_edge", "land_list",
                 "land_demand", "permit"):  # fmt: skip
        assert set(held(world, getattr(tables, name))) == {one}, name
    assert remaining(world, two) == {}
    said = rows(world, tables.event, stream=f"project:{one}", tag="project.merged")[-1]
    assert said.data["moved"] == ["permit", "plan", "land_list"]
    world.do(planning.replan, "chief", NOW, project_id=one, reason="合并后重排")


def test_where_both_have_a_plan_each_keeps_its_own_and_the_given_up_rests(world: World) -> None:
    one, two = both(world)
    for key in (one, two):
        planned(world, key, finish=date(2027, 6, 30) if key == one else date(2027, 9, 30))
        handed_out(world, key)
    merged(world, one, two)
    assert sorted(held(world, tables.schedule)) == [one, two]
    assert remaining(world, two) == {"schedule": 1, "land_list": 1}
    resting = rows(world, tables.milestone, project_id=two)
    assert {(m.light, m.light_reason) for m in resting} == {("grey", "project_merged")}
    later = "2028-01-10 10:00"
    news.run(world.db, at(later))
    assert set(held(world, tables.milestone_proposal)) == {one}
    ask = {"milestone_id": resting[0].id, "actual_on": date(2026, 9, 2)}
    assert world.refused(GuardFailed, milestones.record, "chief", NOW, **ask) == ["project_merged"]
    ask = {"project_id": two, "text": "x", "raised_on": LIST_DAY}
    assert world.refused(GuardFailed, land.demand, "chief", NOW, **ask) == ["project_merged"]


def test_what_was_proposed_of_a_plan_that_stays_behind_is_closed(world: World) -> None:
    one, two = both(world)
    for key in (one, two):
        planned(world, key)
    with world.db.write() as s:
        s.execute(update(tables.milestone).where(tables.milestone.c.key == "start")
                  .values(plan_on=date(2026, 9, 1)))  # fmt: skip
    news.run(world.db, at(NOW))
    assert {p.state for p in rows(world, tables.milestone_proposal)} == {"open"}
    merged(world, one, two)
    states = {p.project_id: p.state for p in rows(world, tables.milestone_proposal)}
    assert states == {one: "open", two: "settled"}


def test_an_excuse_does_not_keep_the_other_plan_out(world: World) -> None:
    one, two = both(world)
    world.do(planning.excuse_start, "chief", NOW, project_id=one, reason="等待排污总量",
             until=date(2026, 12, 1))  # fmt: skip
    planned(world, two)
    merged(world, one, two)
    (schedule,) = rows(world, tables.schedule)
    assert (schedule.project_id, schedule.edition, schedule.excuse) == (one, 1, "等待排污总量")


def test_figures_move_month_by_month_and_the_kept_ones_count(world: World) -> None:
    one, two = both(world)
    reported(world, one, "2026-07", 100)
    reported(world, two, "2026-07", 900)
    reported(world, two, "2026-08", 300)
    merged(world, one, two)
    found = {(m.project_id, m.month): m.reported_wan for m in rows(world, tables.project_month)}
    assert found == {(one, "2026-07"): 100, (two, "2026-07"): 900, (one, "2026-08"): 300}
    assert remaining(world, two) == {"project_month": 1}


def test_sites_of_inspections_move_unless_the_kept_record_was_visited_then(world: World) -> None:
    one, two = both(world)
    with world.db.write() as s:
        made = [int(s.execute(insert(tables.inspection).values(
            number=f"XC-{n}", kind="daily", title="巡查", starts_on=LIST_DAY, ends_on=LIST_DAY,
            created_at=at(NOW), rule="named", state="planned",
        ).returning(tables.inspection.c.id)).scalar_one()) for n in (1, 2)]  # fmt: skip
        s.execute(insert(tables.inspection_site), [
            {"inspection_id": made[0], "project_id": one, "position": 1},
            {"inspection_id": made[0], "project_id": two, "position": 2},
            {"inspection_id": made[1], "project_id": two, "position": 1},
        ])  # fmt: skip
    merged(world, one, two)
    sites = {(r.inspection_id, r.project_id) for r in rows(world, tables.inspection_site)}
    assert sites == {(made[0], one), (made[0], two), (made[1], one)}
    assert remaining(world, two) == {"inspection_site": 1}


def test_issues_of_the_record_given_up_turn_the_kept_ones_light(world: World) -> None:
    one, two = both(world)
    number = world.reported(NOW, by="lucheng_reporter", project="乙", no_project_reason="",
                            board="lucheng")  # fmt: skip
    merged(world, one, two)
    with world.db.write() as s:
        s.execute(update(tables.issue).where(tables.issue.c.number == number).values(light="red"))
    assert news.round_(world.db, at(NOW)) == 1
    assert (row(world, one).light, row(world, one).light_reason) == ("red", "issue_red")
    assert row(world, two).light_reason == "project_merged"
    with world.db.write() as s:
        refresh(s, at(NOW))
    assert row(world, one).light == "red"
    with world.db.read() as s:
        assert queries.open_issues(s, find_actor(s, "chief"), [one])[one]["red"] == 1


def test_no_issue_is_reported_on_a_merged_record(world: World) -> None:
    one, two = both(world)
    merged(world, one, two)
    gone = row(world, two).name
    with pytest.raises(Malformed) as refusal:
        world.reported(NOW, by="lucheng_reporter", project=gone, no_project_reason="",
                       board="lucheng")  # fmt: skip
    assert [reason.code for reason in refusal.value.reasons] == ["project_unknown"]


def test_a_merged_record_gets_no_figures(world: World) -> None:
    one, two = both(world)
    merged(world, one, two)
    world.refused(NotVisible, figures.report_figures, "chief", NOW, month="2026-08",
                  figures=[Figure(two, reported_wan=1)])  # fmt: skip


def test_a_merged_record_gets_no_instruction_no_commitment_and_no_task_force(
    world: World,
) -> None:
    one, two = both(world)
    force = world.do(forces.found, "chief", NOW, name="专班", since=LIST_DAY).id
    merged(world, one, two)
    order = Order("一周内协调解决", "zjj", project=two)
    pledge = Pledge(op=">=", value="600", indicator="output_per_mu")
    for command, who, given in (
        (instructions.give, "principal", {"form": order}),
        (commitments.attach, "triage", {"project": two, "form": pledge}),
        (forces.join, "chief", {"force_id": force, "project_id": two}),
    ):
        assert world.refused(GuardFailed, command, who, NOW, **given) == ["project_merged"]
    assert (held(world, tables.instruction), held(world, tables.commitment)) == ([], [])
    world.do(instructions.give, "principal", NOW, form=Order("一周内协调解决", "zjj", project=one))
    assert held(world, tables.instruction) == [one]


def test_an_instruction_about_an_issue_of_a_merged_record_belongs_to_the_kept_one(
    world: World,
) -> None:
    one, two = both(world)
    number = world.reported(NOW, by="lucheng_reporter", project="乙", no_project_reason="",
                            board="lucheng")  # fmt: skip
    merged(world, one, two)
    order = Order("一周内协调解决", "zjj", issue=number)
    world.do(instructions.give, "principal", NOW, form=order)
    assert held(world, tables.instruction) == [one]
