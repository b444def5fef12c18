"""The zone from its sources: units, named projects, targets. Loaded from the shipped files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from config.i18n import language
from models import tables
from models.db import Database, Session
from projects.seed_files import DATA
from projects.seeds import Loaded, annex_totals, load_projects, load_targets, load_zone
from tests.world import FOUNDED
from workflow.errors import Malformed
from workflow.setup import install

GOVERNING_PLAN = "000_a502fd6c91fffced.txt"


@pytest.fixture
def zone(database: Database) -> Database:
    """A database with the units of the zone."""
    with database.write() as s:
        install(s, FOUNDED)
        load_zone(s, FOUNDED)
    return database


@pytest.fixture
def loaded(zone: Database) -> Database:
    """The same with projects and targets."""
    with zone.write() as s:
        load_projects(s)
        load_targets(s)
    return zone


def shipped(name: str) -> list[dict[str, str]]:
    """The rows of a shipped file, as they stand there."""
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def rows(db: Database, table: Any) -> list[Any]:
    """Every row of a table, in order."""
    with db.read() as s:
        return list(s.execute(select(table).order_by(table.c.id)))


def test_every_annex_total_equals_the_sum_of_its_rows(loaded: Database) -> None:
    with loaded.read() as s:
        totals = annex_totals(s, GOVERNING_PLAN)
    assert [total for total in totals if not total.agrees] == []
    assert len([total for total in totals if total.rows > 1]) == 19
    assert len(totals) == 20  # the twentieth has a single row


def test_the_grand_totals_are_those_of_the_document(loaded: Database) -> None:
    with loaded.read() as s:
        found = {(t.level, t.metric): t.total for t in annex_totals(s, GOVERNING_PLAN)}
    assert found["省重大项目", "年度列统投资"] == 40
    assert found["市重大项目", "年度列统投资"] == 52
    assert found["区重点产业项目", "年度列统投资"] == 160
    assert found["工业列统项目", "年度列统投资"] == 145
    assert found["工业列统项目", "列统工业项目数"] == 225


def test_every_target_of_the_file_stands_in_the_table(loaded: Database) -> None:
    stored = [(t.plan, t.level, t.region, t.metric, t.value) for t in rows(loaded, tables.target)]
    expected = [
        (t["plan"], t["level"], t["region"], t["metric"], Decimal(t["value"].split("-")[0]))
        for t in shipped("seed_targets.csv")
    ]
    assert stored == expected
    assert len(stored) == 260


def test_decimals_are_exact(loaded: Database) -> None:
    [found] = [
        t for t in rows(loaded, tables.target)
        if (t.region, t.metric, t.source) == ("遥观镇", "其中技改投资", GOVERNING_PLAN)
    ]  # fmt: skip
    assert found.value == Decimal("5.5")


def test_a_span_keeps_its_lower_end_and_its_text(loaded: Database) -> None:
    [found] = [t for t in rows(loaded, tables.target) if t.metric == "新增省市优质园"]
    assert (found.value, found.op, found.note) == (2, "range", "区间2-3")


def test_qishuyan_has_no_targets_at_all(loaded: Database) -> None:
    with loaded.read() as s:
        assert s.execute(select(tables.unit.c.id).where(tables.unit.c.code == "qishuyan")).first()
    assert [t for t in rows(loaded, tables.target) if "戚墅堰" in t.region] == []


def test_projects_belong_to_the_board_that_their_region_names(loaded: Database) -> None:
    boards = {unit.id: unit.name for unit in rows(loaded, tables.unit)}
    found = {p.name: boards.get(p.board_id) for p in rows(loaded, tables.project)}
    assert len(found) == 47
    assert found["中车大功率行星传动系统"] == "遥观镇"
    assert found["周刘家村特色田园乡村"] == "横山桥镇"
    assert found["观湖路"] is None  # 戚墅堰—遥观 is no single board
    assert found["理想汽车常州基地"] is None


def test_a_blank_amount_is_unknown_and_not_zero(loaded: Database) -> None:
    found = {p.name: p for p in rows(loaded, tables.project)}
    assert found["观湖路"].total_invest_yi is None
    assert found["长海玻纤及复合材料二期"].plan_year_invest_yi == 20
    assert [p.name for p in found.values() if p.plan_year_invest_yi == 0] == []


def test_every_source_is_described(loaded: Database) -> None:
    described = (DATA / "README.md").read_text(encoding="utf-8")
    sources = {row.source for table in (tables.project, tables.target)
               for row in rows(loaded, table)}  # fmt: skip
    assert len(sources) == 5
    assert [source for source in sources if f"`{source}`" not in described] == []


def test_the_units_are_those_of_the_zone(zone: Database) -> None:
    found = rows(zone, tables.unit)
    boards = [unit.name for unit in found if unit.is_board]
    assert boards == ["横林镇", "遥观镇", "横山桥镇", "潞城街道", "丁堰街道", "戚墅堰街道"]
    assert {u.code for u in found} >= {"jfj", "spj", "zjj", "zgj", "sthj", "czj", "dzb", "gdgs"}


def test_loading_again_changes_nothing(loaded: Database) -> None:
    before = [rows(loaded, table) for table in (tables.unit, tables.project, tables.target)]
    with loaded.write() as s:
        assert load_zone(s, FOUNDED) == Loaded(unchanged=15)
        assert load_projects(s) == Loaded(unchanged=47)
        assert load_targets(s) == Loaded(unchanged=260)
    after = [rows(loaded, table) for table in (tables.unit, tables.project, tables.target)]
    assert before == after


def test_a_corrected_file_corrects_the_row(loaded: Database, tmp_path: Path) -> None:
    text = (DATA / "seed_projects.csv").read_text(encoding="utf-8-sig")
    file = tmp_path / "projects.csv"
    file.write_text(text.replace("目标2024开工,,20,", "目标2024开工,,21.5,"), encoding="utf-8")
    with loaded.write() as s:
        assert load_projects(s, file) == Loaded(changed=1, unchanged=46)
    [found] = [p for p in rows(loaded, tables.project) if p.name == "长海玻纤及复合材料二期"]
    assert found.plan_year_invest_yi == Decimal("21.5")


Load = Callable[[Session, Path], Loaded]
UNITS = "code,name,name_en,kind,is_board\n"
PROJECTS = (
    "project,region,zone,project_level,stage_or_target,total_invest_yi,plan_year_invest_yi,"
    "attributes,source,note\n"
)
TARGETS = "plan,level,region,metric,unit,value,op,kind,year,source,note\n"


@pytest.mark.parametrize(
    ("load", "text", "told"),
    [
        (load_projects, PROJECTS + "甲,,,,,a few,,,s,\n", ("row 2", "total_invest_yi", "a few")),
        (load_projects, PROJECTS + "甲,,,,,NaN,,,s,\n", ("row 2", "total_invest_yi", "NaN")),
        (load_projects, PROJECTS + ",,,,,,,,s,\n", ("row 2", "project")),
        (load_projects, PROJECTS + "甲,,,,,,,,s,\n甲,,,,,,,,s,\n", ("row 3", "row 2")),
        (load_projects, PROJECTS + "甲,,,\n", ("row 2",)),
        (load_projects, "project,region\n甲,\n", ("row 1", "zone")),
        (load_targets, TARGETS + "p,l,r,m,个,1,=,target,2024,s,\np,,r,m,个,x,=,t,,s,\n",
         ("row 3", "value", "x")),
        (load_targets, TARGETS + "p,l,r,m,个,2-b,=,target,2024,s,\n", ("row 2", "value", "b")),
        (lambda s, path: load_zone(s, FOUNDED, path), UNITS + "x,某局,,office,maybe\n",
         ("row 2", "kind", "office", "is_board", "maybe")),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_file_and_row_and_nothing_is_written(
    zone: Database, tmp_path: Path, load: Load, text: str, told: tuple[str, ...]
) -> None:
    file = tmp_path / "seed.csv"
    file.write_text(text, encoding="utf-8")
    before = [rows(zone, table) for table in (tables.unit, tables.project, tables.target)]
    with language("en"), pytest.raises(Malformed) as caught, zone.write() as s:
        load(s, file)
    message = str(caught.value)
    assert [part for part in ("seed.csv", *told) if part not in message] == []
    assert before == [rows(zone, t) for t in (tables.unit, tables.project, tables.target)]


def test_a_file_that_is_not_utf8_is_refused(zone: Database, tmp_path: Path) -> None:
    file = tmp_path / "seed.csv"
    file.write_bytes((PROJECTS + "甲项目,,,,,,,,s,\n").encode("gb18030"))
    with pytest.raises(Malformed, match=r"seed\.csv"), zone.write() as s:
        load_projects(s, file)
