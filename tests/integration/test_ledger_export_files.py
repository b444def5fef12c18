"""Exports of many rows, and files that execute nothing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.integration.test_ledger_export import (
    EVIL,
    HEADINGS,
    LATER,
    NOW,
    export,
    lines,
    numbers,
    rows,
)
from tests.statements import asked_of
from tests.world import World, at
from workflow.commands import discovery, supervision
from workflow.commands.breakdown import Plan
from workflow.errors import Malformed
from workflow.ledgers import listing, sheets
from workflow.ledgers.columns import COLUMNS
from workflow.ledgers.exporter import export_ledger
from workflow.ledgers.inert import bare, inert
from workflow.ledgers.reader import read_ledger
from workflow.ledgers.spreadsheet import spreadsheet_records


@pytest.fixture
def world(world: World) -> World:
    """The zone with one project."""
    return world.with_projects("电子科创港")


# ---------------------------------------------------------------- many rows


def test_paging_leaves_nobody_out(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported = [world.reported(NOW) for _n in range(5)]
    monkeypatch.setattr(listing, "PAGE", 2)
    assert numbers(lines(world, tmp_path)) == reported


def test_more_rows_ask_no_more_of_the_database(world: World, tmp_path: Path) -> None:
    def statements() -> int:
        with asked_of(world.db) as sent:
            export(world, tmp_path)
        return len(sent)

    world.acknowledged(NOW, plans=[Plan("一", co_units=("gdgs",))])
    export(world, tmp_path)  # what is cached is cached now
    few = statements()
    for _n in range(8):
        case = world.acknowledged(NOW, plans=[Plan("一", co_units=("gdgs",)), Plan("二")])
        world.do(supervision.progress, "zjj_liaison", NOW, task=case.task, text="进场")
    assert statements() == few


def test_the_caller_hears_how_far_it_is(world: World, tmp_path: Path) -> None:
    world.reported(NOW)
    told: list[int] = []
    export(world, tmp_path, progress=told.append)
    assert told == [1]


# ---------------------------------------------------------------- files


def sheet_of(path: Path) -> Any:
    """The only sheet of a workbook."""
    book = openpyxl.load_workbook(path)
    (sheet,) = book.worksheets
    return sheet


def test_a_workbook_has_frozen_headings_filters_dates_and_coloured_lights(
    world: World, tmp_path: Path
) -> None:
    world.acknowledged(NOW)
    world.closed(NOW, then=LATER)
    sheet = sheet_of(export(world, tmp_path, "xlsx", now=at("2026-03-25 10:00")))
    headings = [cell.value for cell in sheet[1]]
    assert headings[:20] == HEADINGS
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == f"A1:{sheet.cell(1, len(COLUMNS)).column_letter}3"
    red, grey = (sheet.cell(n, headings.index("Light") + 1) for n in (2, 3))
    assert (red.value, red.fill.fgColor.rgb) == ("red", "FFFF6B6B")
    assert (grey.value, grey.fill.fgColor.rgb) == ("grey", "FFD0D0D0")
    due = sheet.cell(2, headings.index("Deadline") + 1)
    assert (due.value, due.number_format) == (
        datetime.fromisoformat("2026-03-23 17:30"),
        "yyyy-mm-dd hh:mm",
    )
    assert sheet.cell(2, headings.index("Found on") + 1).value == datetime.fromisoformat(
        "2026-03-02"
    )
    assert sheet.cell(2, 1).value == 1


def test_a_workbook_never_runs_what_a_user_typed(world: World, tmp_path: Path) -> None:
    number = world.reported(
        NOW, title=EVIL, description="http://example.org\n+1", source_id="@x", source_system="-1"
    )
    world.do(discovery.edit, "triage", NOW, issue=number, description="{=1+1}")
    sheet = sheet_of(export(world, tmp_path, "xlsx"))
    values = {cell.value: cell for cell in sheet[2]}
    assert {EVIL, "{=1+1}", "-1:@x"} <= set(values)
    assert all(cell.data_type in ("s", "n", "d") for cell in sheet[2])
    assert all(cell.hyperlink is None for cell in sheet[2])


@pytest.mark.parametrize(
    "text",
    [
        "<r><t>x</t></r>",
        "<r>&</r>",
        'a & <b> "c" ]]>',
        "_x0041_ 与 _x",
        "甲\n乙\t丙\r丁",
        "12",
    ],
)
def test_a_workbook_tells_texts_as_they_are(world: World, tmp_path: Path, text: str) -> None:
    world.reported(NOW, title=text, description=f"{text}\n{text}")
    path = export(world, tmp_path, "xlsx")
    ((_number, headings), (_second, cells)) = spreadsheet_records(path, None)
    line = dict(zip(headings, cells, strict=True))
    assert (line["Title"], line["Problem"]) == (text, f"{text}\n{text}")


@pytest.mark.parametrize("text", [EVIL, "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_csv_is_inert_for_spreadsheet_programs(text: str) -> None:
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "甲=1", "1+1", "'甲", " 丙"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert inert(text) == text


@pytest.mark.parametrize("text", ["", "'", "甲", "=1", "'=1", "''=1", "'甲", "-1", "'\n=1"])
def test_what_was_made_inert_is_read_back_as_it_was(text: str) -> None:
    assert bare(inert(text)) == text


def test_formulas_in_an_exported_csv_come_back_as_texts(world: World, tmp_path: Path) -> None:
    world.reported(NOW, title=EVIL, description='@SUM(1)\n第二行,"引"')
    path = export(world, tmp_path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    (row,) = rows(path)
    assert (row["Title"], row["Problem"]) == (f"'{EVIL}", '\'@SUM(1)\n第二行,"引"')
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(list(row.values()))
    assert all(cell.data_type != "f" for cell in book.active[1])


def test_an_empty_ledger_has_its_headings(world: World, tmp_path: Path) -> None:
    assert export_ledger(world.db, "chief", tmp_path / "a.csv", "csv", now=NOW) == 0
    sheet = sheet_of(export(world, tmp_path, "xlsx"))
    assert (sheet.max_row, sheet.cell(1, 2).value) == (1, "Number")


def test_another_format_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="xlsx, csv"):
        export_ledger(world.db, "chief", tmp_path / "a.pdf", "pdf", now=NOW)


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
def test_a_place_that_cannot_be_written_is_refused(world: World, tmp_path: Path, fmt: str) -> None:
    with pytest.raises(Malformed):
        export_ledger(world.db, "chief", tmp_path / "nowhere" / f"a.{fmt}", fmt, now=NOW)


def test_a_failed_export_leaves_the_old_file(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.reported(NOW)
    path = export(world, tmp_path, "xlsx")
    before = path.read_bytes()
    monkeypatch.setattr(sheets, "MAX_SHEET_ROWS", 0)
    with pytest.raises(Malformed):
        export(world, tmp_path, "xlsx")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if "ledger" in p.name] == ["ledger.xlsx"]


def test_an_export_can_be_imported_as_a_ledger(world: World, tmp_path: Path) -> None:
    world.dispatched(NOW)
    csv_rows = [r.values for r in read_ledger(export(world, tmp_path)).rows]
    xlsx_rows = [r.values for r in read_ledger(export(world, tmp_path, "xlsx")).rows]
    assert csv_rows[0] | {"Deadline": ""} == xlsx_rows[0] | {"Deadline": ""}
    assert xlsx_rows[0]["Deadline"] == "2026-03-23 17:30:00"
