"""Importing a ledger: everything or nothing, every bad row named, a repeat changes nothing."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import insert

from models import tables
from tests.statements import asked_of
from tests.world import World, at
from workflow.ledgers import importer
from workflow.ledgers.faults import ImportReport
from workflow.ledgers.import_store import savepoint
from workflow.ledgers.importer import import_ledger
from workflow.ledgers.mapping import Mapping, load_mapping, parse_mapping

EXAMPLES = Path(__file__).parents[2] / "examples"
NOW = at("2026-03-02 09:30")
LATER = at("2026-03-04 15:00")
OFFICE = {"report": "triage", "triage": "triage", "dispatch": "chief"}
PROJECTS = (
    "南瑞继保博瑞电力构网型储能系统项目",
    "中车大功率行星传动系统",
    "新誉高性能永磁材料",
    "长海玻纤及复合材料二期",
    "环太湖绿色涂料产业环保整治提升一期工程",
    "常宝高性能特材制品",
    "312国道快速化工程",
    "东方三新产业科创园",
    "电子科创港",
    "万洋众创城",
)
HEADERS = (
    "编号",
    "描述",
    "类别",
    "项目",
    "说明",
    "板块",
    "措施",
    "牵头",
    "配合",
    "核验",
    "限",
    "天",
    "完成",
    "标题",
)
MAPPING = """
source_system = "zone"
[columns]
source_id = "编号"
title = "标题"
description = "描述"
category = "类别"
project = "项目"
no_project_reason = "说明"
board = "板块"
measures = "措施"
lead = "牵头"
co_units = "配合"
verifier = "核验"
limit = "限"
days = "天"
deadline = "完成"
"""
GOOD = {"描述": "杆线未迁移", "类别": "杆线迁移", "说明": "片区", "板块": "潞城街道"}
READY = GOOD | {"措施": "协调迁移"}


@pytest.fixture
def world(world: World) -> World:
    """The zone with the projects that ledgers name."""
    return world.with_projects(*PROJECTS)


def mapping(rules: str = "") -> Mapping:
    """The mapping of these tests; `rules` are those of its import section."""
    return parse_mapping(f"{MAPPING}[import]\n{rules}\n")


DISPATCH = "dispatch = true"


def ledger(folder: Path, *rows: dict[str, str]) -> Path:
    """A ledger with these rows, numbered A-1, A-2, ... unless they say otherwise."""
    path = folder / "ledger.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, HEADERS)
        writer.writeheader()
        writer.writerows({"编号": f"A-{n}"} | row for n, row in enumerate(rows, 1))
    return path


def take(world: World, path: Path, rules: str = "", **options: Any) -> ImportReport:
    """Import with the office's people."""
    usual: dict[str, Any] = {"actors": OFFICE, "now": NOW}
    return import_ledger(world.db, path, mapping(rules), **(usual | options))


def faults(report: ImportReport) -> list[tuple[int, str]]:
    """Row and column of every fault."""
    assert all(f.message for f in report.refused)
    return [(f.row, f.column) for f in report.refused]


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    """Rows taken, unchanged, changed and updated."""
    return report.taken, report.unchanged, report.changed, report.updated


# ---------------------------------------------------------------- taking


def test_the_sample_ledger_is_imported_and_handed_over(world: World) -> None:
    sample = load_mapping(EXAMPLES / "bureau_ledger.toml")
    path = EXAMPLES / "bureau_ledger.csv"
    report = import_ledger(world.db, path, sample, actors=OFFICE, now=NOW)
    assert counts(report) == (12, 0, 0, 0)
    assert report.written
    assert [i.state for i in world.rows(tables.issue)].count("dispatched") == 11
    first = world.row(tables.issue, source_id="YS-001")
    task = world.row(tables.task, issue_id=first.id)
    assert (first.source_system, first.title) == (
        "zone-ledger",
        "10千伏杆线影响厂房施工（演示数据）",
    )
    assert (world.lead_of(task.number), task.limit_class, task.measures) == (
        "zjj",
        "complex",
        "协调产权单位制定迁移方案并完成迁移",
    )
    assert task.due_at == at("2026-03-23 17:30")
    assert world.row(
        tables.task, issue_id=world.row(tables.issue, source_id="YS-012").id
    ).due_at == at("2030-06-28 17:30")
    assert world.row(tables.issue, source_id="YS-009").state == "reported"
    again = import_ledger(world.db, path, sample, actors=OFFICE, now=LATER)
    assert counts(again) == (0, 12, 0, 0)


def test_a_repeat_changes_not_one_row(world: World, tmp_path: Path) -> None:
    path = ledger(tmp_path, READY | {"完成": "2026-03-03"}, GOOD)
    take(world, path, DISPATCH)
    before = world.dump()
    report = take(world, path, DISPATCH, now=LATER, update=True)  # the deadline is past by now
    assert counts(report) == (0, 2, 0, 0)
    assert world.dump() == before


def test_rows_are_only_reported_unless_the_mapping_says_more(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, READY))
    (issue,) = world.rows(tables.issue)
    assert (issue.state, issue.found_on.isoformat()) == ("reported", "2026-03-02")
    assert world.rows(tables.task) == []


def test_a_plan_waits_for_the_chief(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, READY | {"天": "9", "配合": "供电公司"}), "plan = true")
    (issue,), (task,) = world.rows(tables.issue), world.rows(tables.task)
    assert (issue.state, task.dispatched_at, task.limit_n) == ("triaging", None, 9)
    assert task.co_unit_count == 1


def test_each_step_is_its_own_persons(world: World, tmp_path: Path) -> None:
    people = {"report": "lucheng_reporter", "triage": "triage2", "dispatch": "chief"}
    take(world, ledger(tmp_path, READY), DISPATCH, actors=people)
    (issue,) = world.rows(tables.issue)
    who = {e.tag: e.actor_id for e in world.events(issue.number)}
    assert who["issue.report"] == world.people["lucheng_reporter"]
    assert who["issue.plan_task"] == world.people["triage2"]
    assert who["issue.dispatch"] == world.people["chief"]


def test_a_ledger_without_titles_gets_them_from_the_description(
    world: World, tmp_path: Path
) -> None:
    take(world, ledger(tmp_path, GOOD | {"描述": "一" * 80 + "\n第二行"}))
    (issue,) = world.rows(tables.issue)
    assert issue.title == "一" * 59 + "…"


def test_the_time_of_day_of_a_deadline_is_kept(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, READY | {"完成": "2026-03-20 12:00"}), DISPATCH)
    (task,) = world.rows(tables.task)
    assert task.due_at == at("2026-03-20 12:00")


# ---------------------------------------------------------------- rehearsing, many rows


def test_a_dry_run_tells_everything_and_writes_nothing(world: World, tmp_path: Path) -> None:
    before = world.dump()
    report = take(world, ledger(tmp_path, READY, GOOD | {"类别": "天气"}), DISPATCH, dry_run=True)
    assert (counts(report), faults(report)) == ((1, 0, 0, 0), [(3, "类别")])
    assert not report.written
    assert world.dump() == before


@pytest.mark.parametrize("partial", [False, True])
def test_batches_make_no_difference(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, partial: bool
) -> None:
    monkeypatch.setattr(importer, "BATCH", 2)
    told: list[int] = []
    path = ledger(tmp_path, *[GOOD] * 5, GOOD | {"类别": "天气"}, GOOD, GOOD | {"编号": "A-1"})
    report = take(world, path, partial=partial, progress=told.append)
    assert told == [2, 4, 6, 8]
    assert faults(report) == [(2, "编号"), (7, "类别"), (9, "编号")]
    assert (report.taken, report.held_back) == ((5, 0) if partial else (0, 5))
    assert len(world.rows(tables.issue)) == report.taken


def test_a_repeat_asks_the_database_once_a_batch(world: World, tmp_path: Path) -> None:
    def statements(rows: int) -> int:
        path = ledger(tmp_path, *[GOOD] * rows)
        take(world, path)
        with asked_of(world.db) as sent:
            assert take(world, path).unchanged == rows
        return len(sent)

    assert statements(3) == statements(40)


def test_a_workbook_is_imported_like_a_csv(world: World, tmp_path: Path) -> None:
    path = tmp_path / "ledger.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["重点项目问题台账"])
    sheet.write_row(1, 0, HEADERS)
    for column, text in (READY | {"天": 9}).items():
        sheet.write(2, HEADERS.index(column), text)
    sheet.write(2, 0, 1)
    book.close()
    report = import_ledger(
        world.db,
        path,
        parse_mapping(f"header_row = 2\n{MAPPING}[import]\ndispatch = true\n"),
        actors=OFFICE,
        now=NOW,
    )
    assert counts(report) == (1, 0, 0, 0)
    assert world.row(tables.issue).source_id == "1"
    assert world.row(tables.task).limit_n == 9


def test_a_savepoint_takes_back_rows_and_what_was_noted(world: World) -> None:
    with world.db.write() as s:
        s.memo["counted"] = [1]
        with pytest.raises(ValueError, match="no"), savepoint(s):
            s.execute(insert(tables.project).values(name="月球基地"))
            s.memo["counted"].append(2)
            s.memo["new"] = True
            raise ValueError("no")
        assert s.memo == {"counted": [1]}
        s.execute(insert(tables.project).values(name="火星基地"))
    assert "月球基地" not in (names := [p.name for p in world.rows(tables.project)])
    assert "火星基地" in names
