"""Plans of targets: the shipped annexes reproduced, edited by the office, imported."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from models import tables
from projects.seed_files import DATA
from projects.seeds import load_targets
from projects.snapshots import freeze, gather, load
from projects.tables_in import Table, from_text, read_bytes, read_table
from projects.targets import commands as targets
from projects.targets import imports as target_import
from projects.targets.actuals import Actual, enter_actuals
from projects.targets.attainment import Board, board
from projects.targets.checks import Gate, Head, Line
from projects.targets.formulas import FORMULAS
from projects.targets.gates import gates
from tests.world import World, at
from workflow.errors import GuardFailed, Malformed, NotAllowed, NotVisible, StaleVersion

NOW = "2026-10-09 10:00"
WHOLE = "常州经开区"
GOVERNING = "常州经开区2024年重点产业项目推进攻坚实施意见"
PEOPLE = "常州经开区2024年十大民生实事项目"


@pytest.fixture
def zone(world: World) -> World:
    """The zone with the plans of the sources."""
    with world.db.write() as s:
        load_targets(s)
    return world


def shipped() -> list[dict[str, str]]:
    """The rows of the shipped file, read here and nowhere else."""
    with (DATA / "seed_targets.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def shown(world: World, name: str, month: str = "2024-12") -> Board:
    with world.db.read() as s:
        key = s.execute(select(tables.plan.c.id).where(tables.plan.c.name == name)).scalar_one()
        content = gather(s, month, at(NOW), only=["projects", "figures", "targets"])
        found = board(content, key)
    assert found is not None
    return found


def printed() -> Iterator[tuple[str, str, Decimal, Decimal, int]]:
    """Each printed total of the four annexes beside the sum of its rows, from the file itself."""
    totals: dict[tuple[str, str], Decimal] = {}
    rows: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for row in shipped():
        if row["plan"] == GOVERNING and row["op"] == "=":
            key, value = (row["level"], row["metric"]), Decimal(row["value"])
            if row["region"] == WHOLE:
                totals[key] = value
            else:
                rows[key].append(value)
    for key, total in totals.items():
        if rows[key]:
            yield *key, total, sum(rows[key], Decimal()), len(rows[key])


def test_every_printed_total_of_the_annexes_is_reproduced_from_the_shipped_file(
    zone: World,
) -> None:
    expected = sorted(printed())
    checks = shown(zone, GOVERNING).checks()
    assert [(c.level, c.metric, c.total, c.summed, c.rows) for c in checks] == expected
    assert len([c for c in checks if c.rows > 1 and c.agrees]) == 19
    assert [c for c in checks if not c.agrees] == []


def test_the_matrix_shows_every_figure_of_the_annexes_and_nothing_else(zone: World) -> None:
    made = shown(zone, GOVERNING)
    expected: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in shipped():
        if row["plan"] == GOVERNING:
            expected[row["level"], row["metric"], row["region"]] += Decimal(row["value"])
    found = {
        (c.level, c.metric, c.region): c.target
        for column in made.columns for c in made.row(column, column.level) if c.target is not None
    }  # fmt: skip
    assert found == dict(expected)


def test_the_ten_livelihood_projects_stand_there_with_their_items(zone: World) -> None:
    made = shown(zone, PEOPLE)
    items = [row for row in shipped() if row["plan"] == PEOPLE]
    assert len(made.levels()) == 10
    assert sum(len(made.columns_of(level)) for level in made.levels()) == len(items) == 49
    span = next(r for r in made.plan["rows"] if r["metric"] == "新增省市优质园")
    assert (span["op"], span["value"], span["value_to"]) == ("range", "2", "3")


def test_every_row_of_every_source_loads(zone: World) -> None:
    with zone.db.read() as s:
        assert sum(row.rows for row in targets.plans(s)) == len(shipped()) == 260
        assert {row.name for row in targets.plans(s)} == {row["plan"] for row in shipped()}


def test_qishuyan_has_no_target_which_is_a_blank_cell_and_no_rank_and_no_zero(zone: World) -> None:
    made = shown(zone, GOVERNING)
    for level in ("市重大项目", "区重点产业项目", "工业列统项目"):
        for column in made.columns_of(level):
            cells = {c.region: c for c in made.row(column, level)}
            blank = cells["戚墅堰街道"]
            assert (blank.target, blank.attainment, blank.gap) == (None, None, None)
            assert (blank.rank, blank.state, blank.ids) == (None, "none", ())


def test_other_plans_do_not_get_the_boards_of_the_zone(zone: World) -> None:
    assert shown(zone, PEOPLE).regions_of("常有善育") == [WHOLE]


def test_the_metrics_of_the_annexes_have_formulas_and_the_livelihood_list_has_none(
    zone: World,
) -> None:
    assert {c.formula for c in shown(zone, GOVERNING).columns} <= set(FORMULAS)
    assert {c.formula for c in shown(zone, PEOPLE).columns} == {""}


def test_gates_of_the_practice_documents_are_data_of_their_plans(zone: World) -> None:
    rows = {(g.name, g.threshold, g.month) for g in zone.rows(tables.plan_gate)}
    assert ("上半年开工率", Decimal(80), 6) in rows and ("年内竣工率", Decimal(70), 12) in rows
    assert ("竣工率", Decimal(60), 12) in rows
    city = shown(zone, "常州市2018“重大项目增效年”实施方案", "2018-12")
    assert {one.state for one in gates(city)} == {"unknown"}  # none of its projects are known


# ---------------------------------------------------------------- actual figures


def listed(s: Any, world: World) -> None:
    """Three projects on the district's list of 2024: two of Lucheng, one attributed to Yaoguan."""
    ids = world.units
    for name, board_id, counted, carried in (
        ("甲", "lucheng", None, False), ("乙", "lucheng", None, True),
        ("丙", "henglin", "yaoguan", False),
    ):  # fmt: skip
        key = s.execute(insert(tables.project).values(
            name=name, board_id=ids[board_id],
            attributed_board_id=ids[counted] if counted else None,
            zone=WHOLE, actual_start_on=date(2024, 3, 1), total_invest_yi=Decimal(10),
            actual_finish_on=date(2024, 11, 30) if carried else None,
        )).inserted_primary_key[0]  # fmt: skip
        s.execute(insert(tables.project_listing).values(
            project_id=key, list_code="district", year=2024, carried_over=carried,
        ))  # fmt: skip
        s.execute(insert(tables.project_month).values(
            project_id=key, month="2024-05", reported_wan=99, statistical_wan=10_000 * key,
            reported_at=at(NOW),
        ))  # fmt: skip


def test_actuals_come_from_the_library_and_count_where_the_project_is_attributed(
    zone: World,
) -> None:
    with zone.db.write() as s:
        listed(s, zone)
    made = shown(zone, GOVERNING, "2024-06")
    column = {c.metric: c for c in made.columns_of("区重点产业项目")}
    invested = {
        r: made.actual(column["年度列统投资"], r) for r in (WHOLE, "潞城街道", "遥观镇", "横林镇")
    }
    assert invested == {WHOLE: 6, "潞城街道": 3, "遥观镇": 3, "横林镇": 0}
    cell = made.cell(column["年度列统投资"], "潞城街道")  # 3 of 36 by the middle of the year
    assert (cell.attainment, cell.due, cell.gap, cell.state) == (
        Decimal("8.33"), Decimal("50.00"), Decimal("-41.67"), "far",
    )  # fmt: skip
    assert made.actual(column["新开工项目数"], WHOLE) == 3
    assert made.actual(column["新增入库项目数"], WHOLE) == 2
    assert made.actual(column["竣工项目数"], WHOLE) == 0
    assert shown(zone, GOVERNING).actual(column["竣工项目数"], WHOLE) == 1


def test_a_list_that_the_library_does_not_hold_gives_no_figure_rather_than_zero(
    zone: World,
) -> None:
    with zone.db.write() as s:
        listed(s, zone)
    made = shown(zone, GOVERNING)
    [column] = [c for c in made.columns_of("市重大项目") if c.metric == "竣工项目数"]
    cell = made.cell(column, "潞城街道")
    assert (cell.actual, cell.attainment, cell.state) == (None, None, "unknown")


def test_the_office_enters_what_no_formula_knows(zone: World) -> None:
    target = zone.row(tables.target, metric="新增托位", plan=PEOPLE)
    args: dict[str, Any] = {"month": "2024-06", "actuals": [Actual(target.id, Decimal(120))]}
    zone.refused(NotAllowed, enter_actuals, "lucheng_head", NOW, **args)
    assert zone.do(enter_actuals, "triage", NOW, **args) == 1
    assert zone.do(enter_actuals, "triage", NOW, **args) == 0
    made = shown(zone, PEOPLE, "2024-08")
    [column] = [c for c in made.columns if c.metric == "新增托位"]
    cell = made.cell(column, WHOLE)
    assert (cell.actual, cell.attainment) == (Decimal(120), Decimal("60.00"))
    assert cell.state == "on_course"
    zone.refused(NotVisible, enter_actuals, "triage", NOW, month="2025-01", actuals=args["actuals"])


def test_entered_figures_of_a_frozen_month_are_corrected_as_a_new_edition(zone: World) -> None:
    from projects.figures.freezing import correct

    target = zone.row(tables.target, metric="新增托位", plan=PEOPLE)
    zone.do(freeze, "chief", NOW, month="2024-06")
    actuals = [Actual(target.id, Decimal(130))]
    zone.refused(GuardFailed, enter_actuals, "triage", NOW, month="2024-06", actuals=actuals)
    assert zone.do(correct, "chief", NOW, month="2024-06", reason="补报", actuals=actuals) == 2
    with zone.db.read() as s:
        rows = [r for p in load(s, "2024-06").content["targets"] for r in p["rows"]]
    assert next(r for r in rows if r["id"] == target.id)["actuals"] == {"2024-06": "130"}


# ---------------------------------------------------------------- editing


def made_plan(world: World, name: str = "2026年计划", copy_of: int | None = None) -> int:
    head = Head(name, 2026, WHOLE)
    key: int = world.do(targets.create_plan, "triage", NOW, head=head, copy_of=copy_of)
    return key


def test_a_plan_is_copied_with_rows_formulas_and_gates_but_no_figures(zone: World) -> None:
    source = zone.row(tables.plan, name=GOVERNING)
    key = made_plan(zone, copy_of=source.id)
    with zone.db.read() as s:
        content = gather(s, "2026-09", at(NOW), only=["projects", "figures", "targets"])
    found = board(content, key)
    assert found is not None and len(found.checks()) == 20
    assert {c.formula for c in found.columns} <= set(FORMULAS)
    assert zone.refused(
        GuardFailed, targets.create_plan, "chief", NOW, head=Head("2026年计划", 2026, WHOLE)
    ) == ["plan_exists"]


def test_rows_are_added_changed_and_removed_one_version_at_a_time(zone: World) -> None:
    plan = made_plan(zone)
    line = Line("区", "横林镇", "竣工项目数", "个", Decimal(3))
    key = zone.do(targets.put_line, "triage", NOW, plan_id=plan, line=line, expected_version=1)
    stale: dict[str, Any] = {"plan_id": plan, "line": line, "expected_version": 1}
    zone.refused(StaleVersion, targets.put_line, "chief", NOW, target_id=key, **stale)
    blank = Line("区", "横林镇", "竣工项目数", "个", None)
    zone.do(
        targets.put_line, "chief", NOW, plan_id=plan, line=blank, expected_version=2, target_id=key
    )
    assert zone.row(tables.target, id=key).value is None
    assert zone.refused(
        GuardFailed, targets.put_line, "chief", NOW, plan_id=plan, line=line, expected_version=3
    ) == ["line_exists"]
    zone.do(targets.remove_line, "chief", NOW, plan_id=plan, target_id=key, expected_version=3)
    assert zone.rows(tables.target, plan="2026年计划") == []
    tags = [e.tag for e in zone.rows(tables.event, stream=f"plan:{plan}")]
    assert tags == ["plan.created", "plan.line", "plan.line", "plan.line_removed"]


@pytest.mark.parametrize("who, error", [
    ("lucheng_head", NotAllowed), ("director", NotAllowed), ("auditor", NotVisible),
])  # fmt: skip
def test_only_the_office_keeps_plans(zone: World, who: str, error: Any) -> None:
    plan = zone.row(tables.plan, name=GOVERNING).id
    head, line = Head("x", 2026, WHOLE), Line("a", WHOLE, "b")
    usual: dict[str, Any] = {"plan_id": plan, "expected_version": None}
    zone.refused(error, targets.create_plan, who, NOW, head=head)
    zone.refused(error, targets.change_plan, who, NOW, head=head, **usual)
    zone.refused(error, targets.put_line, who, NOW, line=line, **usual)
    zone.refused(error, targets.remove_line, who, NOW, target_id=1, **usual)
    zone.refused(error, targets.set_shares, who, NOW, shares={6: Decimal(40)}, **usual)
    zone.refused(error, targets.set_metric, who, NOW, level="", metric="x", formula="",
                 list_code="", **usual)  # fmt: skip
    zone.refused(error, targets.remove_gate, who, NOW, gate_id=1, **usual)


@pytest.mark.parametrize("line, n", [
    (Line("", "", "", op="?", kind="?"), 4),
    (Line("a", "b", "c", op="range", value=Decimal(2)), 1),
    (Line("a", "b", "c", op="range", value=Decimal(3), value_to=Decimal(2)), 1),
    (Line("a", "b", "长" * 201), 1),
])  # fmt: skip
def test_every_fault_of_a_row_is_named(zone: World, line: Line, n: int) -> None:
    plan = zone.row(tables.plan, name=GOVERNING).id
    codes = zone.refused(
        Malformed, targets.put_line, "triage", NOW, plan_id=plan, line=line, expected_version=None
    )
    assert len(codes) == n


def test_renaming_a_plan_takes_its_rows_along(zone: World) -> None:
    plan = zone.row(tables.plan, name=PEOPLE)
    head = Head("民生实事", 2024, WHOLE, behind_points=Decimal(5), far_points=Decimal(20))
    zone.do(targets.change_plan, "chief", NOW, plan_id=plan.id, head=head, expected_version=1)
    assert len(zone.rows(tables.target, plan="民生实事")) == 49
    wrong = Head("民生实事", 2024, WHOLE, behind_points=Decimal(30), far_points=Decimal(20))
    assert zone.refused(
        Malformed, targets.change_plan, "chief", NOW, plan_id=plan.id, head=wrong,
        expected_version=2,
    ) == ["points"]  # fmt: skip


def test_monthly_tasks_replace_month_by_twelve(zone: World) -> None:
    plan = zone.row(tables.plan, name=GOVERNING).id
    usual: dict[str, Any] = {"plan_id": plan, "expected_version": None, "level": "市重大项目",
                             "metric": "年度列统投资"}  # fmt: skip
    zone.do(targets.set_shares, "triage", NOW, shares={3: Decimal(10), 6: Decimal(45)}, **usual)
    made = shown(zone, GOVERNING)
    due = {c.metric: [made.due(c, f"2024-{n:02d}") for n in (2, 3, 5, 7)]
           for c in made.columns_of("市重大项目")}  # fmt: skip
    assert due["年度列统投资"] == [0, 10, 10, 45]
    assert due["竣工项目数"] == [Decimal(x) for x in ("16.67", "25.00", "41.67", "58.33")]
    falling = {3: Decimal(10), 6: Decimal(5)}
    zone.refused(Malformed, targets.set_shares, "triage", NOW, shares=falling, **usual)


def test_gates_are_put_and_removed(zone: World) -> None:
    plan = made_plan(zone)
    gate = Gate("区重点产业项目", "上半年开工率", 6, "start_rate", "district", Decimal(80))
    usual: dict[str, Any] = {"plan_id": plan, "expected_version": None}
    zone.do(targets.put_gate, "triage", NOW, gate=gate, **usual)
    zone.do(targets.put_gate, "triage", NOW, gate=gate, **usual)  # the same again is one gate
    row = zone.row(tables.plan_gate, plan_id=plan)
    count = Gate("x", "y", 13, "completed", "district", Decimal(80))
    zone.refused(Malformed, targets.put_gate, "triage", NOW, gate=count, **usual)
    zone.do(targets.remove_gate, "triage", NOW, gate_id=row.id, **usual)
    assert zone.rows(tables.plan_gate, plan_id=plan) == []


# ---------------------------------------------------------------- importing


def table(text: str) -> Table:
    return read_bytes("t.csv", text.encode(), target_import.NAMES, target_import.NEEDED)


HEADER = "plan,level,region,metric,unit,value,op,kind,year,source,note\n"


def test_the_shipped_file_imports_as_it_was_loaded(zone: World) -> None:
    shipped_table = read_table(DATA / "seed_targets.csv", target_import.NAMES, target_import.NEEDED)
    found = zone.do(lambda s, *, actor, now: target_import.preview(s, shipped_table, actor=actor),
                    "triage", NOW)  # fmt: skip
    assert (found.count("new"), found.count("changed"), found.count("unchanged")) == (0, 0, 260)
    assert len(found.checks[GOVERNING]) == 20
    assert all(check.agrees for check in found.checks[GOVERNING])


def test_an_import_is_previewed_then_taken_whole_and_a_repeat_does_nothing(zone: World) -> None:
    text = (
        HEADER
        + f"新方案,区,{WHOLE},竣工项目数,个,5,=,target,2026,s,\n"
        + "新方案,区,横林镇,竣工项目数,个,,=,target,2026,s,\n"
    )
    first = table(text)
    found = zone.do(target_import.apply, "triage", NOW, table=from_text(
        first.text(), target_import.NAMES))  # fmt: skip
    assert found.count("new") == 2
    assert zone.row(tables.target, plan="新方案", region="横林镇").value is None
    assert zone.row(tables.plan, name="新方案").year == 2026
    again = zone.do(target_import.apply, "triage", NOW, table=first)
    assert again.count("unchanged") == 2


def test_every_fault_of_an_import_is_named_by_its_row_and_nothing_is_written(zone: World) -> None:
    text = (
        HEADER + f"甲,区,{WHOLE},a,个,x,=,target,2026,s,\n甲,区,{WHOLE},b,个,3-2,=,target,26,s,\n"
    )
    bad = table(
        text + f"甲,区,{WHOLE},c,个,1,=,target,2026,s,\n甲,区,{WHOLE},c,个,2,=,target,2026,s,\n"
    )
    before = zone.dump()
    with pytest.raises(Malformed) as refusal:
        zone.do(target_import.apply, "triage", NOW, table=bad)
    assert zone.dump() == before
    told = " ".join(str(reason) for reason in refusal.value.reasons)
    assert all(number in told for number in ("2", "3", "5"))
    zone.refused(NotAllowed, target_import.apply, "lucheng_head", NOW, table=table(HEADER))


def test_an_import_that_would_do_something_else_by_now_is_shown_again(zone: World) -> None:
    row = zone.row(tables.target, metric="新增托位", plan=PEOPLE)
    text = HEADER + f"{PEOPLE},常有善育,{WHOLE},新增托位,个,300,=,target,2024,{row.source},\n"
    changed = table(text)
    found = zone.do(lambda s, *, actor, now: target_import.preview(s, changed, actor=actor),
                    "triage", NOW)  # fmt: skip
    with zone.db.write() as s:
        s.execute(update(tables.target).where(tables.target.c.id == row.id).values(version=2))
    with pytest.raises(StaleVersion):
        zone.do(
            target_import.apply, "triage", NOW, table=changed, expect=target_import.digest(found)
        )
    zone.do(target_import.apply, "triage", NOW, table=changed)
    assert zone.row(tables.target, id=row.id).value == 300


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Malformed):
        read_bytes("t.pdf", b"%PDF", target_import.NAMES, target_import.NEEDED)
    with pytest.raises(Malformed, match="指标"):
        read_bytes("t.csv", b"plan,region,value\n", target_import.NAMES, target_import.NEEDED)


def test_another_note_changes_a_row_and_does_not_double_its_target(zone: World) -> None:
    text = "年度目标,,横林镇,投资,亿元,8,=,target,2026,自编,{note}\n"
    zone.do(target_import.apply, "triage", NOW, table=table(HEADER + text.format(note="")))
    noted = table(HEADER + text.format(note="含结转"))
    found = zone.do(target_import.apply, "triage", NOW, table=noted)
    assert [entry.change for entry in found.entries] == ["changed"]
    assert zone.row(tables.target, plan="年度目标").note == "含结转"
    twice = HEADER + text.format(note="项目：甲") + text.format(note="项目：乙")
    found = zone.do(target_import.apply, "triage", NOW, table=table(twice))
    assert [entry.change for entry in found.entries] == ["new", "new"], "the note tells them apart"


def test_the_whole_of_a_table_is_no_town_whatever_row_comes_first(zone: World) -> None:
    rows = (("横林镇", "8", "="), ("潞城街道", "5", "≤"), ("经开区", "13", "≤"))
    text = HEADER + "".join(
        f"年度目标,,{region},投资,亿元,{value},{op},,2026,自编,\n" for region, value, op in rows
    )
    found = zone.do(target_import.apply, "triage", NOW, table=table(text))
    (total,) = found.checks["年度目标"]
    assert (total.total, total.summed, total.how, total.agrees) == (13, 13, "at_most", True)
    assert zone.row(tables.plan, name="年度目标").whole == "经开区"


def test_a_year_is_written_with_four_plain_digits(zone: World) -> None:
    for year in ("²⁰²⁶", "0026", "20260"):
        text = HEADER + f"年度目标,,经开区,投资,亿元,8,=,target,{year},自编,\n"
        with pytest.raises(Malformed):
            zone.do(target_import.apply, "triage", NOW, table=table(text))
