"""A workbook's rows, unfolded in a process of its own with a limit on its memory.

The library holds a sheet's whole rectangle at once, and where memory is refused to it, it ends
the process. Here that is not the server's. Run by its path, as `PATH FILE [SHEET]`, it prints a
JSON line a row; nothing of the project is imported, so that it starts quickly.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

MAX_MEMORY_BYTES = 2 << 30
MAX_CPU_SECONDS = 300
_EXACT = 10**15  # spreadsheets keep fifteen digits


def cell_text(value: Any) -> str:
    """A cell as stable text, however the program that wrote it stores it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        # stored as a fraction of a day, which is rarely a whole second
        return (value + timedelta(microseconds=500_000)).replace(microsecond=0).isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number(value)
    return "" if value is None else str(value)


def _number(value: float) -> str:
    if abs(value) < _EXACT and value == int(value):
        return str(int(value))
    return format(value, ".15g")


def main(file: str, sheet: str | None) -> None:
    """Print a sheet's rows, the first visible one's by default, or what is wrong with it."""
    _limit()
    try:
        _print_rows(CalamineWorkbook.from_path(file), sheet)
    except (CalamineError, OSError, ValueError) as error:
        _say({"corrupt": str(error)})
    except BaseException as error:
        # the library's own panic is no Exception; anything else is not ours to catch
        if type(error).__name__ != "PanicException":
            raise
        _say({"corrupt": str(error)})


def _print_rows(book: CalamineWorkbook, wanted: str | None) -> None:
    visible = [m.name for m in book.sheets_metadata if m.visible == SheetVisibleEnum.Visible]
    name = visible[0] if wanted is None and visible else wanted
    if name not in book.sheet_names:
        _say({"sheets": visible})
        return
    found: CalamineSheet = book.get_sheet_by_name(str(name))
    for cells in found.iter_rows():
        _say([cell_text(cell) for cell in cells])
    _say({"end": True})


def _limit() -> None:
    with suppress(ImportError, OSError, ValueError):  # not every system knows these limits
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))


def _say(line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
