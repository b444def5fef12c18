"""What is wrong with a ledger or one of its rows, and what an import has done."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from workflow.errors import Malformed, Reason

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class RowFault:
    """One fault of one row: the column as the file names it, the value as it stands there."""

    row: int
    column: str
    value: str
    message: str
    remedy: str

    @classmethod
    def of(cls, row: int, column: str, value: str, reason: Reason) -> RowFault:
        """A fault from a reason; long values are cut."""
        shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
        return cls(row, column, shown, reason.message, reason.remedy)


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a row that differs from what was taken before."""

    row: int
    source_id: str
    issue_number: str
    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row that becomes an issue."""

    row: int
    source_id: str
    title: str


@dataclass(slots=True)
class ImportReport:
    """What an import did, in rows; with `written` False, what it would have done.

    `taken` are new issues, `unchanged` rows known as they are, `changed` rows that differ and were
    left alone, `updated` those that were applied. `held_back` are good rows that were not taken
    because others were refused. `first` shows the first few of the new ones. `digest` stands for
    all the differences; `undated` is an export that does not tell what its lines said then.
    """

    taken: int = 0
    unchanged: int = 0
    changed: int = 0
    updated: int = 0
    held_back: int = 0
    written: bool = False
    undated: bool = False
    digest: str = ""
    refused: list[RowFault] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    first: list[NewRow] = field(default_factory=list)

    @property
    def refused_rows(self) -> int:
        """How many rows have at least one fault."""
        return len({fault.row for fault in self.refused})


def unreadable(file: Path, message: str, remedy: str) -> Malformed:
    """The refusal of a whole file."""
    return Malformed(Reason("ledger_unreadable", f"{file.name}: {message}.", "file", remedy))
