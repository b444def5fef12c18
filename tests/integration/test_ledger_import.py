"""Importing a ledger: everything or nothing, every bad row named, a repeat changes nothing."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import event, insert

from config.faults import ConfigurationError
from models import tables
from models.db import Database
from tests.world import World, at, found_zone
from workflow.commands import assignment
from workflow.commands.breakdown import Plan, plan_task
from workflow.errors import Malformed, NotVisible
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
def world(database: Database) -> World:
    """The zone with the projects that ledgers name."""
    with database.write() as s:
        found = found_zone(s)
        s.execute(insert(tables.project), [{"name": name} for name in PROJECTS])
    return found


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


# ---------------------------------------------------------------- refusing

BAD: tuple[tuple[dict[str, str], tuple[str, ...]], ...] = (
    ({"类别": "天气"}, ("类别",)),
    ({"类别": ""}, ("类别",)),
    ({"描述": ""}, ("描述",)),
    ({"说明": ""}, ("项目",)),
    ({"项目": "月球基地"}, ("项目",)),
    ({"板块": "建设局"}, ("板块",)),
    ({"牵头": "气象局"}, ("牵头",)),
    ({"配合": "供电公司、气象局"}, ("配合",)),
    ({"核验": "气象局"}, ("核验",)),
    ({"限": "forever"}, ("限",)),
    ({"天": "很多"}, ("天",)),
    ({"完成": "尽快"}, ("完成",)),
    ({"完成": "2026-03-01"}, ("完成",)),
    ({"标题": "长" * 201}, ("标题",)),
    ({"描述": "甲\x0b乙"}, ("描述",)),
    ({"编号": ""}, ("编号",)),
    ({"牵头": "建设局", "核验": "建设局"}, ("核验",)),
    ({"类别": "天气", "描述": "", "牵头": "气象局"}, ("描述", "类别", "牵头")),
)


@pytest.mark.parametrize(("change", "columns"), BAD, ids=[",".join(c) for c, _columns in BAD])
def test_a_bad_row_is_refused_with_its_columns_and_leaves_no_trace(
    world: World, tmp_path: Path, change: dict[str, str], columns: Sequence[str]
) -> None:
    before = world.dump()
    report = take(world, ledger(tmp_path, READY, READY | change), DISPATCH)
    assert [c for _row, c in faults(report)] == list(columns)
    assert {row for row, _column in faults(report)} == {3}
    assert (counts(report), report.held_back, report.written) == ((0, 0, 0, 0), 1, False)
    assert all(f.remedy for f in report.refused)
    assert world.dump() == before


def test_faults_say_what_stands_in_the_cell(world: World, tmp_path: Path) -> None:
    (fault,) = take(world, ledger(tmp_path, GOOD | {"类别": "天气"})).refused
    assert (fault.row, fault.column, fault.value) == (2, "类别", "天气")
    assert "杆线迁移" in fault.remedy


def test_good_rows_are_taken_where_that_is_wished(world: World, tmp_path: Path) -> None:
    path = ledger(tmp_path, READY, READY | {"类别": "天气"}, READY | {"核验": "建设局"}, READY)
    report = take(world, path, DISPATCH, partial=True)
    assert (counts(report), faults(report)) == ((2, 0, 0, 0), [(3, "类别"), (4, "核验")])
    assert [i.source_id for i in world.rows(tables.issue)] == ["A-1", "A-4"]
    assert len(world.rows(tables.task)) == len(world.rows(tables.imported_row)) == 2
    mended = ledger(tmp_path, READY, READY, READY, READY)
    assert counts(take(world, mended, DISPATCH, now=LATER)) == (2, 2, 0, 0)


def test_rows_that_share_an_id_are_all_refused_naming_each_other(
    world: World, tmp_path: Path
) -> None:
    path = ledger(tmp_path, GOOD, GOOD, GOOD | {"编号": "A-1"})
    report = take(world, path, partial=True)
    assert (report.taken, faults(report)) == (1, [(2, "编号"), (4, "编号")])
    assert "4" in report.refused[0].message
    assert "2" in report.refused[1].message


def test_of_two_changed_rows_with_one_id_neither_is_applied_nor_offered(
    world: World, tmp_path: Path
) -> None:
    take(world, ledger(tmp_path, GOOD))
    before = world.dump()
    changed = [GOOD | {"编号": "A-1", "描述": text} for text in ("改一", "改二")]
    report = take(world, ledger(tmp_path, *changed), partial=True, update=True, now=LATER)
    assert (report.updated, report.differences) == (0, [])
    assert faults(report) == [(2, "编号"), (3, "编号")]
    assert world.dump() == before


def test_a_row_with_a_stray_separator_is_refused_alone(world: World, tmp_path: Path) -> None:
    path = tmp_path / "stray.csv"
    path.write_text("编号,描述,类别,说明\n1,甲,其他,片区\n2,甲,乙,其他,片区\n", encoding="utf-8")
    plain = parse_mapping(
        "source_system='z'\n[columns]\nsource_id='编号'\ndescription='描述'\ncategory='类别'\n"
        "no_project_reason='说明'\n"
    )
    report = import_ledger(world.db, path, plain, actors=OFFICE, now=NOW, partial=True)
    assert (report.taken, faults(report)) == (1, [(3, "")])


def test_wrong_roles_refuse_the_row_and_undo_its_first_steps(world: World, tmp_path: Path) -> None:
    before = world.dump()
    report = take(world, ledger(tmp_path, READY), DISPATCH, actors={"report": "triage"})
    assert faults(report) == [(2, "")]
    assert "office_chief" in report.refused[0].remedy
    assert world.dump() == before
    report = take(world, ledger(tmp_path, READY, GOOD), partial=True, actors={"report": "auditor"})
    assert (report.taken, len(report.refused)) == (0, 2)


def test_an_unknown_person_imports_nothing(world: World, tmp_path: Path) -> None:
    with pytest.raises(NotVisible, match="nobody"):
        take(world, ledger(tmp_path, GOOD), actors={"report": "nobody"})


def test_a_mapping_that_does_not_fit_imports_nothing(world: World, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("编号,别的\n1,2\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="描述"):
        take(world, path)


def test_an_unreadable_file_imports_nothing(world: World, tmp_path: Path) -> None:
    with pytest.raises(Malformed):
        take(world, tmp_path / "nowhere.csv")


@pytest.mark.parametrize("partial", [False, True])
def test_a_file_that_breaks_off_is_a_fault_after_its_last_row(
    world: World, tmp_path: Path, partial: bool
) -> None:
    path = ledger(tmp_path, GOOD, GOOD)
    with path.open("a", encoding="utf-8") as stream:
        stream.write('A-3,"描述没有结束\n')
    report = take(world, path, partial=partial)
    assert faults(report) == [(4, "")]
    assert len(world.rows(tables.issue)) == (2 if partial else 0)


def test_a_headers_only_ledger_takes_nothing(world: World, tmp_path: Path) -> None:
    assert counts(take(world, ledger(tmp_path))) == (0, 0, 0, 0)


def test_an_id_that_is_in_use_elsewhere_is_refused(world: World, tmp_path: Path) -> None:
    world.reported(NOW, source_system="zone", source_id="A-1")
    report = take(world, ledger(tmp_path, GOOD, GOOD), partial=True)
    assert (report.taken, faults(report)) == (1, [(2, "编号")])


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
        seen: list[str] = []
        listener = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(world.db.engine, "before_cursor_execute", listener)
        assert take(world, path).unchanged == rows
        event.remove(world.db.engine, "before_cursor_execute", listener)
        return len(seen)

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


# ---------------------------------------------------------------- changed rows


def test_a_changed_row_is_shown_and_left_alone(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, GOOD, GOOD))
    before = world.dump()
    report = take(world, ledger(tmp_path, GOOD | {"描述": "已变"}, GOOD), now=LATER)
    assert counts(report) == (0, 1, 1, 0)
    (difference,) = report.differences
    assert (difference.row, difference.source_id, difference.field) == (2, "A-1", "description")
    assert (difference.old, difference.new) == ("杆线未迁移", "已变")
    assert difference.issue_number == world.row(tables.issue, source_id="A-1").number
    assert world.dump() == before


def test_a_report_is_corrected_with_its_old_text_in_history(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, GOOD))
    changed = ledger(tmp_path, GOOD | {"描述": "已变", "类别": "用地"})
    assert counts(take(world, changed, update=True, now=LATER)) == (0, 0, 0, 1)
    (issue,) = world.rows(tables.issue)
    assert (issue.description, issue.category) == ("已变", "用地")
    (edit,) = world.events(issue.number, "issue.edit")
    assert edit.data["old"] == {"description": "杆线未迁移", "category": "杆线迁移"}
    assert counts(take(world, changed, update=True, now=LATER)) == (0, 1, 0, 0)


def test_a_planned_task_is_planned_anew(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, READY), "plan = true")
    changed = ledger(tmp_path, READY | {"措施": "改走地下", "天": "5"})
    assert counts(take(world, changed, "plan = true", update=True, now=LATER)) == (0, 0, 0, 1)
    old, new = world.rows(tables.task)
    assert (old.state, new.state, new.measures, new.limit_n) == (
        "withdrawn",
        "pending_ack",
        "改走地下",
        5,
    )
    world.do(assignment.dispatch, "chief", LATER, issue=world.row(tables.issue).number)
    assert world.task(new.number).dispatched_at == LATER


def test_after_the_dispatch_the_four_fields_change_by_request_and_ruling(
    world: World, tmp_path: Path
) -> None:
    take(world, ledger(tmp_path, READY), DISPATCH)
    changed = ledger(
        tmp_path,
        READY
        | {
            "描述": "范围扩大",
            "措施": "改走地下",
            "完成": "2026-04-10",
        },
    )
    assert take(world, changed, DISPATCH, update=True, now=LATER).updated == 0  # not the chief's
    ruled = OFFICE | {"dispatch": "director"}
    report = take(world, changed, DISPATCH, update=True, now=LATER, actors=ruled)
    assert counts(report) == (0, 0, 0, 1)
    (task,) = world.rows(tables.task)
    assert (task.problem, task.measures, task.due_at, task.deadline_version) == (
        "范围扩大",
        "改走地下",
        at("2026-04-10 17:30"),
        2,
    )
    (request,) = world.rows(tables.request)
    assert (request.asked_by_id, request.ruled_by_id, request.state) == (
        world.people["triage"],
        world.people["director"],
        "granted",
    )


def test_another_lead_unit_gets_a_task_of_its_own(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, READY), DISPATCH)
    changed = ledger(tmp_path, READY | {"牵头": "潞城街道"})
    take(world, changed, DISPATCH, update=True, now=LATER)
    old, new = world.rows(tables.task)
    assert (old.state, new.predecessor_id, world.lead_of(new.number)) == (
        "withdrawn",
        old.id,
        "lucheng",
    )


def test_nobody_asks_and_rules_alone(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, READY), DISPATCH)
    before = world.dump()
    changed = ledger(tmp_path, READY | {"措施": "改走地下"})
    for alone in ("triage", "chief"):
        report = take(world, changed, DISPATCH, update=True, now=LATER, actors={"report": alone})
        assert faults(report) == [(2, "")]
        assert world.dump() == before


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"类别": "用地"}, "类别"),
        ({"配合": "供电公司"}, "配合"),
        ({"天": "9"}, "天"),
        ({"措施": ""}, "措施"),
        ({"完成": "2026-03-03"}, "完成"),
        ({"牵头": "气象局"}, "牵头"),
    ],
)
def test_what_cannot_change_after_the_dispatch_is_refused(
    world: World, tmp_path: Path, change: dict[str, str], column: str
) -> None:
    take(world, ledger(tmp_path, READY), DISPATCH)
    before = world.dump()
    report = take(world, ledger(tmp_path, READY | change), DISPATCH, update=True, now=LATER)
    assert faults(report) == [(2, column)]
    assert report.refused[0].remedy
    assert world.dump() == before


def test_fields_that_no_correction_reaches_are_refused(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, GOOD))
    report = take(world, ledger(tmp_path, GOOD | {"板块": "丁堰街道"}), update=True)
    assert faults(report) == [(2, "板块")]


def test_a_closed_issue_stays_as_it_was_struck_off(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, READY), DISPATCH)
    (task,) = world.rows(tables.task)
    for step in (world.acknowledge, world.submit, world.verify):
        step(task.number, LATER)
    world.approve(world.row(tables.issue).number, LATER)
    before = world.dump()
    changed = ledger(tmp_path, READY | {"描述": "已变"})
    report = take(world, changed, DISPATCH, update=True, now=LATER)
    assert faults(report) == [(2, "描述")]
    assert world.row(tables.issue).number in report.refused[0].message
    assert world.dump() == before


def test_an_issue_of_several_tasks_is_left_to_people(world: World, tmp_path: Path) -> None:
    take(world, ledger(tmp_path, READY), DISPATCH)
    number = world.row(tables.issue).number
    world.do(plan_task, "triage", LATER, issue=number, form=Plan("另一项"))
    changed = ledger(tmp_path, READY | {"措施": "改走地下"})
    assert faults(take(world, changed, DISPATCH, update=True, now=LATER)) == [(2, "")]


def test_a_bad_change_is_refused_even_when_changes_are_only_shown(
    world: World, tmp_path: Path
) -> None:
    take(world, ledger(tmp_path, GOOD))
    report = take(world, ledger(tmp_path, GOOD | {"类别": "天气"}), now=LATER)
    assert (faults(report), counts(report)) == ([(2, "类别")], (0, 0, 0, 0))
    assert len(report.differences) == 1
