"""Ledgers that somebody has uploaded and not applied yet, each for its uploader only.

A folder a person, in it a folder an upload, named by the hash of file and mapping: what is
applied is exactly what was previewed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from config.i18n import gettext as _
from workflow.errors import Malformed, Reason
from workflow.ledgers.mapping import ImportRules, Mapping, load_mapping, parse_mapping

MAX_BYTES = 20 << 20
MAX_MAPPING_BYTES = 64 << 10
MAX_ROWS = 10_000
"""Rows that a browser may import: a second takes a thousand or more, and on SQLite all other
writers wait meanwhile."""
LIFETIME = timedelta(days=1)
SUFFIXES = (".csv", ".xlsx")
_EXAMPLES = Path(__file__).parents[2] / "examples"
SHIPPED = _EXAMPLES / "bureau_ledger.toml"
EXPORTED = (_EXAMPLES / "exported_ledger.toml", _EXAMPLES / "exported_ledger_en.toml")
"""Mappings of this program's own exports, known by their headers."""
_CHUNK = 1 << 20
_ABOUT = "about.json"
_INCOMING = ".incoming-"


@dataclass(frozen=True, slots=True)
class Upload:
    """A ledger that waits for its uploader's word. `name` is the file's own name."""

    key: str
    name: str
    path: Path
    mapping: Mapping


def keep(
    folder: Path,
    person_id: int,
    source: BinaryIO,
    name: str,
    mapping: tuple[str, bytes] | None,
    now: datetime,
) -> Upload:
    """Store an upload with its mapping (name and content; where it is None, the shipped one that
    fits: an export of this program is known by its headers).

    Raises `Malformed` for a file that is empty, too large or of another kind, and
    `ConfigurationError` for a mapping that says nothing usable.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise _refused(
            "ledger",
            _("{name} is neither .csv nor .xlsx.").format(name=_short(name)),
            _("Save the ledger as CSV (UTF-8) or as xlsx."),
        )
    given = _given(mapping) if mapping is not None else None
    own = _own(folder, person_id)
    own.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=own, prefix=_INCOMING) as draft:
        digest = _copy(source, Path(draft) / f"ledger{suffix}", name)
        mapping_name, text = given or _shipped(Path(draft) / f"ledger{suffix}")
        digest.update(b"\0" + text.encode())
        about = {"name": _short(name), "mapping": mapping_name, "at": now.isoformat()}
        (Path(draft) / "mapping.toml").write_text(text, encoding="utf-8")
        (Path(draft) / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
        place = own / digest.hexdigest()
        shutil.rmtree(place, ignore_errors=True)
        Path(draft).replace(place)
    return find(folder, person_id, digest.hexdigest(), now)


def find(folder: Path, person_id: int, key: str, now: datetime) -> Upload:
    """A person's own upload. Raises `Malformed` for one that is not there any more."""
    known = len(key) == 64 and set(key) <= set("0123456789abcdef")
    place = _own(folder, person_id) / key
    about = _about(place) if known else None
    if about is None or _old(about, now):
        raise _refused(
            "ledger",
            _("The uploaded ledger is no longer kept."),
            _("Upload it again."),
        )
    text = (place / "mapping.toml").read_text(encoding="utf-8")
    path = next(path for path in place.glob("ledger.*") if path.suffix in SUFFIXES)
    return Upload(key, about["name"], path, as_triage(parse_mapping(text, about["mapping"])))


def forget(upload: Upload) -> None:
    """Remove an upload."""
    shutil.rmtree(upload.path.parent, ignore_errors=True)


def tidy(folder: Path, now: datetime) -> int:
    """Remove everybody's uploads that are older than a day, and what was left behind of those
    that never became whole; returns how many."""
    gone = 0
    for place in folder.glob("*/*"):
        about = _about(place)
        if _untouched(place, now) if about is None or _draft(place) else _old(about, now):
            shutil.rmtree(place, ignore_errors=True)
            gone += 1
    return gone


def _draft(place: Path) -> bool:
    return place.name.startswith(_INCOMING)


def _untouched(place: Path, now: datetime) -> bool:
    """Whether nothing has come into a folder for a day."""
    try:
        changed = place.stat().st_mtime
    except OSError:  # it became whole, or somebody else removed it
        return False
    return now.timestamp() - changed > LIFETIME.total_seconds()


def check_rows(upload: Upload) -> int:
    """How many rows the ledger has. Raises `Malformed` for more than a browser may import."""
    rows = sum(1 for _row in islice(upload.mapping.open(upload.path).rows, MAX_ROWS + 1))
    if rows > MAX_ROWS:
        raise _refused(
            "ledger",
            _("{name} has more than {n} rows.").format(name=upload.name, n=MAX_ROWS),
            _("Split it, or let the administrator run: {command}").format(
                command="xiaohao import LEDGER --mapping MAPPING --as USERNAME"
            ),
        )
    return rows


def as_triage(mapping: Mapping) -> Mapping:
    """The mapping as a triage officer may use it: the hand-over stays the chief's own act."""
    rules = ImportRules(plan=mapping.plans, dispatch=False)
    return mapping.model_copy(update={"rules": rules})


def _own(folder: Path, person_id: int) -> Path:
    return folder / str(person_id)


def _about(place: Path) -> dict[str, str] | None:
    try:
        found: dict[str, str] = json.loads((place / _ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _old(about: dict[str, str], now: datetime) -> bool:
    return now - datetime.fromisoformat(about["at"]) > LIFETIME


def _given(mapping: tuple[str, bytes]) -> tuple[str, str]:
    """An own mapping's name and text, which must be one."""
    name, raw = mapping
    if len(raw) > MAX_MAPPING_BYTES:
        raise _refused("mapping", _("The mapping is too large."), _("Give a smaller file."))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = _("{name} is not text in UTF-8.").format(name=_short(name))
        raise _refused("mapping", message, _("Save the mapping in UTF-8.")) from None
    parse_mapping(text, _short(name))
    return _short(name), text


def _shipped(ledger: Path) -> tuple[str, str]:
    """The shipped mapping that fits the headers: an export's, else the usual ledger's."""
    fitting = (file for file in EXPORTED if _fits(file, ledger))
    file = next(fitting, SHIPPED)
    return file.name, file.read_text(encoding="utf-8")


def _fits(file: Path, ledger: Path) -> bool:
    mapping = load_mapping(file)
    try:
        return mapping.fits(mapping.open(ledger).headers)
    except Malformed:  # whoever reads it next says why
        return False


def _copy(source: BinaryIO, target: Path, name: str) -> hashlib._Hash:
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as stream:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > MAX_BYTES:
                raise _refused(
                    "ledger",
                    _("{name} is larger than {n} MB.").format(name=_short(name), n=MAX_BYTES >> 20),
                    _("Split it, or save it as CSV (UTF-8)."),
                )
            digest.update(chunk)
            stream.write(chunk)
    if not size:
        raise _refused(
            "ledger", _("{name} is empty.").format(name=_short(name)), _("Choose another file.")
        )
    return digest


def _short(name: str) -> str:
    """A file's own name without folders, to be shown."""
    return Path(name.replace("\\", "/")).name[-100:]


def _refused(field: str, message: str, remedy: str) -> Malformed:
    return Malformed(Reason(f"{field}_unusable", message, field, remedy))
