"""Tables that people hand in, CSV or xlsx or pasted: rows with their numbers and known columns."""

from __future__ import annotations

import csv
import hashlib
import io
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.i18n import gettext as _
from projects.history import plain
from workflow.chain import canonical
from workflow.errors import Malformed, Reason
from workflow.ledgers.reader import read_ledger, tidy

MOST_ROWS = 5_000
MOST_BYTES = 5 << 20


@dataclass(slots=True)
class Table:
    """Rows by their number in the file, cells by column; blank cells are empty texts."""

    columns: tuple[str, ...]
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    def text(self) -> str:
        """The table as CSV: what a preview carries to the step that takes it.

        Rows keep their numbers in the first column, so that faults name the row of the file.
        """
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(("#", *self.columns))
        for number, row in self.rows:
            writer.writerow((number, *(row[name] for name in self.columns)))
        return out.getvalue()

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text().encode()).hexdigest()


def read_table(path: Path, names: Mapping[str, tuple[str, ...]], needed: tuple[str, ...]) -> Table:
    """Read a CSV (UTF-8 or GB 18030) or an xlsx. `names`: by column the headers it may have.

    Raises `Malformed` for a file that is no table, is too long, or lacks a needed column, and
    names every row that cannot be trusted.
    """
    ledger = read_ledger(path)
    known = {tidy(h): column for column, headers in names.items() for h in (column, *headers)}
    columns = {known[h]: h for h in ledger.headers if h in known}
    _refuse_missing([c for c in needed if c not in columns], names)
    table, faults = Table(tuple(names)), []
    for row in ledger.rows:
        if row.fault is not None:
            faults.append(row.fault)
        cells = {c: row.values.get(columns.get(c, ""), "").strip() for c in names}
        table.rows.append((row.number, cells))
        if len(table.rows) > MOST_ROWS:
            raise _too_long()
    if faults:
        raise Malformed(*faults)
    return table


def read_bytes(
    name: str, content: bytes, names: Mapping[str, tuple[str, ...]], needed: tuple[str, ...]
) -> Table:
    """As `read_table`, of a file that was sent under this name."""
    if len(content) > MOST_BYTES:
        raise _too_long()
    suffix = Path(name).suffix.lower()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{suffix if suffix in ('.csv', '.xlsx') else '.other'}"
        path.write_bytes(content)
        return read_table(path, names, needed)


def from_text(text: str, names: Mapping[str, tuple[str, ...]]) -> Table:
    """The table that `Table.text` has written. Raises `Malformed` for anything else."""
    columns = tuple(names)
    table = Table(columns)
    try:
        lines = list(csv.reader(io.StringIO(text), strict=True))
        if tuple(lines[0]) != ("#", *columns) or len(lines) > MOST_ROWS + 1:
            raise ValueError
        for number, *cells in lines[1:]:
            table.rows.append((int(number), dict(zip(columns, cells, strict=True))))
    except (ValueError, IndexError, csv.Error):
        message = _("The table is not the one that was shown.")
        raise Malformed(Reason("table", message, "table", _("Upload the file again."))) from None
    return table


def digest_of(rows: Iterable[Any]) -> str:
    """SHA-256 of what a table would do, row by row."""
    return hashlib.sha256(canonical(plain([list(row) for row in rows])).encode()).hexdigest()


def _refuse_missing(missing: list[str], names: Mapping[str, tuple[str, ...]]) -> None:
    if missing:
        wanted = ", ".join((*names[c], c)[0] for c in missing)
        message = _("Columns are missing: {names}.").format(names=wanted)
        raise Malformed(Reason("columns", message, "table", _("Add them to the first row.")))


def _too_long() -> Malformed:
    message = _("The table is too long.")
    remedy = _("Split it: at most {rows} rows and {mb} MB.").format(
        rows=MOST_ROWS, mb=MOST_BYTES >> 20
    )
    return Malformed(Reason("table_long", message, "table", remedy))
