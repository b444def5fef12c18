"""Proof that the history is whole: every chain is walked and compared with its head.

A chain that was moved into an archive is not missing: what stays of it is held against the ledger
and the system's own history (`workflow.archived`), the file itself by `xiaohao archive verify`.

`verify` finds an event that was edited, removed, inserted, reordered or cut off (the newest
included), and a state that no event explains. `anchor` writes the heads down, so that a copy kept
elsewhere also shows a history that was rewritten from its beginning.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, String, select, type_coerce

from config.workflow_definition import parse_workflow
from models import tables
from models.db import Session
from workflow import archived
from workflow.audit_documents import documents
from workflow.audit_lights import wrong_lights
from workflow.audit_report import AuditFault, AuditReport
from workflow.audit_rows import History, missing_triggers, rows_against_history
from workflow.chain import GENESIS, event_hash

PAGE = 5_000


@dataclass(slots=True)
class _Head:
    number: str
    seq: int
    hash: str


def verify(s: Session, anchored: dict[str, Any] | None = None) -> AuditReport:
    """Walk every chain. `anchored` is an earlier result of `anchor`, kept elsewhere."""
    heads, tags, elsewhere = _heads(s), _state_tags(s), archived.archived_streams(s)
    report = AuditReport(len(heads), 0, [])
    history = History(tags)
    seen: set[str] = set()
    for stream, events in _streams(s):
        seen.add(stream)
        report.events += len(events)
        report.faults += _walk(stream, events, heads.get(stream))
        report.faults += _against_anchor(stream, events, (anchored or {}).get(stream))
        for event in events:
            history.take(stream, event)
        report.faults += _twice(stream, events, elsewhere)
    report.faults += _gone(heads, seen | elsewhere.keys(), anchored or {})
    report.faults += archived.faults(s, elsewhere)
    report.faults += rows_against_history(s, history)
    report.faults += wrong_lights(s)
    report.faults += documents(s)
    report.faults += missing_triggers(s)
    return report


def _twice(stream: str, events: list[_Event], elsewhere: dict[str, Any]) -> list[AuditFault]:
    if stream not in elsewhere:
        return []
    detail = "events stand here, though its history was moved into an archive"
    return [AuditFault(stream, "", events[0].seq, events[0].id, "archive", detail)]


def _gone(heads: dict[str, _Head], seen: set[str], anchored: dict[str, Any]) -> list[AuditFault]:
    """Chains that have lost all their events, and anchored chains that are no more."""
    empty = [
        AuditFault(stream, head.number, 1, None, "truncated", f"events 1 to {head.seq} are gone")
        for stream, head in heads.items()
        if stream not in seen and head.seq
    ]
    return empty + [
        AuditFault(stream, "", 1, None, "removed", "the chain is gone")
        for stream in sorted(set(anchored) - set(heads))
    ]


def anchor(s: Session) -> dict[str, Any]:
    """Number and hash of each chain's newest event."""
    return {stream: [head.seq, head.hash] for stream, head in _heads(s).items() if head.seq}


def _heads(s: Session) -> dict[str, _Head]:
    issue, other = tables.issue.c, tables.chain_head.c
    heads = {
        f"issue:{row.id}": _Head(row.number, row.chain_seq, row.chain_hash)
        for row in s.execute(select(issue.id, issue.number, issue.chain_seq, issue.chain_hash))
    }
    for row in s.execute(select(other.stream, other.chain_seq, other.chain_hash)):
        heads[row.stream] = _Head("", row.chain_seq, row.chain_hash)
    return heads


@dataclass(frozen=True, slots=True)
class _Event:
    """An event as it was found; `readable` is false when its columns hold what cannot be."""

    id: int
    stream: str
    seq: int
    tag: str
    task_id: int | None
    actor_id: int | None
    prev_hash: str
    hash: str
    data: dict[str, Any]
    computed: str

    @property
    def genuine(self) -> bool:
        """Whether the facts are those that were hashed."""
        return self.computed == self.hash


def _streams(s: Session) -> Iterator[tuple[str, list[_Event]]]:
    """Each chain's events in order, read in pages so that memory stays flat."""
    event, last = tables.event, ("", 0)
    rows: list[_Event] = []
    columns = _columns(s)
    while True:
        after = (event.c.stream > last[0]) | ((event.c.stream == last[0]) & (event.c.seq > last[1]))
        page = s.execute(
            select(*columns).where(after).order_by(event.c.stream, event.c.seq).limit(PAGE)
        ).all()
        for row in page:
            if rows and rows[0].stream != row.stream:
                yield rows[0].stream, rows
                rows = []
            rows.append(_read(row))
        if len(page) < PAGE:
            break
        last = (page[-1].stream, page[-1].seq)
    if rows:
        yield rows[0].stream, rows


def _columns(s: Session) -> list[Any]:
    """SQLite keeps whatever was put into a column, so texts are read as texts and parsed here."""
    if s.dialect != "sqlite":
        return list(tables.event.c)
    return [
        type_coerce(c, String).label(c.name) if c.name in ("at", "logical_at", "data") else c
        for c in tables.event.c
    ]


def _read(row: Row[Any]) -> _Event:
    values = dict(row._mapping)
    try:
        for name in ("at", "logical_at"):
            if isinstance(values[name], str):
                values[name] = datetime.fromisoformat(values[name]).replace(tzinfo=UTC)
        if isinstance(values["data"], str):
            values["data"] = json.loads(values["data"])
        computed, data = event_hash(values), dict(values["data"])
    except (ValueError, TypeError, AttributeError):
        computed, data = "unreadable", {}
    return _Event(
        row.id,
        row.stream,
        row.seq,
        str(row.tag),
        row.task_id,
        row.actor_id,
        str(row.prev_hash),
        str(row.hash),
        data,
        computed,
    )


def _walk(stream: str, events: list[_Event], head: _Head | None) -> list[AuditFault]:
    number = head.number if head else ""
    faults: list[AuditFault] = []

    def fault(row: Any, kind: str, detail: str, seq: int | None = None) -> None:
        faults.append(
            AuditFault(
                stream, number, seq or row.seq, row.id if seq is None else None, kind, detail
            )
        )

    last_seq, last_hash, last_id = 0, GENESIS, 0
    for row in events:
        if row.seq > last_seq + 1:
            fault(row, "removed", f"events {last_seq + 1} to {row.seq - 1} are gone", last_seq + 1)
        elif row.prev_hash != last_hash:
            fault(
                row,
                "broken_link",
                "does not follow the event before it: inserted, or the "
                "event before it was replaced",
            )
        if row.id < last_id:
            fault(row, "reordered", f"was written before event {last_seq}, yet is numbered later")
        if not row.genuine:
            fault(row, "edited", f"{row.tag}: its facts do not match its hash")
        last_seq, last_hash, last_id = row.seq, row.hash, row.id
    return faults + _tail(stream, events, head, last_seq, last_hash)


def _tail(
    stream: str, events: list[_Event], head: _Head | None, last_seq: int, last_hash: str
) -> list[AuditFault]:
    if head is None:
        return [AuditFault(stream, "", last_seq, None, "orphaned", "its issue is gone")]
    if last_seq < head.seq:
        return [
            AuditFault(
                stream,
                head.number,
                last_seq + 1,
                None,
                "truncated",
                f"events {last_seq + 1} to {head.seq} are gone",
            )
        ]
    newest = events[-1]
    if last_seq > head.seq:
        return [
            AuditFault(
                stream,
                head.number,
                last_seq,
                newest.id,
                "inserted",
                f"the chain ends at {head.seq}",
            )
        ]
    if last_hash != head.hash:
        return [
            AuditFault(
                stream,
                head.number,
                last_seq,
                newest.id,
                "replaced",
                "the newest event is not the one that was written",
            )
        ]
    return []


def _against_anchor(stream: str, events: list[_Event], kept: Any) -> list[AuditFault]:
    if kept is None:
        return []
    seq, known = int(kept[0]), str(kept[1])
    row = next((e for e in events if e.seq == seq), None)
    if row is not None and row.hash == known:
        return []
    return [
        AuditFault(
            stream, "", seq, row.id if row else None, "rewritten", "differs from the anchored copy"
        )
    ]


def _state_tags(s: Session) -> set[str]:
    """Tags of events that move a state: every trigger of every stored definition."""
    tags = {"issue.migrated", "task.migrated"}
    for row in s.execute(select(tables.workflow_version.c.source)):
        definition = parse_workflow(row.source)
        for kind in ("issue", "task"):
            tags |= {f"{kind}.{t.trigger}" for t in definition.machine(kind).transitions}
    return tags
