"""Files of several parts, sealed or not: opened, and each part taken out with its digest."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from config.i18n import gettext as _
from storage.sealing import Opener, is_sealed
from workflow.errors import Malformed

Refuse = Callable[[str], Malformed]
"""Makes the refusal of a file out of what is wrong with it."""
Measured = dict[str, tuple[int, str]]
"""By a part's name: its size in bytes and its SHA-256."""


def unpack(
    path: Path, work: Path, passphrase: str, refuse: Refuse, told: Callable[[int], None]
) -> Measured:
    """Every part of the file into the folder `work`, each measured; `told` hears of each.

    A part `folder/name` becomes the file `folder-name`. Raises what `refuse` makes.
    """
    measured: Measured = {}
    try:
        with path.open("rb") as file, _opened(file, passphrase, refuse) as source:
            with tarfile.open(fileobj=source, mode="r|") as tar:
                for n, member in enumerate(tar):
                    told(n)
                    measured[member.name] = _take(tar, member, work, refuse)
            # to the end, so that a sealed file shows whether it is whole
            while rest := source.read(1024 * 1024):
                if rest.strip(b"\0"):
                    raise refuse(_("something follows its end"))
    except (tarfile.TarError, EOFError, OSError) as error:
        raise refuse(_("it cannot be read: {error}").format(error=error)) from error
    return measured


def _take(
    tar: tarfile.TarFile, member: tarfile.TarInfo, work: Path, refuse: Refuse
) -> tuple[int, str]:
    """One part into the folder, under a name of ours."""
    source = tar.extractfile(member)
    kind, slash, name = member.name.rpartition("/")
    if source is None or kind not in ("", "tables", "files") or not name or "\\" in name:
        raise refuse(_("it holds {name}").format(name=member.name))
    target = work / f"{kind}{slash and '-'}{name}"
    with source, target.open("xb") as file:
        shutil.copyfileobj(source, file)
    with target.open("rb") as file:
        return member.size, hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _opened(file: BinaryIO, passphrase: str, refuse: Refuse) -> Iterator[IO[bytes]]:
    if not is_sealed(file):
        if passphrase:
            raise refuse(_("it is not encrypted, though a passphrase was given"))
        yield file
        return
    if not passphrase:
        raise refuse(_("it is encrypted, and no passphrase was given"))
    yield cast(IO[bytes], Opener(file, passphrase))
