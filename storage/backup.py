"""`xiaohao backup`: everything in one file, while the system goes on working.

A tar of one gzipped file of JSON lines for each table, as one transaction saw them, the files of
evidence that they name, and at its end a manifest: what is in it, with the SHA-256 of each part,
and where every chain of events stood. SQLite and PostgreSQL write the same file, and either reads
it. With a passphrase the whole of it is encrypted.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from sqlalchemy import Table

from models import migrate
from models.db import Database, Session
from models.queries.stored_files import named_files
from storage import rows
from storage.sealing import Sealer
from storage.soundness import Progress
from workflow import audit

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(slots=True)
class Manifest:
    """What a backup holds. `parts` maps a part's name to its size in bytes and its SHA-256;
    `anchor` maps each chain to the number and hash of its newest event; `columns` says by table
    how the rows are laid out."""

    format: int
    made_at: str
    revision: str | None
    dialect: str
    counts: dict[str, int] = field(default_factory=dict)
    parts: dict[str, tuple[int, str]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    anchor: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, list[str]] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """As the file has it."""
        return json.dumps(asdict(self), sort_keys=True, indent=1).encode()


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup. `digest` is the SHA-256 of its manifest: note it elsewhere, and a file
    that was changed together with its manifest is recognised, too."""

    path: Path
    size: int
    rows: int
    files: int
    missing: list[str]
    digest: str


def backup(
    db: Database,
    folder: Path,
    path: Path,
    now: datetime,
    progress: Progress,
    passphrase: str = "",
) -> Made:
    """Write a backup to `path`; files of evidence come from `folder`. It appears whole or not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            with _sealed(file, passphrase) as target, db.read() as s:
                manifest = _write(s, folder, target, now, progress)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return Made(
        path, path.stat().st_size, sum(manifest.counts.values()),
        sum(name.startswith("files/") for name in manifest.parts), manifest.missing,
        hashlib.sha256(manifest.to_bytes()).hexdigest(),
    )  # fmt: skip


@contextmanager
def _sealed(file: BinaryIO, passphrase: str) -> Iterator[BinaryIO]:
    if not passphrase:
        yield file
        return
    sealer = Sealer(file, passphrase)
    yield cast(BinaryIO, sealer)
    sealer.close()


def _write(
    s: Session, folder: Path, target: BinaryIO, now: datetime, progress: Progress
) -> Manifest:
    manifest = Manifest(
        FORMAT, now.isoformat(), migrate.revision_of(s.conn), s.dialect, anchor=audit.anchor(s)
    )
    every, files = rows.all_tables(), named_files(s)
    total = len(every) + len(files)
    with tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for n, table in enumerate(every):
            progress("backup", n, total)
            _add_table(s, table, tar, manifest)
        for n, digest in enumerate(files, len(every)):
            progress("backup", n, total)
            _add_file(folder, digest, tar, manifest)
        content = manifest.to_bytes()
        _add(tar, MANIFEST, io.BytesIO(content), len(content))
    progress("backup", total, total)
    return manifest


def _add_table(s: Session, table: Table, tar: tarfile.TarFile, manifest: Manifest) -> None:
    name, n = f"tables/{table.name}.jsonl.gz", 0
    with tempfile.TemporaryFile() as file:
        with gzip.GzipFile(
            fileobj=file, mode="wb", filename="", mtime=0, compresslevel=6
        ) as packed:
            for page in rows.walk(s, table):
                n += len(page)
                packed.write(b"".join(rows.line(row) + b"\n" for row in page))
        size, digest = _measured(file)
        _add(tar, name, file, size)
    manifest.counts[table.name], manifest.parts[name] = n, (size, digest)
    manifest.columns[table.name] = [column.name for column in table.columns]


def _add_file(folder: Path, sha256: str, tar: tarfile.TarFile, manifest: Manifest) -> None:
    """A stored file; one that has gone is named in the manifest instead of stopping the backup."""
    try:
        file = (folder / sha256[:2] / sha256).open("rb")
    except OSError:
        manifest.missing.append(sha256)
        return
    with file:
        size, digest = _measured(file)
        if digest != sha256:
            manifest.missing.append(sha256)
            return
        _add(tar, f"files/{sha256}", file, size)
    manifest.parts[f"files/{sha256}"] = (size, digest)


def _measured(file: IO[bytes]) -> tuple[int, str]:
    file.seek(0)
    digest = hashlib.file_digest(cast(Any, file), "sha256").hexdigest()
    size = file.tell()
    file.seek(0)
    return size, digest


def _add(tar: tarfile.TarFile, name: str, file: IO[bytes], size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    tar.addfile(member, file)
