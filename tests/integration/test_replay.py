"""A historical ledger with bad rows: they are named and left out, and the rest is replayed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from cli.main import cli
from config.i18n import language
from models import tables
from models.db import Database
from tests.databases import sqlite_url
from workflow.errors import Malformed
from workflow.ledgers.mapping import Mapping, load_mapping
from workflow.replay import ReplayReport, replay

HEAD = "id,opened,due,done,title,kind,unit"
MAPPING = """
source_system = "old"
timezone = "Asia/Shanghai"

[columns]
source_id = "id"

[replay]
number = "id"
opened = "opened"
target = "due"
closed = "done"
title = "title"
category = "kind"
unit = "unit"

[defaults]
title = "旧案"
category = "其他"
unit = "建设局"

[policy.deadline]
allow_past = true
allow_open_ended = true
"""
GOOD = ("A1,2026-03-02 10:00,2026-03-11 17:30,2026-03-10 10:00,杆线,杆线迁移,建设局",
        "A2,2026-03-03 10:00,2026-03-12 17:30,2026-03-20 10:00,用地,用地,资规分局")  # fmt: skip


@pytest.fixture
def mapping(tmp_path: Path) -> Mapping:
    """A small ledger's mapping."""
    path = tmp_path / "old.toml"
    path.write_text(MAPPING, encoding="utf-8")
    return load_mapping(path)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Where the ledger goes."""
    return tmp_path / "old.csv"


def fill(ledger: Path, *rows: str) -> None:
    """Write a ledger; its first row has the number 2."""
    ledger.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")


def play(url: str, ledger: Path, mapping: Mapping) -> ReplayReport:
    """Replay into the database of that address."""
    db = Database(url)
    try:
        with language("en"):
            return replay(db, ledger, mapping)
    finally:
        db.close()


def told(report: ReplayReport) -> list[tuple[int, str, str]]:
    """Row, column and value of each fault."""
    return [(fault.row, fault.column, fault.value) for fault in report.faults]


def test_a_malformed_row_is_named_and_the_rest_is_replayed(
    db_url: str, ledger: Path, mapping: Mapping
) -> None:
    fill(ledger, GOOD[0], "A3,soon,2026-03-11,,x,其他,建设局", GOOD[1])
    report = play(db_url, ledger, mapping)
    assert report.verdicts == {"A1": "on_time", "A2": "overdue"}
    assert (report.cases, report.skipped) == (2, 1)
    (fault,) = report.faults
    assert (fault.row, fault.column, fault.value) == (3, "opened", "soon")
    assert (fault.message, fault.remedy) == ("soon is not a date.", "Correct the cell.")


def test_rows_of_one_number_are_all_left_out_because_nobody_knows_which_holds(
    db_url: str, ledger: Path, mapping: Mapping
) -> None:
    fill(ledger, GOOD[0], GOOD[1], GOOD[1])
    report = play(db_url, ledger, mapping)
    assert report.verdicts == {"A1": "on_time"}
    assert told(report) == [(3, "id", "A2"), (4, "id", "A2")]
    assert report.skipped == 2


def test_a_category_that_the_policy_does_not_know_is_a_fault_of_its_row(
    db_url: str, ledger: Path, mapping: Mapping
) -> None:
    fill(ledger, GOOD[0], "A3,2026-03-02,2026-03-11,,x,修路,建设局")
    report = play(db_url, ledger, mapping)
    assert report.verdicts == {"A1": "on_time"}
    assert told(report) == [(3, "kind", "修路")]
    assert "[values.category]" in report.faults[0].remedy


def test_a_row_that_the_commands_refuse_leaves_no_trace_and_stops_nobody(
    db_url: str, ledger: Path, mapping: Mapping
) -> None:
    long = "A" * 121  # a number that is longer than the database can keep
    fill(ledger, GOOD[0], f"{long},2026-03-02 11:00,2026-03-11,2026-03-12,x,其他,建设局", GOOD[1])
    report = play(db_url, ledger, mapping)
    assert report.verdicts == {"A1": "on_time", "A2": "overdue"}
    assert [(fault.row, fault.column) for fault in report.faults] == [(3, "source_id")]
    assert report.faults[0].remedy
    db = Database(db_url)
    with db.read() as s:
        assert s.execute(select(func.count()).select_from(tables.issue)).scalar_one() == 2
    db.close()


def test_each_step_is_told_once_although_a_transaction_is_begun_again(
    sqlite_db_url: str, ledger: Path, mapping: Mapping
) -> None:
    long = "A" * 121
    fill(ledger, GOOD[0], f"{long},2026-03-02 11:00,2026-03-11,2026-03-12,x,其他,建设局")
    steps: list[int] = []
    db = Database(sqlite_db_url)
    replay(db, ledger, mapping, progress=steps.append)
    db.close()
    assert sum(steps) == 4


def test_a_file_without_a_good_row_is_refused_before_anything_is_written(
    tmp_path: Path, ledger: Path, mapping: Mapping
) -> None:
    fill(ledger, "A3,soon,,,x,其他,建设局")
    with pytest.raises(Malformed) as refusal:
        play(sqlite_url(tmp_path / "none.db"), ledger, mapping)
    assert [reason.field for reason in refusal.value.reasons] == ["opened"]
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(("rows", "code", "skipped"), [(GOOD, 0, 0), ((*GOOD, "A3"), 1, 1)])
def test_the_command_ends_with_one_when_rows_were_left_out_and_writes_its_report(
    tmp_path: Path, ledger: Path, mapping: Mapping, rows: tuple[str, ...], code: int, skipped: int
) -> None:
    fill(ledger, *rows)
    out, rules = tmp_path / "report.json", tmp_path / "old.toml"
    words = ["replay", str(ledger), "--mapping", str(rules), "--out", str(out), "--lang", "en"]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == code, done.output
    report = json.loads(out.read_text(encoding="utf-8"))
    assert (report["cases"], report["skipped"]) == (2, skipped)
    assert {fault["row"] for fault in report["faults"]} == ({4} if skipped else set())
    assert all(fault["remedy"] for fault in report["faults"])
    assert ("Rows left out: 1" in done.stdout) == bool(skipped)
    assert ("Row 4, column" in done.stdout) == bool(skipped)
