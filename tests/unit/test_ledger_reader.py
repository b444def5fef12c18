"""Ledgers as people really save them: encodings, separators, stray cells, broken workbooks."""

from __future__ import annotations

import csv
import io
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from workflow.errors import Malformed
from workflow.ledgers.reader import Ledger, count_rows, read_ledger

LEDGER = "编号,问题\n1,杆线未迁移\n2,用地未批复\n"


def save(folder: Path, content: str | bytes, name: str = "ledger.csv") -> Path:
    """A file with that content."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(folder: Path, *sheets: tuple[str, list[list[Any]]]) -> Path:
    """A workbook with these sheets; dates keep their type."""
    path = folder / "ledger.xlsx"
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd hh:mm:ss"})
    for name, rows in sheets:
        sheet = book.add_worksheet(name)
        for number, cells in enumerate(rows):
            sheet.write_row(number, 0, cells)
    book.close()
    return path


def table(ledger: Ledger) -> list[list[str]]:
    """Every row's cells under the headers."""
    return [[row.values[h] for h in ledger.headers] for row in ledger.rows]


def refusal(path: Path, **options: Any) -> str:
    """The message with which a file is refused, at once or on the way."""
    with pytest.raises(Malformed) as caught:
        list(read_ledger(path, **options).rows)
    (reason,) = caught.value.reasons
    assert reason.field == "file"
    assert reason.remedy
    assert path.name in reason.message
    return reason.message


# ---------------------------------------------------------------- CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_ledger_reads_the_same_in_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    ledger = read_ledger(save(tmp_path, LEDGER.encode(encoding)))
    assert ledger.headers == ["编号", "问题"]
    assert table(ledger) == [["1", "杆线未迁移"], ["2", "用地未批复"]]


@pytest.mark.parametrize("encoding", ["utf-16", "big5"])
def test_a_file_in_no_known_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    content = "編號,問題\n1,用地\n"
    assert "utf-8 / gb18030" in refusal(save(tmp_path, content.encode(encoding) + b"\xff"))


def test_the_encoding_can_be_given(tmp_path: Path) -> None:
    ledger = read_ledger(save(tmp_path, LEDGER.encode("utf-16")), encoding="utf-16")
    assert table(ledger)[0] == ["1", "杆线未迁移"]


def test_a_given_encoding_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, (LEDGER + "3,扬\n" * 20_000).encode("gb18030"))
    assert "utf-8" in refusal(path, encoding="utf-8")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_separator_is_found_in_the_headers(tmp_path: Path, delimiter: str) -> None:
    text = f'编号{delimiter}"问题,说明;其他\t等"{delimiter}备注\n1{delimiter}甲,乙;丙{delimiter}\n'
    if delimiter != "\t":
        text = f'编号{delimiter}"问题,;说明"{delimiter}备注\n1{delimiter}"甲,乙;丙"{delimiter}\n'
    ledger = read_ledger(save(tmp_path, text))
    assert len(ledger.headers) == 3
    assert ledger.headers[0] == "编号"


def test_a_single_column_needs_no_separator(tmp_path: Path) -> None:
    assert table(read_ledger(save(tmp_path, "问题\n杆线\n"))) == [["杆线"]]


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    text = '\n编号,问题\n\n1,"第一行\n第二行，含""引号"""\n,\n2,乙\n'
    rows = list(read_ledger(save(tmp_path, text)).rows)
    assert [(row.number, row.values["问题"]) for row in rows] == [
        (4, '第一行\n第二行，含"引号"'),
        (6, "乙"),
    ]


def test_columns_without_headers_and_content_are_left_out(tmp_path: Path) -> None:
    ledger = read_ledger(save(tmp_path, "编号,,问题,,\n1,x,甲,,\n2,,乙\n3\n"))
    assert ledger.headers == ["编号", "问题"]
    assert table(ledger) == [["1", "甲"], ["2", "乙"], ["3", ""]]


def test_line_breaks_and_blanks_in_headers_do_not_matter(tmp_path: Path) -> None:
    ledger = read_ledger(save(tmp_path, '" 责任\n 单位 ",编号\n1,2\n'))
    assert ledger.headers == ["责任 单位", "编号"]


def test_a_repeated_header_is_refused_by_name(tmp_path: Path) -> None:
    assert "问题" in refusal(save(tmp_path, "编号,问题,问题\n1,a,b\n"))


def test_too_many_cells_are_the_fault_of_their_row_alone(tmp_path: Path) -> None:
    first, second = read_ledger(save(tmp_path, "编号,问题\n1,甲,乙\n2,丙\n")).rows
    assert first.fault is not None
    assert "3" in first.fault.message
    assert second.fault is None


@pytest.mark.parametrize("content", ["", "\n\n", " , ,\n", "\ufeff"])
def test_a_file_without_headers_is_refused(tmp_path: Path, content: str) -> None:
    refusal(save(tmp_path, content))


def test_headers_alone_are_a_ledger_without_rows(tmp_path: Path) -> None:
    assert table(read_ledger(save(tmp_path, "编号,问题"))) == []


def test_the_row_of_headers_can_be_named(tmp_path: Path) -> None:
    path = save(tmp_path, "问题清单,,\n编号,问题,备注\n1,甲,\n")
    assert read_ledger(path, header_row=2).headers == ["编号", "问题", "备注"]
    refusal(path, header_row=9)


def test_an_open_quote_is_refused_with_its_row(tmp_path: Path) -> None:
    assert "4" in refusal(save(tmp_path, '编号,问题\n1,甲\n2,乙\n3,"丙\n4,丁\n'))


def test_a_csv_that_is_really_a_workbook_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, ("台账", [["编号"], [1]]))
    refusal(path.rename(tmp_path / "ledger.csv"))


@pytest.mark.parametrize("name", ["ledger.pdf", "ledger", "ledger.xls"])
def test_other_kinds_of_files_are_refused(tmp_path: Path, name: str) -> None:
    refusal(save(tmp_path, LEDGER, name))


@pytest.mark.parametrize("name", ["nowhere.csv", "nowhere.xlsx"])
def test_a_missing_file_is_refused(tmp_path: Path, name: str) -> None:
    refusal(tmp_path / name)


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    refusal(folder)


def test_rows_are_counted_without_the_blank_ones(tmp_path: Path) -> None:
    assert count_rows(save(tmp_path, "编号\n1\n\n2\n")) == 2


def test_the_length_of_a_csv_costs_no_memory(tmp_path: Path) -> None:
    path = save(tmp_path, "编号,问题\n" + "1,杆线未迁移影响施工\n" * 100_000)
    tracemalloc.start()
    assert sum(1 for _row in read_ledger(path).rows) == 100_000
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


PLAIN = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.tuples(PLAIN, st.text("a,;\"'\n\t"))))
def test_what_a_program_wrote_is_read_back(rows: list[tuple[str, str]]) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([("编号", "问题"), *rows])
    found = _read_text(stream.getvalue())
    assert found == [list(row) for row in rows if any(c.strip() for c in row)]


def _read_text(text: str) -> list[list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        return table(read_ledger(save(Path(folder), text)))
