"""Files of evidence, kept under the hash of their content: the same file is kept once."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeVar

from config.i18n import gettext as _
from workflow.errors import Malformed, Reason

T = TypeVar("T")
MAX_BYTES = 50 * 1024 * 1024
_CHUNK = 1024 * 1024


def keep(
    folder: Path,
    source: BinaryIO,
    name: str,
    inspect: Callable[[Path], T],
    *,
    max_bytes: int = MAX_BYTES,
) -> tuple[str, int, T]:
    """Copy a stream into the store; returns SHA-256 (hex), size in bytes and what `inspect` found.

    `inspect` is given the copy before it has a name. It may refuse it by raising, and may change
    it. The copy is whole and on the disk before its name appears, so that a crash leaves either
    the file or nothing. Raises `Malformed` for what is empty or too large; `name` is for messages.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".incoming-")
    try:
        with os.fdopen(handle, "wb") as target:
            _copy(source, target, name, max_bytes)
        found = inspect(Path(temporary))
        digest, size = _settle(folder, Path(temporary))
    finally:
        Path(temporary).unlink(missing_ok=True)
    return digest, size, found


def locate(folder: Path, sha256: str) -> Path:
    """Where content with that hash lies. Raises `Malformed` for what is no such hash."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise Malformed(Reason("sha256_malformed", _("This is no SHA-256 hash."), "sha256"))
    return folder / sha256[:2] / sha256


def open_regular(path: Path) -> BinaryIO:
    """Open a file that somebody named. Raises `Malformed` for what is no regular file.

    A link is followed to one by nobody: it could lead out of the folder the user meant.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    if path.is_symlink():
        raise _refused(path, _("{path} is a link."), _("Name the file itself."))
    try:
        source = os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb")
    except OSError as error:
        raise _refused(
            path,
            _("{path} cannot be read: {detail}."),
            _("Check its name and your rights."),
            error.strerror or "",
        ) from None
    if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
        source.close()
        raise _refused(path, _("{path} is no file."), _("Name a file, not a folder or device."))
    return source


def _copy(source: BinaryIO, target: BinaryIO, name: str, most: int) -> None:
    size = 0
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        if size > most:
            raise _refused(
                name,
                _("{path} is larger than {detail} MB."),
                _("Give a smaller file."),
                str(most // 1024 // 1024),
            )
        target.write(chunk)
    if not size:
        raise _refused(name, _("{path} is empty."), _("Give a file with content."))


def _settle(folder: Path, temporary: Path) -> tuple[str, int]:
    with temporary.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
        size = content.tell()
        os.fsync(content.fileno())
    final = locate(folder, digest)
    final.parent.mkdir(exist_ok=True)
    temporary.chmod(0o440)
    temporary.replace(final)
    for parent in (final.parent, folder):
        _sync_folder(parent)
    return digest, size


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder durable, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # not every system opens folders
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refused(path: Path | str, message: str, remedy: str, detail: str = "") -> Malformed:
    return Malformed(
        Reason("file_refused", message.format(path=path, detail=detail), "evidence", remedy)
    )
