"""What a ledger's rows are compared with, and whether a preview has shown every difference."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow.errors import Malformed, Reason, StaleVersion
from workflow.ledgers import exported
from workflow.ledgers.decode import Decoder, Entry
from workflow.ledgers.faults import Difference
from workflow.ledgers.import_store import issues_of, known
from workflow.ledgers.mapping import Mapping
from workflow.ledgers.reader import Row

T = TypeVar("T")
_CHUNK = 500
_ISSUE, _TASK = tables.issue.c, tables.task.c


def before(
    s: Session, entries: list[Entry], decode: Decoder, reporter: PersonInfo, now: datetime
) -> dict[str, Any]:
    """What is known of these rows: from an earlier import, or as an export tells it now."""
    mapping, ids = decode.mapping, [e.source_id for e in entries]
    if not mapping.exported_in:
        return known(s, mapping.source_system, ids)
    for entry in entries:
        exported.canonical(s, entry)
    return exported.lines(s, reporter, ids, now, decode, mapping.exported_in)


def changed_fields(old: dict[str, str], new: dict[str, str]) -> set[str]:
    """The fields in which two payloads differ."""
    return {f for f in {*old, *new} if old.get(f, "") != new.get(f, "")}


def differences(entry: Entry, old: Any) -> list[Difference]:
    """A row's differences from what is known of it, field by field."""
    return [
        Difference(
            entry.row,
            entry.source_id,
            old.number,
            field,
            old.payload.get(field, ""),
            entry.text(field),
        )
        for field in sorted(changed_fields(old.payload, entry.payload))
    ]


def under_lock(
    s: Session, ids: Iterable[str], rows: Iterable[Row], read: Callable[[Row], Entry | None],
    decode: Decoder, reporter: PersonInfo, now: datetime,
) -> list[Difference]:  # fmt: skip
    """Every difference of these rows, which stay as they are until the transaction ends. `ids`:
    theirs, to be locked before the first of them is looked at; `read` decodes a sound row."""
    exports = bool(decode.mapping.exported_in)
    if not _lock(s, decode.mapping, sorted(ids)) and not exports:
        return []  # not one of them was imported before
    found: list[Difference] = []
    rest = iter(rows)
    while chunk := list(islice(rest, _CHUNK)):
        if not exports:
            chunk = _known_before(s, chunk, decode)
        entries = [entry for entry in map(read, chunk) if entry is not None]
        old = before(s, entries, decode, reporter, now)
        for entry in entries:
            if entry.source_id in old:
                found += differences(entry, old[entry.source_id])
    return found


def _known_before(s: Session, rows: list[Row], decode: Decoder) -> list[Row]:
    """The rows that were imported before: others have nothing to differ from."""
    ids = [decode.identity(row) for row in rows]
    there = issues_of(s, decode.mapping.source_system, ids)
    return [row for row, key in zip(rows, ids, strict=True) if key in there]


def readable(rows: Iterable[Row]) -> Iterator[Row]:
    """Rows as far as the file goes: the import itself reports where it breaks off."""
    try:
        yield from rows
    except Malformed:
        return


def digest_of(found: list[Difference]) -> str:
    """The digest of differences: row, id, issue, field, old and new value of each."""
    told = sorted(astuple(one) for one in found)
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def refuse_unseen(found: list[Difference], expected: str) -> None:
    """Raise `StaleVersion` unless these are the differences that were shown."""
    if digest_of(found) != expected.strip():
        raise StaleVersion(
            Reason(
                "preview_outdated",
                _("The ledger has changed since the preview; nothing was written."),
                "expect",
                _("Look through the differences as they are now, and apply them again."),
            )
        )


def _lock(s: Session, mapping: Mapping, ids: list[str]) -> bool:
    """Lock the issues behind these rows, as every command does before it changes one; whether
    there are any."""
    locked = False
    for chunk in _chunks(ids):
        behind = _behind(s, mapping, chunk)
        if behind is not None:
            chosen = select(_ISSUE.id).where(behind).order_by(_ISSUE.id)
            locked |= bool(s.execute(chosen.with_for_update()).all())
    return locked


def _behind(s: Session, mapping: Mapping, ids: list[str]) -> ColumnElement[bool] | None:
    if mapping.exported_in:
        of_tasks = select(_TASK.issue_id).where(_TASK.number.in_(ids))
        return _ISSUE.number.in_(ids) | _ISSUE.id.in_(of_tasks)
    taken = issues_of(s, mapping.source_system, ids)
    return _ISSUE.id.in_(taken.values()) if taken else None


def _chunks(things: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(things), _CHUNK):
        yield things[start : start + _CHUNK]
