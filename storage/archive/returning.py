"""Reading archives back: verified against what stayed here, shown, and put back again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Table, delete, insert, select, update

from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Database, Session
from models.directory import PersonInfo
from models.queries.issues import find_issue
from storage import rows
from storage.archive import acts, files
from storage.archive.moving import BATCH
from storage.archive.records import MOVED, Record, batches
from storage.soundness import Progress
from workflow import administrators, system_events
from workflow.case import not_visible
from workflow.errors import GuardFailed, Malformed, Reason

_A, _I = tables.archived_issue, tables.issue


@dataclass(slots=True)
class Verified:
    """What a look at a file has found; `faults` empty: it holds what was moved, whole."""

    name: str
    issues: int = 0
    rows: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Returned:
    """What was put back."""

    name: str
    issues: int = 0
    rows: int = 0


def verify(s: Session, folder: Path, name: str, passphrase: str, progress: Progress) -> Verified:
    """Every line of a file by its digest and its chain, and every entry here by its line."""
    row = acts.find(s, name)
    if row.state not in ("verified", "done"):
        raise acts.refused_state(row)
    found, entries = Verified(row.name), _standing(s, row.id)
    try:
        with files.opened(folder / row.name, passphrase, row.digest) as file:
            for n, record in enumerate(file.records()):
                progress("verify", n, len(file.manifest.issues))
                found.issues += 1
                found.rows += record.count
                entry = entries.pop(record.issue_id, None)
                if entry is not None and entry.digest != record.digest:
                    found.faults.append(f"{record.number}: another line than was moved")
    except Malformed as refusal:
        found.faults += [reason.message for reason in refusal.reasons]
        return found
    found.faults += [f"issue:{key}: is not in the file" for key in sorted(entries)]
    return found


def _standing(s: Session, archive_id: int) -> dict[int, Any]:
    """By issue: the entries whose rows are in the archive and not here."""
    chosen = select(_A).where(_A.c.archive_id == archive_id, _A.c.restored_at.is_(None))
    return {entry.issue_id: entry for entry in s.execute(chosen)}


# ---------------------------------------------------------------- showing


def show(
    s: Session, folder: Path, number: str, actor: PersonInfo, passphrase: str
) -> dict[str, Any]:
    """An issue as the file has it, rows by column names, for whoever may see the issue itself."""
    issue = find_issue(s, actor, number)
    if issue is None:
        raise not_visible(number)
    file_row = _file_of(s, issue)
    with files.opened(folder / file_row.name, passphrase, file_row.digest) as file:
        for record in file.records():
            if record.issue_id == issue.id:
                return _named(record, file.manifest.columns) | {"archive": file_row.name}
    raise files.refused(_("{number} is not in it").format(number=number))


def _file_of(s: Session, issue: Any) -> Any:
    file = tables.archive
    chosen = (
        select(file).join(_A, _A.c.archive_id == file.c.id)
        .where(_A.c.issue_id == issue.id, _A.c.restored_at.is_(None))
    )  # fmt: skip
    row = s.execute(chosen).first()
    if row is None:
        message = _("{number} is in no archive.").format(number=issue.number)
        raise GuardFailed(Reason("not_archived", message, "number", _("Open it as usual.")))
    return row


def _named(record: Record, columns: dict[str, list[str]]) -> dict[str, Any]:
    both = dict(record.kept) | dict(record.moved)
    return {
        "number": record.number,
        "digest": record.digest,
        "rows": {
            name: [dict(zip(columns[name], row, strict=True)) for row in found]
            for name, found in sorted(both.items())
        },
    }


# ---------------------------------------------------------------- putting back


def restore(
    db: Database, folder: Path, name: str, actor: PersonInfo, now: datetime, progress: Progress,
    *, reason: str, passphrase: str = "", numbers: Iterable[str] = (),
) -> Returned:  # fmt: skip
    """Put the issues of an archive back, or those of `numbers`; what is back already stays.

    The rows are those that were moved, with their numbers. Raises `NotAllowed`, `Malformed` for a
    file that does not hold what was moved, and for numbers that are not in it.
    """
    if not reason.strip():
        message = _("A restoration needs a reason.")
        raise Malformed(Reason("reason", message, "reason", _("Write what it is needed for.")))
    with db.write() as s:
        administrators.require(s, actor, Role.SYSADMIN)
        row = acts.find(s, name)
        if row.state not in ("verified", "done"):
            raise acts.refused_state(row)
        entries = _wanted(s, row.id, list(numbers))
    found = Returned(row.name)
    with files.opened(folder / row.name, passphrase, row.digest) as file:
        waiting = _proved(file, entries)
        for some in batches(waiting, BATCH):
            with db.write() as s:
                _put_back(s, row, some, file.manifest.columns, actor, now, reason, found)
            progress("restore", found.issues, len(entries))
    if found.issues < len(entries):
        raise files.refused(_("not every issue that was moved is in it"))
    return found


def _wanted(s: Session, archive_id: int, numbers: list[str]) -> dict[int, Any]:
    entries = _standing(s, archive_id)
    if not numbers:
        return entries
    chosen = select(_I.c.id, _I.c.number).where(_I.c.number.in_(numbers))
    known = {row.number: row.id for row in s.execute(chosen) if row.id in entries}
    missing = sorted(set(numbers) - known.keys())
    if missing:
        message = _("Not in this archive: {numbers}.").format(numbers=", ".join(missing))
        raise Malformed(
            Reason("not_archived", message, "number", _("The issue's page names its archive."))
        )
    return {key: entries[key] for key in known.values()}


def _proved(file: files.Opened, entries: dict[int, Any]) -> Iterator[Record]:
    for record in file.records():
        entry = entries.get(record.issue_id)
        if entry is None:
            continue
        if entry.digest != record.digest:
            raise files.refused(_("the line of {number} was changed").format(number=record.number))
        yield record


def _put_back(
    s: Session, row: Any, some: list[Record], columns: dict[str, list[str]], actor: PersonInfo,
    now: datetime, reason: str, found: Returned,
) -> None:  # fmt: skip
    keys = [record.issue_id for record in some]
    s.execute(select(_I.c.id).where(_I.c.id.in_(keys)).order_by(_I.c.id).with_for_update()).all()
    for table in MOVED:
        for record in some:
            found.rows += _insert(s, table, record, columns[table.name])
    back = _A.c.archive_id == row.id, _A.c.issue_id.in_(keys), _A.c.restored_at.is_(None)
    s.execute(update(_A).where(*back).values(restored_at=now))
    counted = tables.archived_event
    s.execute(delete(counted).where(counted.c.stream.in_([f"issue:{key}" for key in keys])))
    s.execute(update(_I).where(_I.c.id.in_(keys)).values(archived_at=None))
    found.issues += len(some)
    facts = {
        "archive": row.id, "name": row.name, "issues": [record.number for record in some],
        "reason": reason.strip()[:300],
    }  # fmt: skip
    system_events.append(s, "archive.restored", facts, actor, now)


def _insert(s: Session, table: Table, record: Record, names: list[str]) -> int:
    """The rows of a table as they were; columns that are newer than the file take their default."""
    found = [dict(zip(names, row, strict=True)) for row in record.moved.get(table.name, ())]
    if table is tables.delivery:  # it may have stayed for the sake of another issue's notice
        there = set(
            s.execute(select(table.c.id).where(table.c.id.in_(record.messages()))).scalars()
        )
        found = [row for row in found if row["id"] not in there]
    known = [column.name for column in table.columns if column.name in names]
    lines = [[row[name] for name in known] for row in found]
    if lines:
        s.execute(insert(table), rows.values(table, lines, known))
    return len(lines)
