"""`xiaohao restore`: a backup into an empty database, all of it or nothing.

The file is read once and every part is held against the manifest before a row is written; the rows
go in in one transaction; then counts, the audit, the anchor of every chain and the ledger's balance
are asked of the restored database. What another machine was about to do is undone: its signs of
life and leases go, and messages that had not gone out when the backup was made are held for the
office, since the other machine may have sent them since.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO, cast

from sqlalchemy import Table, delete, insert, select, update

from config.i18n import gettext as _
from models import migrate, tables
from models.db import Database, Session
from storage import filling, rows
from storage.backup import FORMAT, MANIFEST, Manifest
from storage.sealing import Opener, is_sealed
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
        migrate.upgrade(url)
        db = Database(url)
        try:
            found = _fill(db, manifest, Path(work), now, progress, despite_faults)
        finally:
            db.close()
        if despite_faults or not found.faults:
            found.files = _put_back(Path(work), folder, manifest)
        return found


def _unpack(path: Path, work: Path, passphrase: str, digest: str, progress: Progress) -> Manifest:
    """Every part of the file, each held against the manifest."""
    measured: dict[str, tuple[int, str]] = {}
    try:
        with path.open("rb") as file, _opened(file, passphrase) as source:
            with tarfile.open(fileobj=source, mode="r|") as tar:
                for n, member in enumerate(tar):
                    progress("read", n, n + 1)
                    measured[member.name] = _take(tar, member, work)
            while source.read(1024 * 1024):
                """To the end, so that a sealed file shows whether it is whole."""
    except (tarfile.TarError, EOFError, OSError) as error:
        raise _refused(_("it cannot be read: {error}").format(error=error)) from error
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


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, work: Path) -> tuple[int, str]:
    """One part into the folder, under a name of ours."""
    source = tar.extractfile(member)
    kind, slash, name = member.name.rpartition("/")
    if source is None or kind not in ("", "tables", "files") or not name or "\\" in name:
        raise _refused(_("it holds {name}").format(name=member.name))
    target = work / f"{kind}{slash and '-'}{name}"
    with source, target.open("xb") as file:
        shutil.copyfileobj(source, file)
    with target.open("rb") as file:
        return member.size, hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _opened(file: BinaryIO, passphrase: str) -> Iterator[IO[bytes]]:
    if not is_sealed(file):
        if passphrase:
            raise _refused(_("it is not encrypted, though a passphrase was given"))
        yield file
        return
    if not passphrase:
        raise _refused(_("it is encrypted, and no passphrase was given"))
    yield cast(IO[bytes], Opener(file, passphrase))


def _manifest(work: Path, digest: str) -> Manifest:
    try:
        content = (work / MANIFEST).read_bytes()
        found = Manifest(**json.loads(content))
    except (OSError, ValueError, TypeError) as error:
        raise _refused(_("its manifest is missing or cannot be read")) from error
    if digest and hashlib.sha256(content).hexdigest() != digest.strip().lower():
        raise _refused(_("its manifest is not the one with that digest"))
    if found.format != FORMAT or found.revision != migrate.head():
        what = _("it is of revision {theirs}, this version of {ours}")
        raise _refused(what.format(theirs=found.revision, ours=migrate.head()))
    return found


class _Unsound(Exception):
    """Thrown inside the transaction, so that nothing of it stays."""


def _fill(
    db: Database,
    manifest: Manifest,
    work: Path,
    now: datetime,
    progress: Progress,
    despite_faults: bool,
) -> Restored:
    _refuse_taken(db)
    found = Restored(manifest.made_at)
    with suppress(_Unsound), db.write() as s:
        with filling.unguarded(s, *rows.all_tables()):
            for n, table in enumerate(rows.all_tables()):
                progress("restore", n, len(manifest.counts))
                for page in _lines(work, table):
                    filling.fill(s, table, page)
            for table in rows.all_tables():
                if filling.own_links(table):
                    for page in _lines(work, table):
                        filling.link(s, table, page)
            filling.count_on(s)
        _judge(s, manifest, found)
        if found.faults and not despite_faults:
            raise _Unsound
        found.held = _calm(s, now)
    return found


def _refuse_taken(db: Database) -> None:
    with db.read() as s:
        taken = [table.name for table in rows.all_tables() if rows.count(s, table)]
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
    """Counts, chains, anchors and balance of what was written, before it is committed."""
    for table in rows.all_tables():
        n = rows.count(s, table)
        found.rows += n
        if n != manifest.counts.get(table.name):
            found.faults.append(f"{table.name}: {manifest.counts.get(table.name)} there, {n} here")
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
