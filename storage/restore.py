"""`xiaohao restore`: a backup into an empty database, all of it or nothing.

The file is read once and every part is held against the manifest before a row is written; the rows
go in in one transaction; then counts, the audit, the anchor of every chain and the ledger's balance
are asked of the restored database. What another machine was about to do is undone: its signs of
life and leases go, and messages that had not gone out when the backup was made are held for the
office, since the other machine may have sent them since.

A backup of an older revision is filled into tables of that revision, which are then migrated, in
the same transaction.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import (
    Column,
    ForeignKey,
    MetaData,
    Table,
    delete,
    insert,
    inspect,
    select,
    update,
)

from config.i18n import gettext as _
from models import migrate, tables
from models.db import Database, Session
from models.engines import Limits, make_engine
from storage import filling, parts, rows
from storage.backup import FORMAT, MANIFEST, Manifest
from storage.soundness import SHOWN, Progress
from workflow import audit, balance
from workflow.errors import GuardFailed, Malformed, Reason


@dataclass(slots=True)
class Restored:
    """What came of it. `faults` empty: the restored database is what the backup says."""

    made_at: str = ""
    rows: int = 0
    files: int = 0
    events: int = 0
    held: int = 0
    faults: list[str] = field(default_factory=list)


def restore(
    path: Path,
    url: str,
    folder: Path,
    now: datetime,
    progress: Progress,
    *,
    passphrase: str = "",
    digest: str = "",
    despite_faults: bool = False,
) -> Restored:
    """Restore a backup into the database at `url` and its files into `folder`.

    What does not hold together is not kept, unless `despite_faults`: an office whose rows were
    damaged before the backup was made may want them back as they are.
    `digest` is what `backup` printed: the manifest must be that very one. Raises `Malformed` for a
    file that was changed or cut off, `GuardFailed` for a database that holds anything.
    """
    with tempfile.TemporaryDirectory(prefix="xiaohao-restore-") as work:
        manifest = _unpack(path, Path(work), passphrase, digest, progress)
        found = _filled(url, manifest, Path(work), now, progress, despite_faults)
        if despite_faults or not found.faults:
            found.files = _put_back(Path(work), folder, manifest)
        return found


def _unpack(path: Path, work: Path, passphrase: str, digest: str, progress: Progress) -> Manifest:
    """Every part of the file, each held against the manifest."""
    measured = parts.unpack(path, work, passphrase, _refused, lambda n: progress("read", n, n + 1))
    manifest = _manifest(work, digest)
    measured.pop(MANIFEST)
    wrong = sorted(
        name
        for name in measured.keys() | manifest.parts.keys()
        if measured.get(name) != tuple(manifest.parts.get(name, ()))
    )
    if wrong:
        raise _refused(_("these parts were changed: {names}").format(names=", ".join(wrong[:5])))
    return manifest


def _manifest(work: Path, digest: str) -> Manifest:
    try:
        content = (work / MANIFEST).read_bytes()
        found = Manifest(**json.loads(content))
    except (OSError, ValueError, TypeError) as error:
        raise _refused(_("its manifest is missing or cannot be read")) from error
    if digest and hashlib.sha256(content).hexdigest() != digest.strip().lower():
        raise _refused(_("its manifest is not the one with that digest"))
    if found.format != FORMAT or found.revision not in migrate.revisions():
        what = _("it is of revision {theirs}, this version of {ours}")
        raise _refused(what.format(theirs=found.revision, ours=migrate.head()))
    return found


class _Unsound(Exception):
    """Thrown inside the transaction, so that nothing of it stays."""


def _filled(
    url: str, manifest: Manifest, work: Path, now: datetime, progress: Progress,
    despite_faults: bool,
) -> Restored:  # fmt: skip
    found = Restored(manifest.made_at)
    _refuse_taken(url, manifest)
    with suppress(_Unsound), _at_its_revision(url, manifest) as s:
        _fill(s, _as_they_were(s, manifest), manifest, work, progress, found)
        if manifest.revision != migrate.head():
            migrate.move(s.conn)
        filling.count_on(s)
        _judge(s, manifest, found)
        if found.faults and not despite_faults:
            raise _Unsound
        found.held = _calm(s, now)
    migrate.upgrade(url)
    return found


@contextmanager
def _at_its_revision(url: str, manifest: Manifest) -> Iterator[Session]:
    """A transaction over an empty database of the backup's revision."""
    if manifest.revision == migrate.head():
        migrate.upgrade(url)
        db = Database(url, Limits.usual().patient())
        try:
            with db.write() as s:
                yield s
        finally:
            db.close()
        return
    with migrate.building(url) as connection:
        migrate.move(connection, str(manifest.revision))
        yield Session(connection)


def _as_they_were(s: Session, manifest: Manifest) -> list[Table]:
    """The tables of the backup with the columns they had, what is referred to first.

    A backup that does not name its columns has those that its revision shares with this version,
    in this version's order. Raises `Malformed` for a table that is no more.
    """
    every = rows.all_tables()
    gone = sorted(manifest.counts.keys() - {table.name for table in every})
    if gone:
        raise _refused(_("it holds tables that are no more: {names}").format(names=", ".join(gone)))
    if manifest.revision == migrate.head():
        return every
    seen = inspect(s.conn)
    return [
        _as_it_was(table, manifest, {column["name"] for column in seen.get_columns(table.name)})
        for table in every
        if table.name in manifest.counts
    ]


def _as_it_was(table: Table, manifest: Manifest, there: set[str]) -> Table:
    names = manifest.columns.get(table.name) or [c.name for c in table.columns if c.name in there]
    own = filling.own_links(table)
    links = {name: [ForeignKey(f"{table.name}.id")] for name in own}
    columns = [
        Column(
            name, table.c[name].type, *links.get(name, []), primary_key=table.c[name].primary_key
        )
        for name in names
    ]
    return Table(table.name, MetaData(), *columns)


def _fill(
    s: Session, every: list[Table], manifest: Manifest, work: Path, progress: Progress,
    found: Restored,
) -> None:  # fmt: skip
    with filling.unguarded(s, *every):
        for n, table in enumerate(every):
            progress("restore", n, len(manifest.counts))
            for page in _lines(work, table):
                filling.fill(s, table, page)
        for table in every:
            if filling.own_links(table):
                for page in _lines(work, table):
                    filling.link(s, table, page)
    for table in every:
        n, told = rows.count(s, table), manifest.counts.get(table.name)
        found.rows += n
        if n != told:
            found.faults.append(f"{table.name}: {told} there, {n} here")


def _refuse_taken(url: str, manifest: Manifest) -> None:
    """Nothing is written over; an older backup needs a database that was not even prepared."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            s, there = Session(connection), set(inspect(connection).get_table_names())
            every = [table for table in rows.all_tables() if table.name in there]
            taken = [table.name for table in every if rows.count(s, table)]
    finally:
        engine.dispose()
    if there and not taken and manifest.revision != migrate.head():
        taken = sorted(there)
    if taken:
        raise GuardFailed(
            Reason(
                "restore_not_empty",
                _("The database is not empty: {tables}.").format(tables=", ".join(taken[:5])),
                "db",
                _("Name a new database; nothing is written over."),
            )
        )


def _lines(work: Path, table: Table) -> Iterator[list[rows.Row]]:
    page: list[rows.Row] = []
    with gzip.open(work / f"tables-{table.name}.jsonl.gz", "rt", encoding="utf-8") as file:
        for text in file:
            page.append(json.loads(text))
            if len(page) == rows.PAGE:
                yield page
                page = []
    yield page


def _judge(s: Session, manifest: Manifest, found: Restored) -> None:
    """Chains, anchors and balance of what was written, before it is committed."""
    report = audit.verify(s, manifest.anchor)
    found.events = report.events
    found.faults += [f"{f.stream} {f.seq}: {f.kind} {f.detail}" for f in report.faults[:SHOWN]]
    if not balance.reconcile(s).balanced:
        found.faults.append("the ledger does not balance")


def _calm(s: Session, now: datetime) -> int:
    """Undo what the other machine had under way; how many messages are held now."""
    s.execute(delete(tables.heartbeat))
    delivery = tables.delivery
    going = delivery.c.state.in_(("pending", "leased"))
    n = len(list(s.execute(select(delivery.c.id).where(going))))
    if n:
        hold = insert(tables.storm_hold).values(at=now, most=0, state="held", reason="restored")
        made = s.execute(hold).inserted_primary_key
        s.execute(
            update(delivery)
            .where(going)
            .values(
                state="held", hold_id=made[0] if made else None, leased_until=None, leased_by=""
            )
        )
    return n


def _put_back(work: Path, folder: Path, manifest: Manifest) -> int:
    """The stored files, each under its hash; what is there already stays."""
    names = [name.removeprefix("files/") for name in manifest.parts if name.startswith("files/")]
    for sha256 in names:
        target = folder / sha256[:2] / sha256
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.move(work / f"files-{sha256}", target)
    return len(names)


def _refused(what: str) -> Malformed:
    return Malformed(
        Reason(
            "backup_refused",
            _("The backup was not restored: {what}.").format(what=what),
            "file",
            _("Take another copy of the backup; nothing was written."),
        )
    )
