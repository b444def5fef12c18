"""Ids that stand in a ledger more than once: nobody knows which row is meant, so none is taken."""

from __future__ import annotations

from collections.abc import Iterable

from workflow.errors import Malformed
from workflow.ledgers.decode import Decoder
from workflow.ledgers.reader import Row


def ids_of(rows: Iterable[Row], decode: Decoder) -> tuple[list[str], dict[str, list[int]]]:
    """Every id, and the row numbers of each that occurs twice or more.

    Read before any row is taken. A file that breaks off is looked at as far as it goes: the
    import itself reports the break.
    """
    first: dict[str, int] = {}
    repeated: dict[str, list[int]] = {}
    try:
        for row in rows:
            found = decode.identity(row) if row.fault is None else ""
            if found and first.setdefault(found, row.number) != row.number:
                repeated.setdefault(found, [first[found]]).append(row.number)
    except Malformed:
        pass
    return list(first), repeated


def other_row(repeated: dict[str, list[int]], source_id: str, row: int) -> int | None:
    """The first other row with the id, if there is one."""
    return next((number for number in repeated.get(source_id, ()) if number != row), None)
