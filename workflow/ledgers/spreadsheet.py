"""Reading an xlsx workbook as rows of text, with bounds on what it may unfold to."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from config.i18n import gettext as _
from workflow.errors import Malformed
from workflow.ledgers.faults import unreadable

MAX_FILE_BYTES = 64 << 20
MAX_UNPACKED_BYTES = 512 << 20
MAX_CELLS = 10_000_000
"""Height times width of a sheet: the library holds the whole rectangle in memory."""

_CHUNK = 1 << 20
_OVERLAP = 32
_CELL = re.compile(rb"""\sr=["']([A-Z]{0,3})([0-9]{1,7})["']""")
_EXACT = 10**15  # spreadsheets keep fifteen digits


def spreadsheet_records(file: Path, sheet: str | None) -> Iterator[tuple[int, list[str]]]:
    """Numbered rows of a workbook's sheet, the first visible one by default.

    Dates become ISO texts, whole numbers lose their `.0`, formulas give their last result.
    Raises `Malformed` for a file that is no workbook, is protected, or unfolds beyond the bounds.
    """
    _refuse_unsafe(file)
    for number, cells in enumerate(_sheet(file, sheet).iter_rows(), 1):
        yield number, [cell_text(cell) for cell in cells]


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


def _sheet(file: Path, name: str | None) -> CalamineSheet:
    try:
        book = CalamineWorkbook.from_path(str(file))
        return book.get_sheet_by_name(_sheet_name(file, book, name))
    except (CalamineError, OSError, ValueError) as error:
        raise _corrupt(file, str(error)) from error
    except BaseException as error:
        # the library's own panic is no Exception; anything else is not ours to catch
        if type(error).__name__ != "PanicException":
            raise
        raise _corrupt(file, str(error)) from error


def _sheet_name(file: Path, book: CalamineWorkbook, wanted: str | None) -> str:
    names = [m.name for m in book.sheets_metadata if m.visible == SheetVisibleEnum.Visible]
    if wanted is None and names:
        return names[0]
    if wanted in book.sheet_names:
        return str(wanted)
    raise unreadable(
        file,
        _("has no sheet {name}").format(name=wanted or ""),
        _("Use one of: {names}.").format(names=", ".join(names)),
    )


def _refuse_unsafe(file: Path) -> None:
    try:
        with file.open("rb") as stream:
            _refuse_foreign(file, stream.read(4))
            if file.stat().st_size > MAX_FILE_BYTES:
                raise _too_large(file)
            _measure(file, stream)
    except OSError as error:
        raise unreadable(
            file,
            _("cannot be opened: {detail}").format(detail=error.strerror or error),
            _("Check the file's name and its permissions."),
        ) from error


def _refuse_foreign(file: Path, magic: bytes) -> None:
    if magic == b"\xd0\xcf\x11\xe0":
        raise unreadable(
            file,
            _("is an old or a protected workbook"),
            _("Remove the password and save it as xlsx."),
        )
    if not magic.startswith(b"PK"):
        raise _corrupt(file, _("no workbook"))


def _measure(file: Path, stream: IO[bytes]) -> None:
    """Unpack everything once, counting: declared sizes can lie."""
    unpacked = 0
    try:
        with zipfile.ZipFile(stream) as archive:
            for member in archive.infolist():
                with archive.open(member) as part:
                    unpacked += _measure_part(file, part, member.filename, unpacked)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _corrupt(file, str(error)) from error


def _measure_part(file: Path, part: IO[bytes], name: str, before: int) -> int:
    size = height = width = 0
    tail = b""
    while chunk := part.read(_CHUNK):
        size += len(chunk)
        if before + size > MAX_UNPACKED_BYTES:
            raise _too_large(file)
        if name.startswith("xl/worksheets/"):
            height, width = _extent(tail + chunk, height, width)
            tail = chunk[-_OVERLAP:]
            if height * width > MAX_CELLS:
                raise _too_large(file)
    return size


def _extent(text: bytes, height: int, width: int) -> tuple[int, int]:
    for letters, digits in set(_CELL.findall(text)):
        height = max(height, int(digits))
        width = max(width, _column(letters))
    return height, width


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _corrupt(file: Path, detail: str) -> Malformed:
    return unreadable(
        file,
        _("is not a readable xlsx workbook ({detail})").format(detail=detail[:200]),
        _("Open it in a spreadsheet program and save it again as xlsx."),
    )


def _too_large(file: Path) -> Malformed:
    return unreadable(
        file,
        _("is larger than a workbook of this kind may be"),
        _("Remove empty rows and columns, split it, or save it as CSV (UTF-8)."),
    )
