"""Writing the changes of many works at once, by compare-and-swap on what was read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from models import tables
from models.bulk import Insertion, change_of, writer
from models.db import Session
from models.statements import insertion
from models.writes import Writes
from notifications import outbox
from workflow.archived import refuse_archived
from workflow.case import Record
from workflow.conflicts import stale
from workflow.reaching import notices
from workflow.source_news import tell_sources

if TYPE_CHECKING:
    from workflow.transition import Work

EVENTS = Insertion(
    tables.event,
    (
        "stream", "seq", "task_id", "tag", "actor_id", "at", "logical_at", "data", "prev_hash",
        "hash",
    ),
)  # fmt: skip
_DEADLINE = insertion(tables.deadline_version)
_FIRING = insertion(tables.rung_firing)
_PREPARED = insertion(tables.prepared_action, "decided_by_id", "decided_at", "document_id")


def flush(s: Session, works: list[Work]) -> None:
    """Write the changes of one or many works, one statement per kind of row, sent together.

    Every issue is written by compare-and-swap on the chain number that was read.
    """
    for work in works:
        refuse_archived(work.issue)
    writes = Writes(s)
    tasks = [(task, 0) for w in works for task in w.tasks if task.changed]
    issues = [(w.issue, w.chain_seq) for w in works if w.issue.changed]
    _add_changes(s, writes, tasks, "")
    _add_changes(s, writes, issues, "chain_seq")
    _add_rows(s, writes, works)
    writes.send()
    for record, _seen in (*tasks, *issues):
        record.changed.clear()
    tell_sources(s, works)


def _add_changes(
    s: Session, writes: Writes, records: list[tuple[Record, int]], expected: str
) -> None:
    """Records of one table, those with the same columns changed by one statement."""
    grouped: dict[tuple[str, ...], list[tuple[Record, int]]] = {}
    for record, seen in records:
        grouped.setdefault(tuple(sorted(record.changed)), []).append((record, seen))
    for names, group in grouped.items():
        change = change_of(group[0][0].table, names, expected)
        rows = [
            change.bind(s, record.values, record.id, *([seen] if expected else ()))
            for record, seen in group
        ]
        writes.add(change.plain(s), rows, partial(stale, s, *group[0]))


def _add_rows(s: Session, writes: Writes, works: list[Work]) -> None:
    if events := [event for w in works for event in w.events]:
        writes.add(*EVENTS.bound(s, _event_rows(s, events)))
    for statement, rows in (
        (_DEADLINE, [row for w in works for row in w.deadlines]),
        (_FIRING, [row for w in works for row in w.firings]),
        (_PREPARED, [row for w in works for row in w.prepared]),
    ):
        if rows:
            writes.add(*statement.bound(s, rows))
    if intents := [intent for w in works for intent in w.intents]:
        told = notices(s, works[0].ctx, intents, works[0].now)
        writes.add(*outbox.NOTICES.bound(s, told))


def _event_rows(s: Session, events: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Events as `EVENTS` takes them; their data are spelled already."""
    write = writer(s.dialect, tables.event, "at")
    return [
        (
            e["stream"], e["seq"], e["task_id"], e["tag"], e["actor_id"], write(e["at"]),
            write(e["logical_at"]), e["spelled"], e["prev_hash"], e["hash"],
        )
        for e in events
    ]  # fmt: skip
