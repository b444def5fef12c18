"""Reading workbooks, those that do harm among them."""

from __future__ import annotations

import subprocess
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.unit.test_ledger_reader import LEDGER, refusal, save, table, workbook
from workflow.ledgers import sheet_child, spreadsheet
from workflow.ledgers.reader import read_ledger

# ---------------------------------------------------------------- xlsx


def test_cells_become_stable_texts(tmp_path: Path) -> None:
    cells = [
        3,
        3.5,
        101001246379,
        True,
        date(2026, 3, 2),
        datetime.fromisoformat("2026-03-02 09:29:59.999700"),
        "  文字 ",
        "=1+1",
        None,
    ]
    headers = [f"列{n}" for n in range(len(cells))]
    ledger = read_ledger(workbook(tmp_path, ("台账", [headers, cells])))
    assert table(ledger) == [
        [
            "3",
            "3.5",
            "101001246379",
            "true",
            "2026-03-02",
            "2026-03-02 09:30:00",
            "  文字 ",
            "0",
            "",
        ]
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (1e300, "1e+300"),
        (-2.0, "-2"),
        (time(9, 30), "09:30:00"),
        (timedelta(hours=30), "1 day, 6:00:00"),
        (False, "false"),
        (None, ""),
    ],
)
def test_unusual_cells_are_texts_too(value: Any, text: str) -> None:
    assert spreadsheet.cell_text(value) == text


def test_rows_of_a_workbook_are_numbered_as_it_shows_them(tmp_path: Path) -> None:
    path = workbook(tmp_path, ("台账", [[], ["编号", "问题"], [], [1, "甲"]]))
    (row,) = read_ledger(path).rows
    assert (row.number, row.values) == (4, {"编号": "1", "问题": "甲"})


def test_the_first_visible_sheet_is_read_unless_one_is_named(tmp_path: Path) -> None:
    path = workbook(tmp_path, ("一月", [["编号"], [1]]), ("二月", [["编号"], [2]]))
    assert table(read_ledger(path)) == [["1"]]
    assert table(read_ledger(path, sheet="二月")) == [["2"]]
    assert "三月" in refusal(path, sheet="三月")


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    refusal(workbook(tmp_path, ("台账", [])))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        LEDGER.encode(),
        b"PK\x03\x04 cut off",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 64,
    ],
)
def test_a_file_that_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    refusal(save(tmp_path, content, "ledger.xlsx"))


def test_a_zip_without_a_workbook_in_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    refusal(path)


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, ("台账", [["编号", "问题"], [1, "甲"]]))
    content = bytearray(path.read_bytes())
    for position in range(200, len(content), 97):
        content[position] ^= 0xFF
    refusal(save(tmp_path, bytes(content), "damaged.xlsx"))


def test_a_workbook_that_unfolds_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheet, "MAX_UNPACKED_BYTES", 1 << 20)
    path = workbook(tmp_path, ("台账", [["编号"], [1]]))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/bomb.xml", b"0" * (8 << 20))
    refusal(path)


def test_a_cell_at_the_far_corner_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "ledger.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write(0, 0, "编号")
    sheet.write(1_048_575, 16_383, "x")
    book.close()
    refusal(path)


def test_a_workbook_of_too_many_bytes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheet, "MAX_FILE_BYTES", 100)
    refusal(workbook(tmp_path, ("台账", [["编号"], [1]])))


# ---------------------------------------------------------------- workbooks that do harm

FAR = {
    "elsewhere": b'<c r="XFD1048576"><v>1</v></c>',
    "small letters": b'<c r="xfd1048576"><v>1</v></c>',
    "blanks": b'<c r = "XFD1048576"><v>1</v></c>',
    "zeros": b'<c r="XFD0001048576"><v>1</v></c>',
}


def disguised(folder: Path, place: str, corner: bytes) -> Path:
    """A workbook whose sheet lies under any name and reaches to a far corner."""
    plain = workbook(folder, ("台账", [["编号"], [1]]))
    path = folder / "disguised.xlsx"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                rows = b'<row r="1048576">' + corner + b"</row></sheetData>"
                name, content = f"xl/{place}", content.replace(b"</sheetData>", rows)
            elif name == "xl/_rels/workbook.xml.rels":
                content = content.replace(b"worksheets/sheet1.xml", place.encode())
            new.writestr(name, content)
    return path


@pytest.mark.parametrize("corner", FAR.values(), ids=FAR)
def test_a_far_corner_is_refused_wherever_the_sheet_lies(tmp_path: Path, corner: bytes) -> None:
    refusal(disguised(tmp_path, "sheets/sheet1.xml", corner))


def test_a_corner_that_nobody_sees_coming_ends_no_process_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheet, "_extent", lambda *_: (0, 0))
    refusal(disguised(tmp_path, "sheets/sheet1.xml", FAR["elsewhere"]))


def test_places_that_are_only_implied_count_as_well(tmp_path: Path) -> None:
    wide = b"<row>" + b"<c><v>1</v></c>" * 16_000 + b"</row>"
    content = b"</row>" + b"<row/>" * 900_000 + wide + b"<row>"
    refusal(disguised(tmp_path, "sheets/sheet1.xml", content))


def test_nothing_goes_on_when_only_the_beginning_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    begin = subprocess.Popen

    def noted(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(begin(*args, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", noted)
    path = workbook(tmp_path, ("台账", [["编号"], *([n] for n in range(20_000))]))
    rows = spreadsheet.spreadsheet_records(path, None)
    assert next(rows) == (1, ["编号"])
    del rows
    assert [child.poll() is None for child in started] == [False]


def test_a_fault_of_our_own_is_not_blamed_on_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_child, "__file__", str(save(tmp_path, "1 / 0", "child.py")))
    path = workbook(tmp_path, ("台账", [["编号"]]))
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        list(spreadsheet.spreadsheet_records(path, None))
