"""An archive file: gzipped JSON lines, one an issue, and a manifest with the digest of each.

The form is that of a backup (a tar, sealed on wish), so that it is opened by the same means, and
by nothing but `tar` and `zcat` where it is not sealed.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from config.i18n import gettext as _
from storage import parts
from storage.archive.records import COLUMNS, Record, chain_fault, head, parsed
from storage.sealing import Sealer
from workflow.errors import Malformed, Reason

FORMAT, KIND = 1, "xiaohao archive"
MANIFEST, ISSUES = "manifest.json", "issues.jsonl.gz"
Listed = list[Any]
"""An issue in the manifest: id, number, number and hash of its newest event, digest of its line."""


@dataclass(slots=True)
class Manifest:
    """What an archive holds, and how its rows are laid out."""

    format: int
    kind: str
    name: str
    month: str
    made_at: str
    revision: str | None
    columns: dict[str, list[str]] = field(default_factory=lambda: dict(COLUMNS))
    issues: list[Listed] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    parts: dict[str, tuple[int, str]] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """As the file has it."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False, indent=1).encode()

    @property
    def digest(self) -> str:
        """SHA-256 of the manifest, which stands for the whole file."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


@dataclass(slots=True)
class Opened:
    """A file whose parts are those of its manifest. Good as long as it is open."""

    manifest: Manifest
    digest: str
    lines: Path

    def records(self) -> Iterator[Record]:
        """Each issue in order. Raises `Malformed` at one that is not what the manifest says."""
        with gzip.open(self.lines, "rb") as file:
            for listed, line in zip(self.manifest.issues, file, strict=True):
                yield self._checked(listed, line.rstrip(b"\n"))

    def _checked(self, listed: Listed, line: bytes) -> Record:
        if hashlib.sha256(line).hexdigest() != listed[4]:
            raise refused(_("the line of {number} was changed").format(number=listed[1]))
        record, columns = parsed(line), self.manifest.columns
        if [record.issue_id, record.number, *head(record, columns), listed[4]] != listed:
            raise refused(_("its list does not name {number} rightly").format(number=listed[1]))
        if fault := chain_fault(record, columns):
            raise refused(f"{record.number}: {fault}")
        return record


def write(path: Path, manifest: Manifest, records: Iterable[Record], passphrase: str) -> None:
    """Write a file, which appears under its name only when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            with _sealed(file, passphrase) as target:
                _write(target, manifest, records)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
        _sync(path.parent)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _write(target: BinaryIO, manifest: Manifest, records: Iterable[Record]) -> None:
    with tempfile.TemporaryFile() as lines:
        with gzip.GzipFile(fileobj=lines, mode="wb", filename="", mtime=0) as packed:
            for record in records:
                packed.write(record.line + b"\n")
                _note(manifest, record)
        size = lines.tell()
        lines.seek(0)
        manifest.parts[ISSUES] = (size, hashlib.file_digest(lines, "sha256").hexdigest())
        lines.seek(0)
        with tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            _add(tar, ISSUES, cast(BinaryIO, lines), size)
            content = manifest.to_bytes()
            _add(tar, MANIFEST, io.BytesIO(content), len(content))


def _note(manifest: Manifest, record: Record) -> None:
    listed = [
        record.issue_id, record.number, *head(record, manifest.columns), record.digest,
    ]  # fmt: skip
    manifest.issues.append(listed)
    for name, found in record.moved.items():
        manifest.counts[name] = manifest.counts.get(name, 0) + len(found)


def _add(tar: tarfile.TarFile, name: str, file: BinaryIO, size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    tar.addfile(member, file)


@contextmanager
def _sealed(file: BinaryIO, passphrase: str) -> Iterator[BinaryIO]:
    if not passphrase:
        yield file
        return
    sealer = Sealer(file, passphrase)
    yield cast(BinaryIO, sealer)
    sealer.close()


def _sync(folder: Path) -> None:
    """The name itself survives a power cut, too: rows go only after it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def opened(path: Path, passphrase: str = "", digest: str = "") -> Iterator[Opened]:
    """An archive whose parts and manifest were checked. Raises `Malformed`."""
    with tempfile.TemporaryDirectory(prefix="xiaohao-archive-") as work:
        measured = parts.unpack(path, Path(work), passphrase, refused, lambda _n: None)
        manifest, found = _manifest(Path(work), digest)
        measured.pop(MANIFEST)
        if measured != {name: tuple(part) for name, part in manifest.parts.items()}:
            raise refused(_("its parts are not those of its manifest"))
        yield Opened(manifest, found, Path(work) / ISSUES)


def _manifest(work: Path, digest: str) -> tuple[Manifest, str]:
    try:
        content = (work / MANIFEST).read_bytes()
        manifest = Manifest(**json.loads(content))
    except (OSError, ValueError, TypeError) as error:
        raise refused(_("its manifest is missing or cannot be read")) from error
    if (manifest.format, manifest.kind) != (FORMAT, KIND):
        raise refused(_("it is no archive of this program"))
    found = hashlib.sha256(content).hexdigest()
    if digest and found != digest:
        raise refused(_("its manifest is not the one with that digest"))
    return manifest, found


def refused(what: str) -> Malformed:
    """The refusal of a file."""
    return Malformed(
        Reason(
            "archive_refused",
            _("The archive cannot be used: {what}.").format(what=what),
            "file",
            _("Take another copy of the file; nothing was changed."),
        )
    )
