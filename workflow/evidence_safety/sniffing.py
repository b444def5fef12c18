"""What a file really is, by its own bytes; its name must agree."""

from __future__ import annotations

from pathlib import Path

import puremagic

from config.i18n import gettext as _
from workflow.evidence_safety.containers import OLE_MAGIC, ZIP_MAGIC, ole_kind, zip_kind
from workflow.evidence_safety.kinds import (
    CSV,
    ENDINGS,
    HEIC,
    JPEG,
    PDF,
    PNG,
    TEXT,
    FileKind,
    by_ending,
)
from workflow.evidence_safety.names import ending
from workflow.evidence_safety.refusals import refused
from workflow.evidence_safety.texts import is_plain_text

_HEAD = 4096
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def kind_of(path: Path, name: str) -> FileKind:
    """The kind of a file that is called `name`.

    Raises `Malformed` for an ending that is not on the list, for content that is of no kind on
    the list, and for content that is not what the name says.
    """
    promised = by_ending(ending(name))
    if promised is None:
        raise _not_taken(ending(name) or name)
    with path.open("rb") as source:
        head = source.read(_HEAD)
    found = _found(path, head, promised)
    if found is None:
        raise _not_taken(_described(head))
    if found is not promised:
        raise refused(
            "file_type_mismatch",
            _("The file is called {name}, but its content is {found}.").format(
                name=name, found=_(found.name)
            ),
            _("Give the file the ending that fits its content: {endings}.").format(
                endings=", ".join(found.endings)
            ),
        )
    return found


def _found(path: Path, head: bytes, promised: FileKind) -> FileKind | None:
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head[4:8] == b"ftyp":
        return HEIC if head[8:12] in _HEIC_BRANDS else None
    if head.startswith(ZIP_MAGIC):
        return zip_kind(path)
    if head.startswith(OLE_MAGIC):
        return ole_kind(path)
    # text has no mark of its own, so only what is called a text is tried as one
    return promised if promised in (TEXT, CSV) and is_plain_text(path) else None


def _described(head: bytes) -> str:
    """What the content seems to be, in as many words as are known."""
    if head.startswith(ZIP_MAGIC):
        return _("an archive")
    try:
        known = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return _("of an unknown kind")
    return known[0].name or known[0].extension or _("of an unknown kind")


def _not_taken(found: str) -> Exception:
    return refused(
        "file_type_refused",
        _("Files of this kind are not taken as evidence: {found}.").format(found=found),
        _("Give one of: {endings}.").format(endings=", ".join(ENDINGS)),
    )
