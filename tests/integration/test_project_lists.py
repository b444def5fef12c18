"""Lists of other libraries are read, compared, shown, and taken only as the office has chosen."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from models import tables
from models.queries.library import ProjectFilter
from projects.library import commands as library
from projects.library import listings, stages
from projects.library.export import write
from projects.library.imports import headers, taking
from projects.library.imports.plan import Plan, Target
from projects.library.imports.taking import Choices
from tests.integration.library_kit import CODE, NOW, added, row, rows
from tests.world import World, at
from workflow.context import find_actor
from workflow.errors import GuardFailed, Malformed, NotAllowed, NotVisible, StaleVersion

CITY = Target("city", 2026, "市重大项目库", date(2026, 9, 1))
OTHER_CODE = "2403-320412-89-01-654321"


def listed(path: Path, *lines: dict[str, str]) -> Path:
    """A list as a CSV file."""
    names = list(dict.fromkeys(name for line in lines for name in line))
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(lines)
    return path


def preview(world: World, path: Path, target: Target = CITY) -> Plan:
    with world.db.read() as s:
        return taking.read(s, actor=find_actor(s, "triage"), path=path, target=target).plan


def take(world: World, path: Path, expect: str, target: Target = CITY, **choices: Any) -> Any:
    return world.do(taking.take, "triage", NOW, path=path, target=target, expect=expect,
                    choices=Choices(**choices))  # fmt: skip


def kinds(plan: Plan) -> list[str]:
    return [r.kind for r in plan.rows]


def test_a_new_row_becomes_a_record_on_the_list(world: World, tmp_path: Path) -> None:
    path = listed(tmp_path / "a.csv", {
        "项目名称": "新誉高性能永磁材料", "项目代码": CODE, "建设单位": "新誉集团",
        "总投资（万元）": "125,000", "属地板块": "遥观镇", "项目编号": "C-7", "结转": "是",
        "包联领导": "某领导", "实际开工时间": "2026年3月1日", "没见过的列": "x",
    })  # fmt: skip
    plan = preview(world, path)
    assert kinds(plan) == ["new"]
    assert rows(world, tables.project) == []  # the preview writes nothing
    done = take(world, path, plan.digest)
    [found] = rows(world, tables.project)
    assert (done.added, found.code, found.owner) == (1, CODE, "新誉集团")
    assert found.total_invest_yi == Decimal("12.5")
    assert found.board_id == world.units["yaoguan"]
    assert (found.stage, found.actual_start_on) == ("started", date(2026, 3, 1))
    assert (found.year, found.carried_over) == (2026, True)
    [entry] = rows(world, tables.project_listing)
    assert (entry.library, entry.source_id, entry.list_code) == ("市重大项目库", "C-7", "city")
    assert [d.name for d in rows(world, tables.project_duty, role="sponsor")] == ["某领导"]


def test_columns_that_no_heading_knows_are_named(world: World, tmp_path: Path) -> None:
    path = listed(tmp_path / "a.csv", {"项目名称": "甲", "没见过的列": "x", "备注": "y"})
    with world.db.read() as s:
        found = taking.read(s, actor=find_actor(s, "chief"), path=path, target=CITY)
    assert found.unknown == ["没见过的列"]
    assert [(c.heading, c.field) for c in found.columns] == [("项目名称", "name"), ("备注", "note")]


def test_a_workbook_is_read_like_a_csv(world: World, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["项目名称", "总投资(亿元)"])
        page.write_row(1, 0, ["甲", 3.5])
    plan = preview(world, path)
    take(world, path, plan.digest)
    assert rows(world, tables.project)[0].total_invest_yi == Decimal("3.5")


def test_rows_meet_records_by_code_then_by_name_and_owner(world: World, tmp_path: Path) -> None:
    coded = added(world, "旧名称", code=CODE)
    named = added(world, "乙项目", owner="乙公司")
    added(world, "丙项目", owner="丙公司")
    path = listed(
        tmp_path / "a.csv",
        {"项目名称": "新名称", "项目代码": CODE, "建设单位": ""},
        {"项目名称": "乙项目", "项目代码": "", "建设单位": "乙公司"},
        {"项目名称": "丙项目", "项目代码": "", "建设单位": "别家公司"},
        {"项目名称": "丁项目", "项目代码": "", "建设单位": "丁公司"},
    )
    plan = preview(world, path)
    assert [(r.kind, r.project) for r in plan.rows[:2]] == [
        ("different", coded), ("different", named)]  # fmt: skip
    assert kinds(plan) == ["different", "different", "doubtful", "new"]
    assert [(d.field, d.ours, d.theirs) for d in plan.rows[0].differences] == [
        ("name", "旧名称", "新名称")]  # fmt: skip


def test_every_conflict_is_shown_with_both_sides_and_chosen_by_the_office(
    world: World, tmp_path: Path
) -> None:
    key = added(world, code=CODE, total_invest_yi="10", owner="甲公司")
    world.do(listings.enlist, "chief", NOW, project_id=key, list_code="province", year=2025)
    path = listed(tmp_path / "a.csv", {
        "项目名称": "甲项目", "项目代码": CODE, "总投资": "12", "建设单位": "甲集团",
        "联系人": "老王", "备注": ""})  # fmt: skip
    plan = preview(world, path)
    [found] = plan.rows
    assert [(d.field, d.ours, d.theirs, d.conflict) for d in found.differences] == [
        ("owner", "甲公司", "甲集团", True), ("contact", "", "老王", False),
        ("total_invest_yi", "10", "12", True)]  # fmt: skip
    assert "2025" in found.lists
    with pytest.raises(Malformed) as still_open:
        take(world, path, plan.digest)
    assert [r.field for r in still_open.value.reasons] == ["2:owner", "2:total_invest_yi"]
    assert row(world, key).contact == ""  # nothing is written before every choice is made
    take(world, path, plan.digest, fields={2: {"owner": "keep", "total_invest_yi": "take"}})
    after = row(world, key)
    assert (after.owner, after.total_invest_yi, after.contact) == ("甲公司", 12, "老王")


def test_the_rest_may_be_decided_with_one_word(world: World, tmp_path: Path) -> None:
    key = added(world, owner="甲公司", total_invest_yi="10")
    path = listed(tmp_path / "a.csv",
                  {"项目名称": "甲项目", "建设单位": "甲公司", "总投资": "12"})  # fmt: skip
    done = take(world, path, preview(world, path).digest, rest="keep")
    assert (done.listed, done.changed, row(world, key).total_invest_yi) == (1, 0, 10)
    assert len(rows(world, tables.project_listing)) == 1
    take(world, path, preview(world, path).digest, rest="take")
    assert row(world, key).total_invest_yi == 12


def test_a_record_that_changed_since_the_preview_is_refused(world: World, tmp_path: Path) -> None:
    key = added(world, owner="甲公司")
    path = listed(tmp_path / "a.csv", {"项目名称": "甲项目", "建设单位": "甲公司", "总投资": "12"})
    plan = preview(world, path)
    world.do(library.edit, "chief", NOW, project_id=key, values={"address": "东方路"})
    world.refused(StaleVersion, taking.take, "triage", NOW, path=path, target=CITY,
                  expect=plan.digest, choices=Choices())  # fmt: skip
    assert rows(world, tables.project_listing) == []


def test_another_file_than_the_one_shown_is_refused(world: World, tmp_path: Path) -> None:
    path = listed(tmp_path / "a.csv", {"项目名称": "甲项目"})
    plan = preview(world, path)
    listed(path, {"项目名称": "乙项目"})
    world.refused(StaleVersion, taking.take, "triage", NOW, path=path, target=CITY,
                  expect=plan.digest, choices=Choices())  # fmt: skip


def test_taking_the_same_list_again_changes_nothing(world: World, tmp_path: Path) -> None:
    path = listed(tmp_path / "a.csv",
                  {"项目名称": "甲", "项目代码": CODE, "属地板块": "横林镇", "项目阶段": "在建"},
                  {"项目名称": "乙", "总投资(亿元)": "3.50", "结转": "否"})  # fmt: skip
    take(world, path, preview(world, path).digest)
    before = [rows(world, t) for t in (tables.project, tables.project_listing, tables.event)]
    plan = preview(world, path)
    assert kinds(plan) == ["same", "same"]
    assert take(world, path, plan.digest).unchanged == 2
    after = [rows(world, t) for t in (tables.project, tables.project_listing, tables.event)]
    assert after[:2] == before[:2]
    assert len(after[2]) == len(before[2]) + 1  # that it was taken again is history, too


def test_a_stage_without_a_day_is_known_since_the_day_of_the_list(
    world: World, tmp_path: Path
) -> None:
    path = listed(tmp_path / "a.csv", {"项目名称": "甲", "项目阶段": "在建"})
    take(world, path, preview(world, path).digest)
    found = rows(world, tables.project)[0]
    assert (found.stage, found.stage_since) == ("started", CITY.as_of)


def test_a_step_back_in_the_list_is_taken_only_as_a_correction(
    world: World, tmp_path: Path
) -> None:
    key = added(world)
    world.do(stages.reach, "chief", NOW, project_id=key, stage="started", since=date(2026, 5, 1))
    path = listed(tmp_path / "a.csv", {"项目名称": "甲项目", "阶段": "前期"})
    plan = preview(world, path)
    assert [d.field for d in plan.rows[0].conflicts] == ["stage"]
    take(world, path, plan.digest, rest="take")
    assert (row(world, key).stage, row(world, key).actual_start_on) == ("preparing", None)


def test_a_doubtful_row_waits_for_the_offices_word(world: World, tmp_path: Path) -> None:
    key = added(world, "丙项目", owner="丙公司")
    path = listed(tmp_path / "a.csv", {"项目名称": "丙项目", "建设单位": "丙集团"})
    plan = preview(world, path)
    assert kinds(plan) == ["doubtful"]
    assert world.refused(Malformed, taking.take, "triage", NOW, path=path, target=CITY,
                         expect=plan.digest,
                         choices=Choices(rest="take")) == ["doubt_open"]  # fmt: skip
    assert take(world, path, plan.digest, doubtful={2: "skip"}).left_out == 1
    assert row(world, key).owner == "丙公司"
    take(world, path, plan.digest, doubtful={2: "same"}, rest="take")
    assert row(world, key).owner == "丙集团"


def test_one_bad_row_stops_the_list_unless_it_is_left_out(world: World, tmp_path: Path) -> None:
    path = listed(tmp_path / "a.csv", {"项目名称": "甲", "项目代码": "2413-320412-89-01-123456"},
                  {"项目名称": "乙", "项目代码": ""}, {"项目名称": "乙", "项目代码": CODE},
                  {"项目名称": "", "项目代码": OTHER_CODE})  # fmt: skip
    plan = preview(world, path)
    assert kinds(plan) == ["refused", "new", "refused", "refused"]
    codes = world.refused(GuardFailed, taking.take, "triage", NOW, path=path, target=CITY,
                          expect=plan.digest, choices=Choices())  # fmt: skip
    assert codes == ["code_time", "row_repeated", "name_missing"]
    done = take(world, path, plan.digest, partial=True)
    assert (done.added, done.left_out) == (1, 3)


def test_a_row_whose_code_and_name_belong_to_two_records_is_refused(
    world: World, tmp_path: Path
) -> None:
    added(world, "甲", code=CODE)
    added(world, "乙")
    path = listed(tmp_path / "a.csv", {"项目名称": "乙", "项目代码": CODE})
    [found] = preview(world, path).rows
    assert [r.code for r in found.reasons] == ["two_records"]


def test_an_id_that_stands_for_another_project_is_refused(world: World, tmp_path: Path) -> None:
    key = added(world, "甲")
    world.do(listings.enlist, "chief", NOW, project_id=key, list_code="city", year=2026,
             library=CITY.library, source_id="C-1")  # fmt: skip
    path = listed(tmp_path / "a.csv", {"项目名称": "乙", "编号": "C-1"})
    assert [r.code for r in preview(world, path).rows[0].reasons] == ["source_id_taken"]


def test_two_lists_meet_in_one_record(world: World, tmp_path: Path) -> None:
    province = Target("province", 2026, "省重大项目库", date(2026, 9, 1))
    first = listed(tmp_path / "a.csv", {"项目名称": "甲", "项目代码": CODE, "编号": "P-1"})
    second = listed(tmp_path / "b.csv", {"项目名称": "甲（二期）", "项目代码": CODE, "编号": "C-1"})
    take(world, first, preview(world, first, province).digest, province)
    plan = preview(world, second)
    assert "2026" in plan.rows[0].lists  # ours rests on the list of the province
    take(world, second, plan.digest, rest="keep")
    [found] = rows(world, tables.project)
    assert found.name == "甲"
    entries = rows(world, tables.project_listing)
    assert [(e.list_code, e.source_id) for e in entries] == [("province", "P-1"), ("city", "C-1")]


@pytest.mark.parametrize(
    ("username", "error"),
    [("lucheng_head", NotAllowed), ("director", NotAllowed), ("sysadmin", NotVisible)],
)
def test_only_the_office_takes_lists(
    world: World, tmp_path: Path, username: str, error: type
) -> None:
    path = listed(tmp_path / "a.csv", {"项目名称": "甲"})
    world.refused(error, taking.take, username, NOW, path=path, target=CITY, expect="",
                  choices=Choices())  # fmt: skip


@pytest.mark.parametrize(
    ("target", "field"),
    [(Target("county", 2026, "库", date(2026, 9, 1)), "list_code"),
     (Target("city", 1926, "库", date(2026, 9, 1)), "year"),
     (Target("city", 2026, " ", date(2026, 9, 1)), "library")],
)  # fmt: skip
def test_the_list_itself_must_be_named(
    world: World, tmp_path: Path, target: Target, field: str
) -> None:
    path = listed(tmp_path / "a.csv", {"项目名称": "甲"})
    with pytest.raises(Malformed) as refusal:
        preview(world, path, target)
    assert [reason.field for reason in refusal.value.reasons] == [field]


def test_a_file_without_names_is_no_list(world: World, tmp_path: Path) -> None:
    path = listed(tmp_path / "a.csv", {"编号": "1", "备注": "x"})
    with pytest.raises(Malformed) as refusal:
        preview(world, path)
    assert [reason.code for reason in refusal.value.reasons] == ["no_names"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_is_a_list_that_changes_nothing_when_it_comes_back(
    world: World, tmp_path: Path, kind: str
) -> None:
    key = added(world, code=CODE, owner="=甲公司", total_invest_yi="12.5", nature="expansion",
                foreign_funded="no", plan_start_on="2026-03-01", contact_phone="13800000000",
                year="2026", industry="C3670")  # fmt: skip
    world.do(stages.reach, "chief", NOW, project_id=key, stage="started", since=date(2026, 3, 2))
    world.do(listings.enlist, "chief", NOW, project_id=key, list_code="city", year=2026,
             library=CITY.library)  # fmt: skip
    path = tmp_path / f"out.{kind}"
    with world.db.read() as s:
        actor = find_actor(s, "chief")
        assert write(s, actor, ProjectFilter(), path, kind, at(NOW)) == 1
    [found] = preview(world, path).rows
    assert (found.kind, [(d.field, d.ours, d.theirs) for d in found.differences]) == ("same", [])


def test_an_export_holds_what_its_reader_may_see(world: World, tmp_path: Path) -> None:
    added(world, "潞城项目", contact_phone="13811112222")
    added(world, "横林项目", board="henglin", contact_phone="13833334444")
    texts = {}
    for who in ("chief", "lucheng_liaison", "lucheng_reporter", "director"):
        path = tmp_path / f"{who}.csv"
        with world.db.read() as s:
            write(s, find_actor(s, who), ProjectFilter(), path, "csv", at(NOW))
        texts[who] = path.read_text(encoding="utf-8-sig")
    assert "13811112222" in texts["chief"]
    assert "13833334444" in texts["chief"]
    assert "横林项目" not in texts["lucheng_liaison"]
    assert "13811112222" in texts["lucheng_liaison"]
    assert "潞城项目" in texts["lucheng_reporter"]
    assert "138" not in texts["lucheng_reporter"]  # who only reports issues does not answer
    assert "横林项目" in texts["director"]
    assert "138" not in texts["director"]


def test_amounts_in_other_units_are_exact() -> None:
    columns, _unknown = headers.read(
        ["项目名称", "总投资（亿美元）", "年度计划投资(万元)", "总投资"]
    )
    found = {c.field: headers.scaled(c, "0.35") for c in columns}
    assert found["total_invest_usd_wan"] == "3500"
    assert found["plan_year_invest_yi"] == "0.000035"
    assert found["total_invest_yi"] == "0.35"
