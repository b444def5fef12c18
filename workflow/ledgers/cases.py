"""Rows of a historical ledger as a replay needs them: what happened, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from config.faults import ConfigurationError, Fault
from config.i18n import gettext as _
from workflow.errors import Reason
from workflow.ledgers.faults import RowFault
from workflow.ledgers.mapping import Mapping
from workflow.ledgers.reader import Row

_MOMENTS = ("opened", "target", "closed")


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a historical ledger. Moments are aware; `target` and `closed` may be missing.

    `verdict` is the ledger's own judgement, as it stands there.
    """

    row: int
    number: str
    opened: datetime
    target: datetime | None
    closed: datetime | None
    title: str
    description: str
    category: str
    unit: str
    board: str
    verdict: str


def read_cases(path: Path | str, mapping: Mapping) -> Iterator[Case | RowFault]:
    """The cases of a ledger in the order of the file; a `RowFault` for each fault of a bad row.

    Raises `Malformed` for an unreadable file and `ConfigurationError` for a mapping without
    `[replay]` or with headers that the file lacks.
    """
    if mapping.replay is None:
        raise ConfigurationError(
            [Fault(mapping._file, "replay", _("is missing"), _("add this key"))]
        )
    ledger = mapping.open(path)
    mapping.check(ledger.headers, "replay")
    return _cases(ledger.rows, mapping)


def _cases(rows: Iterator[Row], mapping: Mapping) -> Iterator[Case | RowFault]:
    for row in rows:
        found, faults = _case(row, mapping)
        yield from faults
        if found is not None:
            yield found


def _case(row: Row, mapping: Mapping) -> tuple[Case | None, list[RowFault]]:
    texts = {f: mapping.text(row, f, "replay").strip() for f in Case.__slots__ if f != "row"}
    faults = [] if row.fault is None else [RowFault.of(row.number, "", "", row.fault)]
    moments: dict[str, datetime | None] = {}
    for field in _MOMENTS:
        try:
            moments[field] = mapping.moment(texts[field]) if texts[field] else None
        except ValueError:
            faults.append(
                _fault(
                    row, mapping, field, _("{value} is not a date.").format(value=texts[field][:40])
                )
            )
    faults += [
        _fault(row, mapping, field, _("The cell is empty."))
        for field in ("number", "opened")
        if not texts[field]
    ]
    opened = moments.get("opened")
    if faults or opened is None:
        return None, faults
    return _built(row, texts, opened, moments), []


def _built(
    row: Row, texts: dict[str, str], opened: datetime, moments: dict[str, datetime | None]
) -> Case:
    plain = {f: t for f, t in texts.items() if f not in _MOMENTS}
    return Case(
        row=row.number, opened=opened, target=moments["target"], closed=moments["closed"], **plain
    )


def _fault(row: Row, mapping: Mapping, field: str, message: str) -> RowFault:
    reason = Reason("case_malformed", message, field, _("Correct the cell."))
    return case_fault(mapping, row.number, mapping.raw(row, field, "replay"), reason)


def case_fault(mapping: Mapping, row: int, value: str, reason: Reason) -> RowFault:
    """A fault of a row by number, under the column's name in the file; `value` as it stands."""
    column = " + ".join(mapping.headers(reason.field, "replay")) or reason.field
    return RowFault.of(row, column, value, reason)
