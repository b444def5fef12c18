"""Cells of a workbook that is written row by row, without the library's detours.

Two thirds of the time of an export went into attributes and patterns that are the same for every
cell. And a text that begins and ends with the mark of formatted text is a text, too: the library
would take what somebody typed for markup.
"""

from __future__ import annotations

import re
from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from workflow.ledgers.columns import COLUMNS

_SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_x")
_LETTERS = tuple(xl_col_to_name(n) for n in range(len(COLUMNS)))


class PlainSheet(Worksheet):  # type: ignore[misc]
    """A sheet whose texts are texts. What it does not know is written as the library does."""

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        kind = type(cell).__name__
        if cell.format is None or kind not in ("String", "Number", "Datetime"):
            super()._write_cell(row, col, cell)
            return
        place = f'r="{_LETTERS[col]}{row + 1}" s="{cell.format._get_xf_index()}"'
        if kind != "String":
            self.fh.write(f"<c {place}><v>{cell.number:.16G}</v></c>")
            return
        text = cell.string
        if _SPECIAL.search(text):
            text = self._escape_data(self._escape_control_characters(text))
        keep = ' xml:space="preserve"' if text != text.strip() else ""
        self.fh.write(f'<c {place} t="inlineStr"><is><t{keep}>{text}</t></is></c>')
