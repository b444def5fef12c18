"""Lists that somebody has uploaded and not taken yet, each for its uploader only."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from config.i18n import gettext as _
from projects.library.imports.plan import Target
from workflow.errors import Malformed, Reason

MAX_BYTES = 20 << 20
LIFETIME = timedelta(days=1)
SUFFIXES = (".csv", ".xlsx")
_ABOUT, _DRAFT, _CHUNK = "about.json", ".incoming-", 1 << 20


@dataclass(frozen=True, slots=True)
class Upload:
    """A list that waits for its uploader's word. `name` is the file's own name."""

    key: str
    name: str
    path: Path
    target: Target


def folder(var_dir: Path) -> Path:
    """Where the lists wait."""
    return var_dir / "project-lists"


def keep(
    folder: Path, person_id: int, source: BinaryIO, name: str, target: Target, now: datetime
) -> Upload:
    """Store a file with what it is said to be. Raises `Malformed` for another kind of file, an
    empty one, and one that is too large."""
    tidy(folder, now)
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise _refused(_("The list is neither .csv nor .xlsx."), _("Save it as CSV or as xlsx."))
    own = folder / str(person_id)
    own.mkdir(parents=True, exist_ok=True)
    about = {"name": _short(name), "list": target.list_code, "year": target.year,
             "library": target.library, "as_of": target.as_of.isoformat(),
             "at": now.isoformat()}  # fmt: skip
    with tempfile.TemporaryDirectory(dir=own, prefix=_DRAFT) as draft:
        digest = _copy(source, Path(draft) / f"list{suffix}")
        told = {n: v for n, v in about.items() if n != "at"}
        digest.update(json.dumps(told, sort_keys=True).encode())
        (Path(draft) / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
        place = own / digest.hexdigest()
        shutil.rmtree(place, ignore_errors=True)
        Path(draft).replace(place)
    return find(folder, person_id, digest.hexdigest(), now)


def find(folder: Path, person_id: int, key: str, now: datetime) -> Upload:
    """A person's own upload. Raises `Malformed` for one that is not there any more."""
    known = len(key) == 64 and set(key) <= set("0123456789abcdef")
    place = folder / str(person_id) / key
    about = _about(place) if known else None
    if about is None or _old(about, now):
        raise _refused(_("The uploaded list is no longer kept."), _("Upload it again."))
    path = next(path for path in place.glob("list.*") if path.suffix in SUFFIXES)
    day = date.fromisoformat(str(about["as_of"]))
    target = Target(str(about["list"]), int(about["year"]), str(about["library"]), day)
    return Upload(key, str(about["name"]), path, target)


def forget(upload: Upload) -> None:
    """Remove an upload."""
    shutil.rmtree(upload.path.parent, ignore_errors=True)


def tidy(folder: Path, now: datetime) -> int:
    """Remove everybody's uploads that are older than a day; how many there were."""
    gone = 0
    for place in folder.glob("*/*"):
        about = _about(place)
        if about is not None and _old(about, now):
            shutil.rmtree(place, ignore_errors=True)
            gone += 1
    return gone


def _about(place: Path) -> dict[str, str] | None:
    try:
        found: dict[str, str] = json.loads((place / _ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _old(about: dict[str, str], now: datetime) -> bool:
    return now - datetime.fromisoformat(about["at"]) > LIFETIME


def _copy(source: BinaryIO, target: Path) -> hashlib._Hash:
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as stream:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > MAX_BYTES:
                message = _("The list is larger than {n} MB.").format(n=MAX_BYTES >> 20)
                raise _refused(message, _("Split it, or save it as CSV (UTF-8)."))
            digest.update(chunk)
            stream.write(chunk)
    if not size:
        raise _refused(_("The list is empty."), _("Choose another file."))
    return digest


def _short(name: str) -> str:
    return Path(name.replace("\\", "/")).name[-100:]


def _refused(message: str, remedy: str) -> Malformed:
    return Malformed(Reason("list_unusable", message, "file", remedy))
