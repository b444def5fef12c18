"""`xiaohao archive run`: written, read back, and only then moved out of the database, in batches.

Each batch is a transaction: its issues are locked, gathered again and held against their lines in
the file; what has changed since stays here. The entries that are left are hashed into the system's
own history, and the triggers of the history let go of nothing that has no entry. A run that was
interrupted goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from config.i18n import gettext as _
from config.roles import Role
from models import migrate, tables
from models.db import Database, Session
from models.directory import PersonInfo
from storage.archive import acts, files, records
from storage.archive.choosing import choose
from storage.archive.files import FORMAT, KIND, Manifest
from storage.archive.records import MOVED, Record
from storage.soundness import Progress
from workflow import administrators, archived, system_events
from workflow.errors import GuardFailed, Reason

BATCH = 50
"""Issues moved by one transaction: some thousand rows, some hundred milliseconds."""
_F, _I = tables.archive, tables.issue
_COUNTED = ("stream", "seq", "tag", "at", "logical_at", "hash")


@dataclass(slots=True)
class Moved:
    """What came of a run. `left`: issues that have changed since the file was written."""

    name: str
    path: Path
    digest: str = ""
    issues: int = 0
    rows: int = 0
    left: int = 0
    size: int = 0


def run(
    db: Database, folder: Path, name: str, actor: PersonInfo, now: datetime, progress: Progress,
    passphrase: str = "",
) -> Moved:  # fmt: skip
    """Write an approved archive below `folder`, verify it, and move its issues.

    Raises `NotAllowed`, `GuardFailed` for one that is not approved or has nothing left to move,
    `Malformed` for a file that is not what was written.
    """
    with db.write() as s:
        administrators.require(s, actor, Role.SYSADMIN)
        row = acts.find(s, name, lock=True)
        if row.state not in ("approved", "verified"):
            raise acts.refused_state(row)
    path = folder / row.name
    if row.state == "approved":
        _write(db, path, row, actor, now, progress, passphrase)
    return _move(db, path, row.id, actor, now, progress, passphrase)


# ---------------------------------------------------------------- the file


def _write(
    db: Database, path: Path, row: Any, actor: PersonInfo, now: datetime, progress: Progress,
    passphrase: str,
) -> None:  # fmt: skip
    """The file, as one transaction saw its issues, read back before anything rests on it."""
    with db.read() as s:
        chosen = choose(s, row.before, row.month).months.get(row.month, [])
        if not chosen:
            message = _("Nothing of {month} is to be archived.").format(month=row.month)
            raise GuardFailed(Reason("nothing_to_archive", message, "name"))
        manifest = Manifest(
            FORMAT, KIND, row.name, row.month, now.isoformat(), migrate.revision_of(s.conn)
        )
        files.write(path, manifest, _gathered(s, chosen, progress), passphrase)
    with files.opened(path, passphrase, manifest.digest) as file:
        read = sum(1 for _record in file.records())
    with db.write() as s:
        s.execute(
            update(_F)
            .where(_F.c.id == row.id, _F.c.state == "approved")
            .values(
                state="verified", digest=manifest.digest, size=path.stat().st_size,
                sealed=bool(passphrase), written_at=now,
            )
        )  # fmt: skip
        facts = {"archive": row.id, "name": row.name, "digest": manifest.digest, "issues": read}
        system_events.append(s, "archive.written", facts, actor, now)


def _gathered(s: Session, chosen: list[int], progress: Progress) -> Iterator[Record]:
    carried = records.carried(s, chosen)
    for start in range(0, len(chosen), BATCH):
        progress("write", start, len(chosen))
        yield from records.gather(s, chosen[start : start + BATCH], carried)
    progress("write", len(chosen), len(chosen))


# ---------------------------------------------------------------- out of the database


def _move(
    db: Database, path: Path, archive_id: int, actor: PersonInfo, now: datetime,
    progress: Progress, passphrase: str,
) -> Moved:  # fmt: skip
    with db.read() as s:
        row = s.execute(select(_F).where(_F.c.id == archive_id)).one()
        entry = tables.archived_issue.c
        chosen = select(entry.issue_id).where(entry.archive_id == archive_id)
        gone = set(s.execute(chosen).scalars())
    found = Moved(row.name, path, row.digest)
    with files.opened(path, passphrase, row.digest) as file:
        total = len(file.manifest.issues)
        waiting = (record for record in file.records() if record.issue_id not in gone)
        for some in records.batches(waiting, BATCH):
            with db.write() as s:
                _move_batch(s, row, some, actor, now, found)
            progress("move", len(gone) + found.issues + found.left, total)
    with db.write() as s:
        _finish(s, row, actor, now, found)
    return found


def _next_batch(s: Session, archive_id: int) -> int:
    """The number of the next batch; another run of the same archive waits until it is over."""
    s.execute(select(_F.c.id).where(_F.c.id == archive_id).with_for_update()).all()
    entry = tables.archived_issue.c
    last = select(func.max(entry.batch)).where(entry.archive_id == archive_id)
    return int(s.execute(last).scalar() or 0) + 1


def _move_batch(
    s: Session, row: Any, wanted: list[Record], actor: PersonInfo, now: datetime, found: Moved
) -> None:
    batch, same = _next_batch(s, row.id), _unchanged(s, row, wanted)
    found.left += len(wanted) - len(same)
    if not same:
        return
    entries = _stubs(s, row, batch, same, now)
    digest = archived.batch_digest(entries)
    # before the rows go: its number is above theirs, so that the highest never falls
    facts = {"archive": row.id, "batch": batch, "issues": len(entries), "digest": digest}
    system_events.append(s, archived.MOVED, facts, actor, now)
    for table in reversed(MOVED):
        for some in records.pages([key for record in same for key in record.keys(table)]):
            s.execute(delete(table).where(table.c.id.in_(some)))
    found.issues += len(same)
    found.rows += sum(record.count for record in same)


def _unchanged(s: Session, row: Any, wanted: list[Record]) -> list[Record]:
    """Those that still rest and whose rows are what the file says, locked."""
    keys = [record.issue_id for record in wanted]
    s.execute(select(_I.c.id).where(_I.c.id.in_(keys)).order_by(_I.c.id).with_for_update()).all()
    rests = choose(s, row.before, row.month, keys).months.get(row.month, [])
    carried = {record.issue_id: record.messages() for record in wanted}
    present = {record.issue_id: record.digest for record in records.gather(s, rests, carried)}
    return [record for record in wanted if present.get(record.issue_id) == record.digest]


def _stubs(s: Session, row: Any, batch: int, same: list[Record], now: datetime) -> list[Any]:
    """What stays: the counted events, the mark on the issue, and the entry that proves it."""
    keys = [record.issue_id for record in same]
    event, entry = tables.event, tables.archived_issue
    streams = [f"issue:{key}" for key in keys]
    counted = select(event.c.id.label("event_id"), *(event.c[name] for name in _COUNTED)).where(
        event.c.stream.in_(streams), event.c.tag.in_(archived.COUNTED)
    )
    s.execute(insert(tables.archived_event).from_select(["event_id", *_COUNTED], counted))
    s.execute(update(_I).where(_I.c.id.in_(keys)).values(archived_at=now))
    standing = archived.standings(s, keys)
    values = []
    for record in same:
        seq, last = records.head(record, records.COLUMNS)
        values.append({
            "archive_id": row.id, "issue_id": record.issue_id, "batch": batch,
            "stream": f"issue:{record.issue_id}", "chain_seq": seq, "chain_hash": last,
            "digest": record.digest, "standing": standing[record.issue_id], "rows": record.count,
        })  # fmt: skip
    s.execute(insert(entry), values)
    chosen = select(entry).where(entry.c.archive_id == row.id, entry.c.batch == batch)
    return list(s.execute(chosen))


def _finish(s: Session, row: Any, actor: PersonInfo, now: datetime, found: Moved) -> None:
    entry = tables.archived_issue.c
    all_of_it = list(s.execute(select(entry.rows).where(entry.archive_id == row.id)).scalars())
    s.execute(
        update(_F).where(_F.c.id == row.id).values(state="done", issues=len(all_of_it), done_at=now)
    )
    found.size = row.size
    facts = {
        "archive": row.id, "name": row.name, "issues": len(all_of_it), "rows": sum(all_of_it),
        "left": found.left, "digest": row.digest,
    }  # fmt: skip
    system_events.append(s, "archive.done", facts, actor, now)
