"""A light never waits for the next morning: it is right when the command that changed it ends."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from models import tables
from projects.figures import commands as figures
from projects.figures import freezing
from projects.figures import imports as figure_imports
from projects.figures.commands import Figure
from projects.library import commands as library
from projects.library import duties, listings, stages, tags
from projects.library.imports import taking
from projects.library.imports.plan import Target
from projects.library.imports.taking import Choices
from projects.lights import setting
from projects.lights.facts import gather
from projects.lights.setting import refresh
from projects.milestones import commands as milestones
from projects.milestones import planning
from projects.targets import commands as targets
from tests.integration.library_kit import NOW, added, row, rows
from tests.world import World, at
from workflow.context import find_actor

YEAR = "2026"


def right(world: World) -> None:
    """Every stored light is what setting all lights again would store."""
    before = world.dump()
    with world.db.write() as s:
        refresh(s, at(NOW))
    assert world.dump() == before


def light(world: World, project_id: int) -> tuple[str, str]:
    found = row(world, project_id)
    return found.light, found.light_reason


def test_a_planned_start_that_has_passed_turns_the_light_with_the_edit(world: World) -> None:
    key = added(world)
    assert row(world, key).light_on == date(2026, 9, 28)
    world.do(library.edit, "chief", NOW, project_id=key, values={"plan_start_on": "2026-08-31"})
    assert light(world, key) == ("yellow", "start_late")
    world.do(library.edit, "chief", NOW, project_id=key, values={"plan_start_on": "2026-06-30"})
    assert light(world, key) == ("red", "start_far_late")
    changes = rows(world, tables.light_change, subject=f"project:{key}")
    assert [one.light for one in changes] == ["yellow", "red"]
    right(world)


def test_a_record_that_is_added_late_is_red_from_its_first_moment(world: World) -> None:
    key = added(world, plan_start_on="2026-05-31")
    assert light(world, key) == ("red", "start_far_late")


def test_a_stage_sets_the_light_and_the_milestone_of_the_same_day(world: World) -> None:
    key = added(world, plan_start_on="2026-12-31", plan_finish_on="2027-12-31")
    world.do(planning.lay_out, "chief", NOW, project_id=key)
    world.do(stages.reach, "chief", NOW, project_id=key, stage="started", since=date(2026, 6, 1))
    assert light(world, key)[0] == "red"
    assert "statistics_far_late" in [t["reason"] for t in row(world, key).light_facts["tests"]]
    (start,) = rows(world, tables.milestone, project_id=key, key="start")
    assert (start.actual_on, start.adopted) == (date(2026, 6, 1), True)
    world.do(library.edit, "chief", NOW, project_id=key, values={"in_statistics_on": "2026-07-01"})
    assert "statistics" not in [t["test"] for t in row(world, key).light_facts["tests"]]
    right(world)


def test_a_list_of_another_year_takes_the_old_years_plan_out_of_the_test(world: World) -> None:
    key = added(world, plan_year_invest_yi="12")
    report(world, key, "2026-08", 100)
    assert light(world, key) == ("red", "investment_far_behind")
    world.do(listings.enlist, "chief", NOW, project_id=key, list_code="city", year=2027)
    assert light(world, key) == ("green", "on_course")
    right(world)


def report(world: World, key: int, month: str, wan: int) -> Any:
    return world.do(figures.report_figures, "chief", NOW, month=month,
                    figures=[Figure(key, statistical_wan=wan)])  # fmt: skip


def test_monthly_figures_set_the_light_when_they_are_reported_and_corrected(world: World) -> None:
    key = added(world, plan_year_invest_yi="12")
    report(world, key, "2026-08", 70_000)
    assert light(world, key) == ("green", "on_course")  # 8.3 points behind
    report(world, key, "2026-08", 60_000)
    assert light(world, key) == ("yellow", "investment_behind")
    from projects import snapshots

    with world.db.write() as s:
        snapshots.freeze(s, "2026-08", find_actor(s, "chief"), at(NOW))
    world.do(freezing.correct, "chief", NOW, month="2026-08", reason="统计口径更正",
             corrected=[Figure(key, statistical_wan=10_000)])  # fmt: skip
    assert light(world, key) == ("red", "investment_far_behind")
    right(world)


def test_a_table_of_figures_sets_the_lights_of_its_projects(world: World, tmp_path: Path) -> None:
    from projects.tables_in import read_table

    key = added(world, plan_year_invest_yi="12")
    path = tmp_path / "figures.csv"
    path.write_text("项目名称,月份,列统投资\n甲项目,2026-08,1.5\n", encoding="utf-8")
    table = read_table(path, figure_imports.NAMES, figure_imports.NEEDED)
    world.do(figure_imports.apply, "chief", NOW, table=table, month="2026-08")
    assert light(world, key) == ("red", "investment_far_behind")


def test_the_years_monthly_tasks_change_what_the_money_is_measured_by(world: World) -> None:
    key = added(world, plan_year_invest_yi="12")
    report(world, key, "2026-08", 60_000)
    assert light(world, key) == ("yellow", "investment_behind")
    with world.db.write() as s:
        plan = int(s.execute(insert(tables.plan).values(
            name="目标", year=2026, version=1,
        ).returning(tables.plan.c.id)).scalar_one())  # fmt: skip
    world.do(targets.set_shares, "triage", NOW, plan_id=plan, expected_version=1,
             shares={8: Decimal(45), 12: Decimal(100)})  # fmt: skip
    assert light(world, key) == ("green", "on_course")


def test_a_month_without_a_task_of_its_own_is_measured_by_the_one_before(world: World) -> None:
    """As the attainment of the plan's targets is; of several plans the newest counts alone."""
    key = added(world, plan_year_invest_yi="12")
    report(world, key, "2026-08", 60_000)  # 50 %
    with world.db.write() as s:
        made = insert(tables.plan).values(year=2026, version=1).returning(tables.plan.c.id)
        old, new = (int(s.execute(made.values(name=name)).scalar_one()) for name in ("旧", "新"))
    for plan, shares in ((old, {8: 100, 12: 100}), (new, {6: 45, 12: 100})):
        world.do(targets.set_shares, "triage", NOW, plan_id=plan, expected_version=1,
                 shares={month: Decimal(share) for month, share in shares.items()})  # fmt: skip
    assert light(world, key) == ("green", "on_course")
    world.do(targets.set_shares, "triage", NOW, plan_id=new, expected_version=2,
             shares={6: Decimal(60), 12: Decimal(100)})  # fmt: skip
    (test,) = row(world, key).light_facts["tests"]
    assert (test["reason"], test["due_percent"]) == ("investment_behind", "60.0")
    right(world)


LIST = "项目名称,建设单位,计划开工时间,计划竣工时间\n甲项目,甲公司,2026-05-31,2027-05-31\n"


def test_an_import_sets_the_lights_of_its_records_once(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(LIST + "乙项目,乙公司,2026-05-31,2027-05-31\n", encoding="utf-8")
    target = Target("city", 2026, "市库", date(2026, 9, 1))
    with world.db.read() as s:
        digest = taking.read(s, actor=find_actor(s, "chief"), path=path, target=target).plan.digest
    asked: list[Any] = []

    def counting(s: Any, today: Any, ids: Any = None) -> Any:
        asked.append(ids)
        return gather(s, today, ids)

    monkeypatch.setattr(setting, "gather", counting)
    done = world.do(taking.take, "chief", NOW, path=path, target=target, choices=Choices(),
                    expect=digest)  # fmt: skip
    assert len(asked) == 1
    assert set(asked[0]) == set(done.projects)
    assert {light(world, key) for key in done.projects} == {("red", "start_far_late")}
    right(world)


def test_duties_and_tags_leave_a_light_that_is_right(world: World) -> None:
    key = added(world, plan_start_on="2026-08-31")
    world.do(duties.assign, "chief", NOW, project_id=key, role="lead_unit", unit="zjj",
             since=date(2026, 9, 1))  # fmt: skip
    world.do(tags.put, "chief", NOW, project_id=key, kind="other", tag="绿岛")
    assert row(world, key).light_on == date(2026, 9, 28)
    right(world)


def test_a_milestone_that_is_dated_anew_closes_what_was_proposed_of_it(world: World) -> None:
    from projects.lights import news

    key = added(world, plan_start_on="2026-10-30", plan_finish_on="2027-12-31")
    world.do(planning.lay_out, "chief", NOW, project_id=key)
    later = "2026-11-02 10:00"
    news.run(world.db, at(later))
    (start,) = rows(world, tables.milestone, project_id=key, key="start")
    world.do(milestones.change_date, "chief", "2026-11-02 11:00", milestone_id=start.id,
             plan_on=date(2026, 11, 3), reason="顺延")  # fmt: skip
    found = rows(world, tables.milestone_proposal, milestone_id=start.id)
    assert [one.state for one in found] == ["settled"]
    news.run(world.db, at("2026-11-04 10:00"))
    world.do(planning.replan, "chief", "2026-11-05 10:00", project_id=key, reason="整体后移",
             start_on=date(2026, 12, 31))  # fmt: skip
    news.run(world.db, at("2027-01-04 10:00"))
    found = rows(world, tables.milestone_proposal, milestone_id=start.id)
    assert [(one.plan_version, one.state) for one in found] == [
        (1, "settled"), (2, "settled"), (3, "open")]  # fmt: skip
    open_ones = select(func.count()).where(tables.milestone_proposal.c.state == "open")
    with world.db.read() as s:
        by = s.execute(open_ones.group_by(tables.milestone_proposal.c.milestone_id)).scalars()
        assert set(by) == {1}


def test_a_proposal_is_not_made_of_a_milestone_that_was_dated_anew_meanwhile(world: World) -> None:
    from projects.milestones import proposals

    key = added(world, plan_start_on="2026-09-30", plan_finish_on="2027-12-31")
    world.do(planning.lay_out, "chief", NOW, project_id=key)
    with world.db.write() as s:
        refresh(s, at("2026-10-08 10:00"))
    with world.db.read() as s:
        (start,) = (m for m in rows(world, tables.milestone, project_id=key) if m.key == "start")
        (seen,) = proposals.slipping(s, start.id)
    world.do(milestones.change_date, "chief", "2026-10-08 11:00", milestone_id=start.id,
             plan_on=date(2026, 12, 31), reason="顺延")  # fmt: skip
    with world.db.write() as s:
        proposals.propose(s, seen, at("2026-10-08 12:00"))
    assert rows(world, tables.milestone_proposal, milestone_id=start.id) == []
