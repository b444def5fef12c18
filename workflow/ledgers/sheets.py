"""Writing ledger rows to a file, so that nothing a user typed is ever executed.

In xlsx every text is stored as a string, never as a formula or a link. In CSV a text that begins
with a character that spreadsheets take for a formula gets an apostrophe in front (OWASP, "CSV
injection"); a program that reads the CSV back has to take one leading apostrophe off.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter

from config.i18n import gettext as _
from workflow.errors import Malformed, Reason
from workflow.ledgers.cells import PlainSheet
from workflow.ledgers.columns import COLUMNS, Column
from workflow.ledgers.inert import inert
from workflow.ledgers.listing import LedgerRow

FILLS = {"red": "#FF6B6B", "yellow": "#FFE066", "green": "#8CD790", "grey": "#D0D0D0"}
MAX_SHEET_ROWS = 1_048_575
"""Rows of a sheet below its header; a spreadsheet program cannot hold more."""

_MAX_CELL = 32_767
_FORMATS = {"date": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm"}


class Writer(Protocol):
    """Takes the ledger's lines one by one."""

    def write(self, row: LedgerRow) -> None:
        """Append a line."""


class CsvWriter:
    """UTF-8 with byte order mark, so that spreadsheet programs show Chinese rightly."""

    def __init__(self, stream: Any) -> None:
        self._csv = csv.writer(stream, lineterminator="\r\n")
        self._csv.writerow([_(c.title) for c in COLUMNS])

    def write(self, row: LedgerRow) -> None:
        """Append a line."""
        self._csv.writerow([_plain(row.values.get(c.key)) for c in COLUMNS])


def _plain(value: Any) -> str | int:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return value
    return inert(value or "")


class XlsxWriter:
    """One sheet with frozen header, filters and coloured lights; rows go straight to disk."""

    def __init__(self, book: Any) -> None:
        self._sheet = book.add_worksheet(_("Issue ledger")[:31], PlainSheet)
        self._count = 0
        self._plain = book.add_format({"text_wrap": True, "valign": "top"})
        self._formats = {
            kind: book.add_format({"num_format": code, "valign": "top"})
            for kind, code in _FORMATS.items()
        }
        self._fills = {
            light: book.add_format({"bg_color": fill, "align": "center", "valign": "top"})
            for light, fill in FILLS.items()
        }
        self._head(
            book.add_format(
                {
                    "bold": True,
                    "text_wrap": True,
                    "align": "center",
                    "valign": "vcenter",
                    "bg_color": "#DCE6F1",
                    "bottom": 1,
                }
            )
        )

    def _head(self, style: Any) -> None:
        self._sheet.freeze_panes(1, 2)
        self._sheet.set_landscape()
        self._sheet.repeat_rows(0)
        self._sheet.fit_to_pages(1, 0)
        for index, column in enumerate(COLUMNS):
            self._sheet.set_column(index, index, column.width)
            self._sheet.write_string(0, index, _(column.title), style)

    def write(self, row: LedgerRow) -> None:
        """Append a line. Raises `Malformed` when the sheet is full."""
        self._count += 1
        if self._count > MAX_SHEET_ROWS:
            raise Malformed(
                Reason(
                    "sheet_full",
                    _("The ledger has more rows than a sheet can hold."),
                    "format",
                    _("Write it as CSV, or filter it."),
                )
            )
        for index, column in enumerate(COLUMNS):
            self._cell(index, column, row.values.get(column.key), row.light)

    def _cell(self, index: int, column: Column, value: Any, light: str) -> None:
        if value is None or value == "":  # a third of all cells, which nobody would see
            return
        if column.kind in _FORMATS:
            self._sheet.write_datetime(self._count, index, value, self._formats[column.kind])
        elif column.kind == "number":
            self._sheet.write_number(self._count, index, value, self._plain)
        else:
            style = self._fills[light] if column.kind == "light" else self._plain
            self._sheet.write_string(self._count, index, _fitting(value), style)

    def finish(self) -> None:
        """Put filters over what was written."""
        self._sheet.autofilter(0, 0, self._count, len(COLUMNS) - 1)


def _fitting(text: str) -> str:
    return text if len(text) <= _MAX_CELL else f"{text[: _MAX_CELL - 1]}…"


@contextmanager
def open_csv(path: Path) -> Iterator[Writer]:
    """A CSV file to be written."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        yield CsvWriter(stream)


@contextmanager
def open_xlsx(path: Path, created: datetime) -> Iterator[Writer]:
    """A workbook to be written. Times in it are wall times of the policy's zone."""
    book = xlsxwriter.Workbook(
        str(path),
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"created": created.replace(tzinfo=None), "title": _("Issue ledger")})
    writer = XlsxWriter(book)
    try:
        yield writer
        writer.finish()
    finally:
        book.close()
