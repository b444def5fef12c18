"""Office files: zip packages (OOXML, OFD) and the older compound files, told by what is inside.

Only directories are read and nothing is unpacked, so no file can be made to swell here.
"""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from config.i18n import gettext as _
from workflow.evidence_safety.kinds import DOC, DOCX, OFD, PPT, PPTX, XLS, XLSX, FileKind
from workflow.evidence_safety.refusals import refused

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGIC = b"PK\x03\x04"

_PARTS = {"word/": DOCX, "xl/": XLSX, "ppt/": PPTX}
_STREAMS = {"WordDocument": DOC, "Workbook": XLS, "Book": XLS, "PowerPoint Document": PPT}
_MACROS = {"Macros", "_VBA_PROJECT_CUR", "VBA"}
_MOST_ENTRIES = 10_000
_MOST_UNPACKED = 1024 * 1024 * 1024
_MOST_SWELLING = 200
_SMALL = 10 * 1024 * 1024
_MOST_SECTORS = 4096
_END = 0xFFFFFFFA


def zip_kind(path: Path) -> FileKind | None:
    """The office kind of a zip package, or None for any other archive.

    Raises `Malformed` for a package that would swell beyond measure, is broken, or has macros.
    """
    try:
        with zipfile.ZipFile(path) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError):
        raise _broken() from None
    _refuse_bomb(entries)
    names = {entry.filename for entry in entries}
    if any(PurePosixPath(name).name.lower() == "vbaproject.bin" for name in names):
        raise _with_macros()
    if "OFD.xml" in names:
        return OFD
    if "[Content_Types].xml" not in names:
        return None
    found = {kind for part, kind in _PARTS.items() if any(n.startswith(part) for n in names)}
    return found.pop() if len(found) == 1 else None


def _refuse_bomb(entries: list[zipfile.ZipInfo]) -> None:
    packed = sum(entry.compress_size for entry in entries)
    unpacked = sum(entry.file_size for entry in entries)
    swelling = unpacked > _SMALL and unpacked > packed * _MOST_SWELLING
    if len(entries) > _MOST_ENTRIES or unpacked > _MOST_UNPACKED or swelling:
        raise refused(
            "file_swells",
            _("The file would take up far more room when opened than it says."),
            _("Save the document anew, or give it as PDF."),
        )


def ole_kind(path: Path) -> FileKind | None:
    """The kind of a compound file by its streams, or None (installers, mails and others).

    Raises `Malformed` for one that is broken or has macros.
    """
    with path.open("rb") as source:
        try:
            names = _ole_names(source)
        except (struct.error, IndexError, ValueError, UnicodeDecodeError):
            raise _broken() from None
    if names & _MACROS:
        raise _with_macros()
    found = {kind for stream, kind in _STREAMS.items() if stream in names}
    return found.pop() if len(found) == 1 else None


def _ole_names(source: BinaryIO) -> set[str]:
    """Names in the directory of a compound file ([MS-CFB] 2.2, 2.6)."""
    header = source.read(512)
    shift = struct.unpack_from("<H", header, 30)[0]
    if shift not in (9, 12):
        raise ValueError("sector size")
    size = 1 << shift
    table = _allocation(source, header, size)
    sector = struct.unpack_from("<I", header, 48)[0]
    names: set[str] = set()
    for _turn in range(_MOST_SECTORS):
        if sector >= _END:
            return names
        names |= _entries(_sector(source, sector, size))
        place = sector // (size // 4)
        chain = _sector(source, table[place], size)
        sector = struct.unpack_from("<I", chain, sector % (size // 4) * 4)[0]
    raise ValueError("the directory has no end")


def _allocation(source: BinaryIO, header: bytes, size: int) -> list[int]:
    """Where the allocation table lies: 109 places in the header, the others in a chain."""
    table = list(struct.unpack_from("<109I", header, 76))
    following = struct.unpack_from("<I", header, 68)[0]
    for _turn in range(_MOST_SECTORS):
        if following >= _END:
            return [number for number in table if number < _END]
        *more, following = struct.unpack(f"<{size // 4}I", _sector(source, following, size))
        table += more
    raise ValueError("the table has no end")


def _sector(source: BinaryIO, number: int, size: int) -> bytes:
    source.seek((number + 1) * size)
    return source.read(size).ljust(size, b"\0")


def _entries(sector: bytes) -> set[str]:
    found = set()
    for start in range(0, len(sector), 128):
        length, kind = struct.unpack_from("<HB", sector, start + 64)
        if kind and 2 <= length <= 64:
            found.add(sector[start : start + length - 2].decode("utf-16-le"))
    return found


def _broken() -> Exception:
    return refused(
        "file_broken",
        _("The file is damaged, or not what it says it is."),
        _("Save the document anew, or give it as PDF."),
    )


def _with_macros() -> Exception:
    return refused(
        "file_has_macros",
        _("The document contains macros."),
        _("Save it without macros, or give it as PDF."),
    )
