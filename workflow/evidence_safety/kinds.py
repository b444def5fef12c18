"""Kinds of files that may prove something (an allow-list), and the names they go by.

Documents before photos (domain report §1, burden reduction). Archives are left out: what is
inside was not looked at. HTML and SVG are left out: they act when they are opened.
"""

from __future__ import annotations

from dataclasses import dataclass

from config.i18n import N_

_OPEN_XML = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file: its media type and the endings that fit it."""

    name: str
    media_type: str
    endings: tuple[str, ...]


PDF = FileKind("PDF", "application/pdf", (".pdf",))
DOCX = FileKind("Word", _OPEN_XML + "wordprocessingml.document", (".docx",))
XLSX = FileKind("Excel", _OPEN_XML + "spreadsheetml.sheet", (".xlsx",))
PPTX = FileKind("PowerPoint", _OPEN_XML + "presentationml.presentation", (".pptx",))
DOC = FileKind("Word 97 / WPS", "application/msword", (".doc", ".wps"))
XLS = FileKind("Excel 97 / WPS", "application/vnd.ms-excel", (".xls", ".et"))
PPT = FileKind("PowerPoint 97 / WPS", "application/vnd.ms-powerpoint", (".ppt", ".dps"))
OFD = FileKind("OFD", "application/ofd", (".ofd",))
JPEG = FileKind("JPEG", "image/jpeg", (".jpg", ".jpeg"))
PNG = FileKind("PNG", "image/png", (".png",))
HEIC = FileKind("HEIC", "image/heic", (".heic", ".heif"))
TEXT = FileKind(N_("plain text"), "text/plain", (".txt",))
CSV = FileKind("CSV", "text/csv", (".csv",))

KINDS = (PDF, DOCX, XLSX, PPTX, DOC, XLS, PPT, OFD, JPEG, PNG, HEIC, TEXT, CSV)
ENDINGS = tuple(ending for kind in KINDS for ending in kind.endings)
UNKNOWN_TYPE = "application/octet-stream"


def by_ending(ending: str) -> FileKind | None:
    """The kind that a file name's ending (`.pdf`) promises."""
    return next((kind for kind in KINDS if ending.lower() in kind.endings), None)
