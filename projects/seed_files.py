"""Reading the shipped tables: every cell checked, every fault named with file, row and remedy."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from config.i18n import gettext as _
from workflow.errors import Malformed, Reason

DATA = Path(__file__).resolve().parents[1] / "data"


@dataclass(slots=True)
class SeedFile:
    """A table with its rows by line number, and the faults found in it so far."""

    name: str
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    faults: list[Reason] = field(default_factory=list)

    def fault(self, line: int, column: str, message: str, remedy: str) -> None:
        """Note a fault in a cell; `line` counts from 1, the header included."""
        where = _("{file}, row {row}, column {column}: {message}").format(
            file=self.name, row=line, column=column, message=message
        )
        self.faults.append(Reason("seed_malformed", where, column, remedy))

    def refuse_faults(self) -> None:
        """Raise `Malformed` with every fault, if there is any."""
        if self.faults:
            raise Malformed(*self.faults)

    def needed(self, line: int, row: dict[str, str], column: str) -> str:
        """A text that must not be blank."""
        if not row[column]:
            self.fault(line, column, _("The cell is empty."), _("Fill it in."))
        return row[column]

    def number(self, line: int, column: str, text: str) -> Decimal | None:
        """An exact decimal; None for a blank cell, which means "not stated" and never zero."""
        if not text:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            message = _("{value} is not a number.").format(value=text)
            self.fault(line, column, message, _("Write digits with at most one decimal point."))
            return None
        return value


def read_seed(path: Path, columns: tuple[str, ...]) -> SeedFile:
    """Read a CSV in UTF-8, with or without a byte order mark. Raises `Malformed`."""
    found = SeedFile(path.name)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            _check_header(found, tuple(reader.fieldnames or ()), columns)
            for row in reader:
                _keep(found, reader.line_num, row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = _("{file} cannot be read: {error}").format(file=path.name, error=error)
        raise Malformed(
            Reason("seed_unreadable", message, remedy=_("Save it as CSV in UTF-8."))
        ) from error
    found.refuse_faults()
    return found


def _check_header(found: SeedFile, present: tuple[str, ...], columns: tuple[str, ...]) -> None:
    for column in columns:
        if column not in present:
            message = _("The column is missing.")
            found.fault(1, column, message, _("Add it to the first line."))
    found.refuse_faults()


def _keep(found: SeedFile, line: int, row: dict[str | None, str | None]) -> None:
    if None in row or None in row.values():
        message = _("The row has another number of cells than the header.")
        found.fault(line, "-", message, _("Check its commas and quotes."))
        return
    found.rows.append((line, {str(k): str(v).strip() for k, v in row.items()}))
