"""File names as people gave them, made harmless: they are shown, and offered when downloading."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

from config.i18n import gettext as _
from workflow.evidence_safety.refusals import refused

MOST = 200
_FORBIDDEN = dict.fromkeys(map(ord, '<>:"|?*'), "_")


def clean_name(declared: str) -> str:
    """The last part of the name, without control or direction characters, at most 200 long.

    Both kinds of slashes part folders, whatever system the name comes from. Characters that turn
    the writing direction are dropped, since `gpj.exe` can be made to read `exe.jpg`. Raises
    `Malformed` when nothing is left.
    """
    last = declared.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(c for c in unicodedata.normalize("NFC", last) if _harmless(c))
    name = " ".join(shown.translate(_FORBIDDEN).split()).strip(". ")
    if not name:
        raise refused(
            "file_name_missing", _("The file has no usable name."), _("Give the file a name.")
        )
    return _shortened(name)


def ending(name: str) -> str:
    """The name's ending in small letters, with its dot; empty without one."""
    return PurePosixPath(name).suffix.lower()


def _harmless(char: str) -> bool:
    return char.isspace() or unicodedata.category(char)[0] != "C"


def _shortened(name: str) -> str:
    if len(name) <= MOST:
        return name
    tail = PurePosixPath(name).suffix[:20]
    return name[: MOST - len(tail)].rstrip(". ") + tail
