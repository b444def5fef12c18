"""What is left of an archived issue, and what proves it without the file.

An issue whose history lies in an archive (`storage.archive`) keeps its line in the ledger. Its
entry in `archived_issue` names the last event of the chain that was moved, the digest of its line
in the file and the digest of what the ledger says of it; the entries of a batch are hashed into
the system's own history, so that none can be added, changed or taken away unseen.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from workflow import system_events
from workflow.audit_report import AuditFault
from workflow.chain import canonical, instant
from workflow.errors import GuardFailed, Reason

COUNTED = ("issue.report", "issue.approve", "issue.relapse", "issue.reject", "issue.merge")
"""Tags of the events that figures count: they stay, without what was said."""
MOVED = "archive.moved"
PAGE = 400
_A, _I, _E = tables.archived_issue.c, tables.issue.c, tables.archived_event.c
_ISSUE = (
    "number", "state", "reported_at", "dispatched_at", "closed_at", "approver_id",
    "merged_into_id", "relapse_count", "override_count", "cycle", "chain_seq", "chain_hash",
)  # fmt: skip
_TASK = (
    "id", "number", "state", "lead_unit_id", "verifier_unit_id", "dispatched_at", "submitted_at",
    "verified_at", "submitted_by_id", "verified_by_id", "due_at", "original_due_at",
    "deadline_version",
)  # fmt: skip
_PROOF = ("id", "task_id", "cycle", "kind", "sha256")
_COUNT = ("seq", "tag", "at", "logical_at", "hash")


def refuse_archived(issue: Any) -> None:
    """Raise `GuardFailed` for an issue whose history lies in an archive."""
    if getattr(issue, "archived_at", None) is None:
        return
    message = _("{number} is archived; nothing can be done on it.").format(number=issue.number)
    remedy = _("Ask the system administrator to restore it: xiaohao archive restore")
    raise GuardFailed(Reason("archived", message, "number", remedy))


def entry_of(s: Session, issue: Any) -> dict[str, Any] | None:
    """Where an issue's history lies; None while it is here."""
    if issue.archived_at is None:
        return None
    file = tables.archive.c
    chosen = (
        select(file.name, file.month, _A.digest, _A.chain_seq)
        .join(tables.archive, file.id == _A.archive_id)
        .where(_A.issue_id == issue.id, _A.restored_at.is_(None))
    )
    row = s.execute(chosen).first()
    return None if row is None else {
        "name": row.name, "month": row.month, "digest": row.digest, "events": row.chain_seq,
        "at": issue.archived_at,
    }  # fmt: skip


def refuse_gathering(s: Session, begin: datetime) -> None:
    """Raise `GuardFailed` where a period that begins then can no longer be gathered from history.

    What was archived had rested since before `archive.before`, so that later periods need nothing
    but its line in the ledger; earlier ones were frozen before it could go.
    """
    file = tables.archive.c
    gone = (
        select(file.name)
        .join(tables.archived_issue, _A.archive_id == file.id)
        .where(_A.restored_at.is_(None), file.before > begin)
        .order_by(file.month)
        .limit(1)
    )
    name = s.execute(gone).scalar()
    if name is not None:
        message = _("Part of that time lies in an archive ({name}).").format(name=name)
        remedy = _("Correct figures one by one, or restore the archives of that time first.")
        raise GuardFailed(Reason("archived", message, "month", remedy))


# ---------------------------------------------------------------- digests


def standings(s: Session, issues: Sequence[int]) -> dict[int, str]:
    """By issue: SHA-256 over what the ledger says of it, its tasks, proof and counted events."""
    said: dict[int, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for row in _rows(s, tables.issue, _I.id.in_(issues)):
        said[row.id]["issue"].append(_values(row, _ISSUE))
    of_task = {}
    for row in _rows(s, tables.task, tables.task.c.issue_id.in_(issues)):
        of_task[row.id] = row.issue_id
        said[row.issue_id]["tasks"].append(_values(row, _TASK))
    for row in _rows(s, tables.evidence, tables.evidence.c.task_id.in_(list(of_task))):
        said[of_task[row.task_id]]["proof"].append(_values(row, _PROOF))
    streams = [f"issue:{key}" for key in issues]
    for row in _rows(s, tables.archived_event, _E.stream.in_(streams)):
        said[int(row.stream.partition(":")[2])]["counted"].append(_values(row, _COUNT))
    return {key: _digest(canonical(parts)) for key, parts in said.items()}


def batch_digest(entries: Iterable[Any]) -> str:
    """SHA-256 over the entries of a batch, in the order of their issues."""
    names = ("issue_id", "chain_seq", "chain_hash", "digest", "standing", "rows")
    ordered = sorted(entries, key=lambda entry: int(entry.issue_id))
    return _digest(canonical([_values(entry, names) for entry in ordered]))


def _rows(s: Session, table: Table, where: Any) -> Iterator[Any]:
    yield from s.execute(select(table).where(where).order_by(table.c.id))


def _values(row: Any, names: Iterable[str]) -> list[Any]:
    found = (getattr(row, name) for name in names)
    return [instant(value) if isinstance(value, datetime) else value for value in found]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# ---------------------------------------------------------------- the audit


def archived_streams(s: Session) -> dict[str, Any]:
    """By stream: the entry of an issue whose history lies in an archive."""
    chosen = select(_A.stream, _A.issue_id, _A.chain_seq, _A.chain_hash, _A.standing)
    return {row.stream: row for row in s.execute(chosen.where(_A.restored_at.is_(None)))}


def faults(s: Session, entries: dict[str, Any]) -> list[AuditFault]:
    """Entries without a mark, marks without an entry, and entries that do not prove their issue."""
    return [*_marks(s, entries), *_ledger(s, list(entries.values())), *_batches(s)]


def _marks(s: Session, entries: dict[str, Any]) -> Iterator[AuditFault]:
    chosen = select(_I.id, _I.number).where(_I.archived_at.is_not(None))
    marked = {f"issue:{row.id}": row.number for row in s.execute(chosen)}
    for stream in sorted(marked.keys() - entries.keys()):
        yield _fault(stream, marked[stream], "no archive holds it")
    for stream in sorted(entries.keys() - marked.keys()):
        yield _fault(stream, "", "an archive claims it, yet it is not marked as archived")


def _ledger(s: Session, entries: list[Any]) -> Iterator[AuditFault]:
    ordered = sorted(entries, key=lambda entry: int(entry.issue_id))
    for start in range(0, len(ordered), PAGE):
        some = ordered[start : start + PAGE]
        heads = _heads(s, [entry.issue_id for entry in some])
        found = standings(s, [entry.issue_id for entry in some])
        for entry in some:
            number, seq, last = heads.get(entry.issue_id, ("", 0, ""))
            if (seq, last) != (entry.chain_seq, entry.chain_hash):
                yield _fault(
                    entry.stream, number, "its chain does not end where the archive's does"
                )
            if found.get(entry.issue_id) != entry.standing:
                yield _fault(entry.stream, number, "the ledger no longer says what was archived")


def _heads(s: Session, keys: list[int]) -> dict[int, tuple[str, int, str]]:
    chosen = select(_I.id, _I.number, _I.chain_seq, _I.chain_hash).where(_I.id.in_(keys))
    return {row.id: (row.number, row.chain_seq, row.chain_hash) for row in s.execute(chosen)}


def _batches(s: Session) -> Iterator[AuditFault]:
    """Every batch has its event with its digest, and every event its batch."""
    entries: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for row in s.execute(select(tables.archived_issue)):
        entries[row.archive_id, row.batch].append(row)
    event = tables.event.c
    chosen = select(event.data).where(event.stream == system_events.STREAM, event.tag == MOVED)
    told = {
        (row.data["archive"], row.data["batch"]): row.data["digest"] for row in s.execute(chosen)
    }
    for key in sorted(entries.keys() | told.keys()):
        if key not in entries or batch_digest(entries[key]) != told.get(key):
            detail = f"batch {key[1]}: its entries are not those that were written down"
            yield _fault(f"archive:{key[0]}", "", detail)


def _fault(stream: str, number: str, detail: str) -> AuditFault:
    return AuditFault(stream, number, 0, None, "archive", detail)
