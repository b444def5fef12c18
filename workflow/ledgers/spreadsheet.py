"""Reading an xlsx workbook as rows of text, with bounds on what it may unfold to."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from config.i18n import gettext as _
from workflow.errors import Malformed
from workflow.ledgers import sheet_child
from workflow.ledgers.faults import unreadable
from workflow.ledgers.sheet_child import cell_text

__all__ = ["cell_text", "spreadsheet_records"]
MAX_FILE_BYTES = 64 << 20
MAX_UNPACKED_BYTES = 512 << 20
MAX_CELLS = 10_000_000
"""Height times width of a sheet: the library holds the whole rectangle in memory."""

_CHUNK = 1 << 20
_OVERLAP = 32
# any part may be a sheet, whatever its name; names may have a prefix, letters be small
_CELL = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,3})0*([0-9]{1,7})["']""")


def spreadsheet_records(file: Path, sheet: str | None) -> Iterator[tuple[int, list[str]]]:
    """Numbered rows of a workbook's sheet, the first visible one by default.

    Dates become ISO texts, whole numbers lose their `.0`, formulas give their last result.
    Raises `Malformed` for a file that is no workbook, is protected, or unfolds beyond the bounds.
    """
    _refuse_unsafe(file)
    for number, line in enumerate(_unfolded(file, sheet), 1):
        if isinstance(line, dict):
            _refuse_told(file, sheet, line)
            return
        yield number, line
    raise _too_large(file)


def _unfolded(file: Path, sheet: str | None) -> Iterator[Any]:
    """What the child prints, line by line. It ends with whoever reads them, at the latest.

    Where it ends without a last word it was ended for what it took.
    """
    name = () if sheet is None else (sheet,)
    command = (sys.executable, "-P", str(sheet_child.__file__), str(file.absolute()), *name)
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None and child.stderr is not None
        try:
            # a child that is ended may leave half a line behind
            yield from (json.loads(line) for line in child.stdout if line.endswith(b"\n"))
            fault = child.stderr.read()
            if child.wait() > 0 and b"MemoryError" not in fault:
                raise RuntimeError(fault.decode(errors="replace"))
        finally:
            child.kill()


def _refuse_told(file: Path, sheet: str | None, told: dict[str, Any]) -> None:
    if "corrupt" in told:
        raise _corrupt(file, str(told["corrupt"]))
    if "sheets" in told:
        raise unreadable(
            file,
            _("has no sheet {name}").format(name=sheet or ""),
            _("Use one of: {names}.").format(names=", ".join(told["sheets"])),
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
                    unpacked += _measure_part(file, part, unpacked)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _corrupt(file, str(error)) from error


def _measure_part(file: Path, part: IO[bytes], before: int) -> int:
    size = height = width = 0
    tail = b""
    while chunk := part.read(_CHUNK):
        size += len(chunk)
        if before + size > MAX_UNPACKED_BYTES:
            raise _too_large(file)
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
    for letter in letters.upper():
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
