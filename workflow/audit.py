"""Proof that the history is whole: every chain is walked and compared with its head.

`verify` finds an event that was edited, removed, inserted, reordered or cut off (the newest
included), and a state that no event explains. `anchor` writes the heads down, so that a copy kept
elsewhere also shows a history that was rewritten from its beginning.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, String, select, type_coerce

from config.workflow_definition import parse_workflow
from models import tables
from models.db import Session
from workflow.chain import GENESIS, event_hash

PAGE = 5_000


@dataclass(frozen=True, slots=True)
class AuditFault:
    """One finding: which chain, which event (by number and id), and what is wrong with it."""

    stream: str
    issue_number: str
    seq: int
    event_id: int | None
    kind: str
    detail: str

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


@dataclass(slots=True)
class AuditReport:
    """How much was walked, and every fault found."""

    streams: int
    events: int
    faults: list[AuditFault]

    @property
    def ok(self) -> bool:
        """Whether the history is whole."""
        return not self.faults


@dataclass(slots=True)
class _Head:
    number: str
    seq: int
    hash: str


def verify(s: Session, anchored: dict[str, Any] | None = None) -> AuditReport:
    """Walk every chain. `anchored` is an earlier result of `anchor`, kept elsewhere."""
    heads, tags = _heads(s), _state_tags(s)
    report = AuditReport(len(heads), 0, [])
    last: dict[tuple[str, int | None], str] = {}
    seen: set[str] = set()
    for stream, events in _streams(s):
        seen.add(stream)
        report.events += len(events)
        report.faults += _walk(stream, events, heads.get(stream))
        report.faults += _against_anchor(stream, events, (anchored or {}).get(stream))
        last |= {
            (stream, e.task_id): e.data["to"] for e in events if e.tag in tags and "to" in e.data
        }
    report.faults += _gone(heads, seen, anchored or {})
    report.faults += _unexplained_states(s, heads, last)
    return report


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


def _unexplained_states(
    s: Session, heads: dict[str, _Head], last: dict[tuple[str, int | None], str]
) -> list[AuditFault]:
    """States that are not the last one their history led to."""
    faults = []
    issue, task = tables.issue.c, tables.task.c
    for row in s.execute(select(issue.id, issue.number, issue.state, issue.chain_seq)):
        known = last.get((f"issue:{row.id}", None), "draft")
        if known != row.state:
            faults.append(_unexplained(f"issue:{row.id}", row.number, row, known))
    for row in s.execute(
        select(task.id, task.issue_id, task.number, task.state).where(
            task.dispatched_at.is_not(None)
        )
    ):
        stream = f"issue:{row.issue_id}"
        known = last.get((stream, row.id), "pending_ack")
        if known != row.state and stream in heads:
            faults.append(_unexplained(stream, row.number, row, known))
    return faults


def _unexplained(stream: str, number: str, row: Any, known: str) -> AuditFault:
    return AuditFault(
        stream, number, 0, None, "state", f"stands at {row.state}, its history ends at {known}"
    )


def _state_tags(s: Session) -> set[str]:
    """Tags of events that move a state: every trigger of every stored definition."""
    tags = {"issue.migrated", "task.migrated"}
    for row in s.execute(select(tables.workflow_version.c.source)):
        definition = parse_workflow(row.source)
        for kind in ("issue", "task"):
            tags |= {f"{kind}.{t.trigger}" for t in definition.machine(kind).transitions}
    return tags
