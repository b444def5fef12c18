"""Writing the changes of many works at once, by compare-and-swap on what was read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, update

from models import tables
from models.db import Session
from models.statements import Statement, insertion
from workflow.archived import refuse_archived
from workflow.case import Record
from workflow.conflicts import stale
from workflow.reaching import send
from workflow.source_news import tell_sources

if TYPE_CHECKING:
    from workflow.transition import Work

_EVENT = insertion(tables.event)
_DEADLINE = insertion(tables.deadline_version)
_FIRING = insertion(tables.rung_firing)
_PREPARED = insertion(tables.prepared_action, "decided_by_id", "decided_at", "document_id")
_NEW = {c.name: f"new_{c.name}" for table in (tables.issue, tables.task) for c in table.columns}
_UPDATES: dict[tuple[str, frozenset[str], bool], Statement] = {}


def flush(s: Session, works: list[Work]) -> None:
    """Write the changes of one or many works, one statement per kind of row.

    Every issue is written by compare-and-swap on the chain number that was read.
    """
    for work in works:
        refuse_archived(work.issue)
    _update_all(s, [task for w in works for task in w.tasks], None)
    _update_all(s, [w.issue for w in works], {id(w.issue): w.chain_seq for w in works})
    for statement, rows in (
        (_EVENT, [row for w in works for row in w.events]),
        (_DEADLINE, [row for w in works for row in w.deadlines]),
        (_FIRING, [row for w in works for row in w.firings]),
        (_PREPARED, [row for w in works for row in w.prepared]),
    ):
        if rows:
            statement.run(s, rows)
    intents = [intent for w in works for intent in w.intents]
    if intents:
        send(s, works[0].ctx, intents, works[0].now)
    tell_sources(s, works)


def _update_all(s: Session, records: list[Record], expected: dict[int, int] | None) -> None:
    grouped: dict[frozenset[str], list[Record]] = {}
    for record in records:
        if record.changed:
            grouped.setdefault(frozenset(record.changed), []).append(record)
    for names, group in grouped.items():
        rows = [_values(record, names, expected) for record in group]
        won = _update(group[0], names, expected is not None).run(s, rows)
        if won != len(group):
            raise stale(s, group[0], (expected or {}).get(id(group[0]), 0))
        for record in group:
            record.changed.clear()


def _values(
    record: Record, names: Iterable[str], expected: dict[int, int] | None
) -> dict[str, Any]:
    kept = record.values
    values = {_NEW[name]: kept[name] for name in names}
    values["row_id"] = kept["id"]
    if expected is not None:
        values["expected"] = expected[id(record)]
    return values


def _update(record: Record, names: frozenset[str], guarded: bool) -> Statement:
    key = (record.table.name, names, guarded)
    if key not in _UPDATES:
        table = record.table
        statement = update(table).where(table.c.id == bindparam("row_id"))
        if guarded:
            statement = statement.where(table.c.chain_seq == bindparam("expected"))
        _UPDATES[key] = Statement(
            statement.values({name: bindparam(f"new_{name}") for name in sorted(names)})
        )
    return _UPDATES[key]
