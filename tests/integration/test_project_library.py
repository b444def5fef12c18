"""The project library: records, stages, lists, the chain of responsibility, tags, task forces."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from models import tables
from models.queries.projects import visible_projects
from projects.library import commands as library
from projects.library import duties, forces, listings, stages, tags
from tests.integration.library_kit import CODE, NOW, added, row, rows, said
from tests.world import World
from workflow.audit import verify
from workflow.context import context, find_actor
from workflow.errors import GuardFailed, Malformed, NotAllowed, NotVisible, StaleVersion

TODAY = date(2026, 9, 28)


# ---------------------------------------------------------------- records


def test_a_record_is_added_with_exact_figures_and_the_first_stage(world: World) -> None:
    key = added(world, code=CODE, total_invest_yi="12.3456", owner="某公司", land_mu="")
    found = row(world, key)
    assert (found.code, found.total_invest_yi) == (CODE, Decimal("12.3456"))
    assert found.land_mu is None
    assert (found.stage, found.stage_since) == ("intention", None)
    assert found.board_id == world.units["lucheng"]
    assert said(world, key) == ["project.added"]
    [duty] = rows(world, tables.project_duty, project_id=key)
    assert (duty.role, duty.unit_id, duty.until) == ("board", world.units["lucheng"], None)


@pytest.mark.parametrize(
    ("username", "error"),
    [
        ("lucheng_liaison", NotAllowed), ("zjj_head", NotAllowed), ("inspector", NotAllowed),
        ("director", NotAllowed), ("principal", NotAllowed), ("commissioner", NotAllowed),
        ("sysadmin", NotVisible), ("secadmin", NotVisible), ("auditor", NotVisible),
    ],
)  # fmt: skip
def test_only_the_office_adds_records(world: World, username: str, error: type) -> None:
    world.refused(error, library.add, username, NOW, values={"name": "乙"})


def test_a_name_or_code_that_is_taken_leads_to_the_record_that_has_it(world: World) -> None:
    added(world, "甲项目", code=CODE)
    codes = world.refused(
        GuardFailed, library.add, "triage", NOW, values={"name": "甲项目", "code": CODE}
    )
    assert codes == ["name_taken", "code_taken"]


def test_a_change_is_noted_with_both_values_and_counts_the_version_on(world: World) -> None:
    key = added(world, owner="旧公司")
    done = world.do(library.edit, "triage", NOW, project_id=key, values={"owner": "新公司"},
                    expected_version=1)  # fmt: skip
    assert done.version == 2
    assert row(world, key).version == 2
    event = rows(world, tables.event, stream=f"project:{key}")[-1]
    assert event.data == {"changes": {"owner": ["旧公司", "新公司"]}}


def test_the_same_values_again_change_nothing(world: World) -> None:
    key = added(world, owner="公司")
    world.do(library.edit, "chief", NOW, project_id=key, values={"owner": "公司"})
    assert row(world, key).version == 1
    assert said(world, key) == ["project.added"]


def test_a_change_upon_an_outdated_page_is_refused(world: World) -> None:
    key = added(world)
    world.do(library.edit, "chief", NOW, project_id=key, values={"owner": "公司"})
    world.refused(StaleVersion, library.edit, "triage", NOW, project_id=key,
                  values={"owner": "另一家"}, expected_version=1)  # fmt: skip


def test_who_answers_fills_in_what_it_reports_and_nothing_else(world: World) -> None:
    key = added(world)
    world.do(library.edit, "lucheng_liaison", NOW, project_id=key,
             values={"physical_progress": "主体封顶", "contact_phone": "13800000000"})  # fmt: skip
    assert row(world, key).physical_progress == "主体封顶"
    world.refused(NotAllowed, library.edit, "lucheng_liaison", NOW, project_id=key,
                  values={"total_invest_yi": "99"})  # fmt: skip
    world.refused(NotAllowed, library.edit, "zjj_head", NOW, project_id=key,
                  values={"physical_progress": "x"})  # fmt: skip
    world.refused(NotVisible, library.edit, "henglin_head", NOW, project_id=key,
                  values={"physical_progress": "x"})  # fmt: skip


def test_a_part_knows_its_whole_and_no_circle_is_made(world: World) -> None:
    whole, part = added(world, "园区"), added(world, "厂房", parent="园区")
    assert row(world, part).parent_id == whole
    codes = world.refused(Malformed, library.edit, "chief", NOW, project_id=whole,
                          values={"parent": "厂房"})  # fmt: skip
    assert codes == ["parent_circle"]
    world.refused(Malformed, library.edit, "chief", NOW, project_id=part, values={"parent": "无"})


def test_production_that_has_not_begun_is_not_recorded(world: World) -> None:
    key = added(world)
    world.refused(Malformed, library.edit, "chief", NOW, project_id=key,
                  values={"in_production_on": "2026-09-29"})  # fmt: skip


def test_figures_may_count_in_another_town_with_the_reason(world: World) -> None:
    key = added(world, "中天钢铁北厂区园区项目", board="dingyan")
    world.refused(Malformed, library.attribute, "chief", NOW, project_id=key, board="yaoguan",
                  reason="")  # fmt: skip
    world.refused(NotAllowed, library.attribute, "dingyan_head", NOW, project_id=key,
                  board="yaoguan", reason="附件4注1")  # fmt: skip
    world.do(library.attribute, "chief", NOW, project_id=key, board="遥观镇",
             reason="常经办发〔2024〕4号附件4注1")  # fmt: skip
    found = row(world, key)
    assert found.attributed_board_id == world.units["yaoguan"]
    assert found.board_id == world.units["dingyan"]
    world.do(library.attribute, "chief", NOW, project_id=key, board="", reason="改回属地统计")
    assert row(world, key).attributed_board_id is None


# ---------------------------------------------------------------- stages


def reached(world: World, key: int, stage: str, since: str, who: str = "chief", **more: Any) -> Any:
    return world.do(stages.reach, who, NOW, project_id=key, stage=stage,
                    since=date.fromisoformat(since), **more)  # fmt: skip


def test_stages_are_reached_in_order_and_set_the_actual_days(world: World) -> None:
    key = added(world)
    reached(world, key, "signed", "2025-01-10", "lucheng_head")
    reached(world, key, "started", "2025-06-01", "lucheng_liaison")  # one stage is passed over
    found = row(world, key)
    assert (found.stage, found.stage_since) == ("started", date(2025, 6, 1))
    assert found.actual_start_on == date(2025, 6, 1)
    reached(world, key, "completed", "2026-05-01")
    assert row(world, key).actual_finish_on == date(2026, 5, 1)
    with world.db.read() as s:
        steps = stages.timeline(s, [key])[key]
    assert [(step.stage, step.standing) for step in steps] == [
        ("signed", True), ("started", True), ("completed", True)]  # fmt: skip


def test_a_step_back_is_the_offices_correction_with_a_reason(world: World) -> None:
    key = added(world)
    reached(world, key, "signed", "2025-01-10")
    reached(world, key, "completed", "2026-05-01")
    back = {"project_id": key, "stage": "preparing", "since": date(2025, 2, 1)}
    world.refused(NotAllowed, stages.reach, "lucheng_head", NOW, **back, note="登记有误")
    assert world.refused(Malformed, stages.reach, "chief", NOW, **back) == ["reason_missing"]
    world.do(stages.reach, "chief", NOW, **back, note="竣工登记有误，尚未开工")
    found = row(world, key)
    assert (found.stage, found.actual_start_on, found.actual_finish_on) == ("preparing", None, None)
    with world.db.read() as s:
        steps = stages.timeline(s, [key])[key]
    assert [(step.stage, step.standing) for step in steps] == [
        ("signed", True), ("completed", False), ("preparing", True)]  # fmt: skip
    event = rows(world, tables.event, stream=f"project:{key}")[-1]
    assert event.data["correction"] is True


def test_another_date_for_the_same_stage_is_a_correction_too(world: World) -> None:
    key = added(world)
    reached(world, key, "started", "2025-06-01")
    again = {"project_id": key, "stage": "started"}
    assert world.refused(GuardFailed, stages.reach, "chief", NOW, **again,
                         since=date(2025, 6, 1), note="重复登记") == ["stage_same"]  # fmt: skip
    reached(world, key, "started", "2025-07-01", note="以施工许可为准")
    assert row(world, key).actual_start_on == date(2025, 7, 1)


@pytest.mark.parametrize(
    ("stage", "since", "code"),
    [
        ("completed", date(2026, 9, 29), "since_future"),
        ("completed", date(2025, 5, 31), "stage_order"),
        ("evaluation", date(2026, 9, 1), "production_missing"),
        ("demolition", date(2026, 9, 1), "stage_unknown"),
    ],
)
def test_what_the_rules_of_a_stage_do_not_allow(
    world: World, stage: str, since: date, code: str
) -> None:
    key = added(world)
    reached(world, key, "started", "2025-06-01")
    codes = world.refused((GuardFailed, Malformed), stages.reach, "chief", NOW, project_id=key,  # type: ignore[arg-type]
                          stage=stage, since=since)  # fmt: skip
    assert codes == [code]


def test_the_evaluation_takes_a_whole_year_of_production(world: World) -> None:
    key = added(world)
    reached(world, key, "completed", "2025-03-01")
    world.do(library.edit, "chief", NOW, project_id=key, values={"in_production_on": "2025-04-01"})
    early = {"project_id": key, "stage": "evaluation", "since": date(2026, 3, 31)}
    assert world.refused(GuardFailed, stages.reach, "chief", NOW, **early) == ["production_short"]
    reached(world, key, "evaluation", "2026-04-01")
    assert row(world, key).stage == "evaluation"


def test_a_leap_day_has_its_anniversary_too() -> None:
    assert stages.year_after(date(2024, 2, 29)) == date(2025, 2, 28)
    assert stages.year_after(date(2025, 2, 28)) == date(2026, 2, 28)


# ---------------------------------------------------------------- lists


def enlisted(world: World, key: int, list_code: str, year: int = 2026, **more: Any) -> Any:
    return world.do(listings.enlist, "triage", NOW, project_id=key, list_code=list_code,
                    year=year, **more)  # fmt: skip


def test_a_project_stands_on_several_lists_at_once(world: World) -> None:
    key = added(world)
    enlisted(world, key, "province", 2025, library="省库", source_id="S-1")
    enlisted(world, key, "city", library="市库", source_id="C-9", carried_over=True)
    enlisted(world, key, "industrial")
    with world.db.read() as s:
        found = listings.of(s, [key])[key]
    assert [(e.list_code, e.year, e.source_id) for e in found] == [
        ("city", 2026, "C-9"), ("industrial", 2026, ""), ("province", 2025, "S-1")]  # fmt: skip
    assert (row(world, key).year, row(world, key).carried_over) == (2026, True)


def test_a_list_is_left_with_a_day_and_a_reason_and_entered_again(world: World) -> None:
    key = added(world)
    entry = enlisted(world, key, "city", listed_on=date(2026, 3, 1)).of
    gone = {"project_id": key, "listing_id": entry, "removed_on": TODAY}
    world.refused(Malformed, listings.delist, "chief", NOW, **gone, reason=" ")
    world.refused(GuardFailed, listings.delist, "chief", NOW, **gone | {
        "removed_on": date(2026, 2, 1)}, reason="项目终止")  # fmt: skip
    world.do(listings.delist, "chief", NOW, **gone, reason="项目终止")
    [found] = rows(world, tables.project_listing, project_id=key)
    assert found.removed_on == TODAY
    world.refused(NotVisible, listings.delist, "chief", NOW, **gone, reason="项目终止")
    enlisted(world, key, "city")
    [found] = rows(world, tables.project_listing, project_id=key)
    assert found.removed_on is None


def test_an_id_of_a_library_stands_for_one_project(world: World) -> None:
    one, other = added(world, "甲"), added(world, "乙")
    enlisted(world, one, "city", library="市库", source_id="C-9")
    codes = world.refused(GuardFailed, listings.enlist, "chief", NOW, project_id=other,
                          list_code="city", year=2026, library="市库", source_id="C-9")  # fmt: skip
    assert codes == ["source_id_taken"]
    enlisted(world, one, "city", library="市库", source_id="C-9", note="更正说明")


def test_units_do_not_keep_the_lists(world: World) -> None:
    key = added(world)
    world.refused(NotAllowed, listings.enlist, "lucheng_head", NOW, project_id=key,
                  list_code="city", year=2026)  # fmt: skip


# ---------------------------------------------------------------- chain of responsibility


def sees(world: World, username: str, key: int) -> bool:
    from sqlalchemy import select

    with world.db.read() as s:
        actor = find_actor(s, username)
        visible = visible_projects(actor, context(s).directory)
        return bool(s.execute(select(tables.project.c.id)
                              .where(visible, tables.project.c.id == key)).first())  # fmt: skip


def test_the_board_in_force_gives_the_rights_and_takes_them_away(world: World) -> None:
    key = added(world)
    assert (sees(world, "lucheng_head", key), sees(world, "henglin_head", key)) == (True, False)
    world.do(duties.assign, "chief", NOW, project_id=key, role="board", unit="henglin",
             since=TODAY)  # fmt: skip
    assert (sees(world, "lucheng_head", key), sees(world, "henglin_head", key)) == (False, True)
    old, new = rows(world, tables.project_duty, project_id=key, role="board")
    assert (old.until, new.until) == (TODAY, None)


def test_the_commissioner_must_hold_the_role(world: World) -> None:
    key = added(world)
    codes = world.refused(GuardFailed, duties.assign, "chief", NOW, project_id=key,
                          role="commissioner", person="lucheng_handler", since=TODAY)  # fmt: skip
    assert codes == ["commissioner_role"]
    world.do(duties.assign, "chief", NOW, project_id=key, role="commissioner",
             person="commissioner", since=TODAY)  # fmt: skip
    assert row(world, key).commissioner_id == world.people["commissioner"]
    world.do(duties.end, "chief", NOW, project_id=key, role="commissioner", until=TODAY)
    assert row(world, key).commissioner_id is None


def test_a_unit_that_leads_a_project_sees_it_and_reports_on_it(world: World) -> None:
    key = added(world)
    assert not sees(world, "gdgs_head", key)
    world.do(duties.assign, "chief", NOW, project_id=key, role="lead_unit", unit="gdgs",
             since=TODAY)  # fmt: skip
    assert sees(world, "gdgs_head", key)
    world.do(library.edit, "gdgs_head", NOW, project_id=key, values={"physical_progress": "送电"})


def test_a_typed_name_stands_in_the_chain_and_gives_no_rights(world: World) -> None:
    key = added(world, board="")
    world.do(duties.assign, "chief", NOW, project_id=key, role="sponsor", name="市领导 某某",
             since=TODAY)  # fmt: skip
    [duty] = rows(world, tables.project_duty, project_id=key)
    assert (duty.name, duty.person_id, duty.unit_id) == ("市领导 某某", None, None)


@pytest.mark.parametrize(
    ("role", "given", "code"),
    [
        ("board", {"unit": "zjj"}, "board_unknown"),
        ("lead_unit", {"name": "某人"}, "unit_missing"),
        ("sponsor", {}, "person_missing"),
        ("sponsor", {"person": "principal", "name": "某人"}, "name_missing"),
        ("responsible", {"person": "nobody"}, "person_unknown"),
        ("owner", {"name": "某人"}, "duty_unknown"),
    ],
)
def test_a_part_is_given_to_whom_it_can_be_given(
    world: World, role: str, given: dict[str, str], code: str
) -> None:
    key = added(world)
    codes = world.refused(Malformed, duties.assign, "chief", NOW, project_id=key, role=role,
                          since=TODAY, **given)  # fmt: skip
    assert codes == [code]


def test_a_successor_cannot_begin_before_the_holder_did(world: World) -> None:
    key = added(world)
    world.do(duties.assign, "chief", NOW, project_id=key, role="sponsor", name="甲", since=TODAY)
    codes = world.refused(GuardFailed, duties.assign, "chief", NOW, project_id=key,
                          role="sponsor", name="乙", since=date(2026, 9, 1))  # fmt: skip
    assert codes == ["duty_order"]


def test_units_do_not_give_themselves_responsibility(world: World) -> None:
    key = added(world)
    world.refused(NotAllowed, duties.assign, "lucheng_head", NOW, project_id=key,
                  role="sponsor", name="甲", since=TODAY)  # fmt: skip
    world.refused(NotVisible, duties.assign, "auditor", NOW, project_id=key, role="sponsor",
                  name="甲", since=TODAY)  # fmt: skip


# ---------------------------------------------------------------- tags, chains, task forces


def test_a_chain_is_kept_with_its_leader_before_projects_bear_it(world: World) -> None:
    key = added(world)
    assert world.refused(GuardFailed, tags.put, "chief", NOW, project_id=key, kind="chain",
                         tag="轨道交通") == ["chain_unknown"]  # fmt: skip
    world.do(tags.keep_chain, "chief", NOW, name="轨道交通", leader="principal")
    world.do(tags.put, "chief", NOW, project_id=key, kind="chain", tag="轨道交通")
    world.do(tags.put, "chief", NOW, project_id=key, kind="action", tag="重大项目突破行动")
    world.do(tags.put, "chief", NOW, project_id=key, kind="action", tag="重大项目突破行动")
    assert [t.tag for t in rows(world, tables.project_tag)] == ["轨道交通", "重大项目突破行动"]
    [chain] = rows(world, tables.chain)
    assert chain.leader_id == world.people["principal"]
    world.do(tags.drop, "chief", NOW, project_id=key, kind="action", tag="重大项目突破行动")
    assert [t.kind for t in rows(world, tables.project_tag)] == ["chain"]


def test_the_result_of_an_evaluation_is_no_tag_that_is_set_by_hand(world: World) -> None:
    key = added(world)
    world.refused(Malformed, tags.put, "chief", NOW, project_id=key, kind="evaluation", tag="A")
    world.refused(NotAllowed, tags.put, "lucheng_head", NOW, project_id=key, kind="other", tag="x")


def test_a_task_force_has_a_leader_units_and_projects_until_it_ends(world: World) -> None:
    key = added(world, "312国道快速化工程")
    force = world.do(forces.found, "chief", NOW, name="312国道专班", since=date(2026, 3, 1),
                     leader="director", lead_unit="zjj", units=["yaoguan", "zgj"]).id  # fmt: skip
    world.do(forces.join, "chief", NOW, force_id=force, project_id=key)
    world.refused(GuardFailed, forces.join, "chief", NOW, force_id=force, project_id=key)
    world.do(forces.leave, "chief", NOW, force_id=force, unit="zgj")
    assert len(rows(world, tables.task_force_unit)) == 1
    world.refused(NotAllowed, forces.join, "zjj_head", NOW, force_id=force, unit="spj")
    world.refused(NotVisible, forces.join, "sysadmin", NOW, force_id=force, unit="spj")
    world.do(forces.dissolve, "chief", NOW, force_id=force, ended_on=TODAY)
    world.refused(GuardFailed, forces.join, "chief", NOW, force_id=force, unit="spj")


def test_the_history_of_a_record_is_one_unbroken_chain(world: World) -> None:
    key = added(world)
    reached(world, key, "signed", "2025-01-10")
    enlisted(world, key, "city")
    world.do(tags.put, "chief", NOW, project_id=key, kind="other", tag="绿岛")
    expected = ["project.added", "project.stage", "project.listed", "project.tagged"]
    assert said(world, key) == expected
    assert row(world, key).version == 4
    with world.db.read() as s:
        assert verify(s).ok
