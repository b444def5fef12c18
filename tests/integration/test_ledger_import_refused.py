"""Rows and files that an import refuses, each with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from config.faults import ConfigurationError
from models import tables
from tests.integration.test_ledger_import import (
    DISPATCH,
    GOOD,
    LATER,
    NOW,
    OFFICE,
    PROJECTS,
    READY,
    counts,
    faults,
    ledger,
    take,
)
from tests.world import World
from workflow.errors import Malformed, NotVisible
from workflow.ledgers.importer import import_ledger
from workflow.ledgers.mapping import parse_mapping

pytestmark = pytest.mark.one_database


@pytest.fixture
def world(world: World) -> World:
    """The zone with the projects that ledgers name."""
    return world.with_projects(*PROJECTS)


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
