"""Reading a ledger, CSV or xlsx, as rows of plain text.

A CSV is streamed, so that its length costs no memory. Rows are numbered as a spreadsheet shows
them: the first row of the file is 1, blank rows count, a line break inside quotes does not.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from config.i18n import gettext as _
from workflow.errors import Malformed, Reason
from workflow.ledgers.faults import unreadable
from workflow.ledgers.inert import bare
from workflow.ledgers.spreadsheet import spreadsheet_records

DELIMITERS = (",", ";", "\t")
ENCODINGS = ("utf-8", "gb18030")
_CHUNK = 1 << 16
_HEAD_CHARS = 1 << 16
_FILLING = " ,;\t\r\n\ufeff"
_BINARY = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

Record = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its number in the file; `fault` says why it cannot be trusted."""

    number: int
    values: dict[str, str]
    fault: Reason | None = None


@dataclass(slots=True)
class Ledger:
    """The headers of a ledger and its rows, which can be read once."""

    headers: list[str]
    rows: Iterator[Row] = field(default_factory=lambda: iter(()))


def bared(rows: Iterator[Row]) -> Iterator[Row]:
    """Rows of a CSV that this program has written, its texts as they were."""
    for row in rows:
        yield Row(row.number, {header: bare(t) for header, t in row.values.items()}, row.fault)


def read_ledger(
    path: Path | str,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
) -> Ledger:
    """Open a ledger. Encoding and delimiter of a CSV are found out unless they are given.

    `header_row` is the row with the headers, by default the first that is not blank. Raises
    `Malformed` here for a file that cannot be read as a table, and while the rows are read for
    one that breaks off in the middle.
    """
    file = Path(path)
    if file.suffix.lower() == ".xlsx":
        return _shaped(spreadsheet_records(file, sheet), file, header_row)
    if file.suffix.lower() == ".csv":
        return _shaped(_csv_records(file, encoding, delimiter), file, header_row)
    raise unreadable(
        file,
        _("is neither .csv nor .xlsx"),
        _("Save the ledger as CSV (UTF-8) or as xlsx."),
    )


def count_rows(
    path: Path | str,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
) -> int:
    """How many rows with content a ledger has; reads it once. Raises as `read_ledger` does."""
    ledger = read_ledger(
        path, encoding=encoding, delimiter=delimiter, sheet=sheet, header_row=header_row
    )
    return sum(1 for _row in ledger.rows)


def tidy(header: str) -> str:
    """A header as it is compared: without line breaks, doubled blanks and byte order mark."""
    return " ".join(header.replace("\ufeff", "").split())


# ---------------------------------------------------------------- the table in the records


def _shaped(records: Iterator[Record], file: Path, header_row: int | None) -> Ledger:
    headers = _headers(records, file, header_row)
    return Ledger([h for h in headers if h], _rows(records, headers))


def _headers(records: Iterable[Record], file: Path, header_row: int | None) -> list[str]:
    for number, cells in records:
        if (number == header_row) if header_row else any(c.strip() for c in cells):
            headers = _trimmed([tidy(c) for c in cells])
            _refuse_repeated(headers, file)
            if headers:
                return headers
    raise unreadable(file, _("has no row of headers"), _("Put the headers in the first row."))


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    return cells


def _refuse_repeated(headers: list[str], file: Path) -> None:
    repeated = sorted({h for h in headers if h and headers.count(h) > 1})
    if repeated:
        raise unreadable(
            file,
            _("has the same header twice: {names}").format(names=", ".join(repeated)),
            _("Give each column a header of its own."),
        )


def _rows(records: Iterable[Record], headers: list[str]) -> Iterator[Row]:
    for number, cells in records:
        if any(map(str.strip, cells)):
            yield Row(number, _values(headers, cells), _too_many(headers, cells))


def _values(headers: list[str], cells: list[str]) -> dict[str, str]:
    values = dict(zip_longest(headers, cells[: len(headers)], fillvalue=""))
    values.pop("", None)  # columns without a header
    return values


def _too_many(headers: list[str], cells: list[str]) -> Reason | None:
    extra = _trimmed(cells[len(headers) :]) if len(cells) > len(headers) else None
    if not extra:
        return None
    return Reason(
        "too_many_cells",
        _("The row has {n} cells under {m} headers.").format(
            n=len(headers) + len(extra), m=len(headers)
        ),
        remedy=_("Put cells that contain the separator in double quotes."),
    )


# ---------------------------------------------------------------- CSV


def _csv_records(file: Path, encoding: str | None, delimiter: str | None) -> Iterator[Record]:
    _refuse_binary(file)
    chosen = encoding or _encoding(file)
    if codecs.lookup(chosen).name == "utf-8":
        chosen = "utf-8-sig"  # leaves out the mark that some programs put in front
    separator = delimiter or _delimiter(file, chosen)
    with file.open(encoding=chosen, newline="") as stream:
        yield from _parsed(stream, separator, file)


def _parsed(stream: Iterable[str], delimiter: str, file: Path) -> Iterator[Record]:
    # strict: a quote that is never closed must not swallow the rest of the file in silence
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise unreadable(
                file,
                _("row {row} cannot be read: {detail}").format(row=number, detail=error),
                _("Look for a double quote that is not closed or not doubled."),
            ) from error
        except UnicodeDecodeError as error:
            raise _wrong_encoding(file, error.encoding) from error
        yield number, cells


def _refuse_binary(file: Path) -> None:
    if _first_bytes(file) in _BINARY:
        raise unreadable(
            file,
            _("is a spreadsheet, not a CSV"),
            _("Name it .xlsx, or save it as CSV (UTF-8)."),
        )


def _first_bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(4)
    except OSError as error:
        raise unreadable(
            file,
            _("cannot be opened: {detail}").format(detail=error.strerror),
            _("Check the file's name and its permissions."),
        ) from error


def _encoding(file: Path) -> str:
    for name in ENCODINGS:
        if _decodes(file, name):
            return name
    raise _wrong_encoding(file, " / ".join(ENCODINGS))


def _decodes(file: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _wrong_encoding(file: Path, encoding: str) -> Malformed:
    return unreadable(
        file,
        _("is not text in {encoding}").format(encoding=encoding),
        _("Save the ledger as CSV (UTF-8), or name its encoding in the mapping."),
    )


def _delimiter(file: Path, encoding: str) -> str:
    """The separator that gives the row of headers most cells; a comma where none does."""
    with file.open(encoding=encoding, newline="") as stream:
        try:
            head = stream.read(_HEAD_CHARS)
        except UnicodeDecodeError as error:
            raise _wrong_encoding(file, encoding) from error
    return max(DELIMITERS, key=lambda d: _width(head.splitlines(keepends=True), d))


def _width(lines: list[str], delimiter: str) -> int:
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        return next((len(cells) for cells in reader if any(c.strip(_FILLING) for c in cells)), 0)
    except csv.Error:
        return 0
