"""Pictures: sound, of bearable size, and without the place where they were taken."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from config.i18n import gettext as _
from workflow.evidence_safety.gps_png import PngBroken, clean_png
from workflow.evidence_safety.gps_tiff import wipe_gps
from workflow.evidence_safety.gps_xmp import blank_gps
from workflow.evidence_safety.kinds import HEIC, PNG, FileKind
from workflow.evidence_safety.refusals import refused

_GPS, _ORIENTATION = 0x8825, 0x0112
_FORMATS = ("JPEG", "PNG")


def examine(path: Path, kind: FileKind, most_pixels: int) -> None:
    """Refuse (`Malformed`) a picture that is damaged or has more than `most_pixels`.

    Only its head is read; nothing is decoded, so a small file cannot fill the memory.
    """
    size = _heic_size(path.read_bytes()) if kind is HEIC else _size(path)
    if size is None:
        raise _broken()
    if size[0] * size[1] > most_pixels:
        raise _too_large(most_pixels)


def forget_place(path: Path, kind: FileKind) -> bool:
    """Take the place out of a picture's file; whether there was one. Orientation stays.

    Raises `Malformed` when the place cannot be taken out for certain.
    """
    before, seen_before = path.read_bytes(), _seen(path, kind)
    after = _cleaned(before, kind)
    if after is None:
        if seen_before is not None and seen_before.place:
            raise _place_remains()
        return False
    path.write_bytes(after)
    seen = _seen(path, kind)
    if seen is None or seen_before is None or seen.turn != seen_before.turn or seen.place:
        raise _place_remains()
    if _cleaned(after, kind) is not None:
        raise _place_remains()
    return True


def _cleaned(content: bytes, kind: FileKind) -> bytes | None:
    """The file without the place, or None when it tells none."""
    if kind is PNG:
        try:
            return clean_png(content)
        except PngBroken:
            raise _broken() from None
    data = bytearray(content)
    wiped, blanked = wipe_gps(data), blank_gps(data)
    return bytes(data) if wiped or blanked else None


def _size(path: Path) -> tuple[int, int] | None:
    """Width and height in pixels, or None for a damaged file."""
    try:
        with Image.open(path, formats=_FORMATS) as picture:
            return picture.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(Image.MAX_IMAGE_PIXELS or 0) from None
    except (OSError, ValueError, EOFError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class _Seen:
    """Orientation, and whether a place is told."""

    turn: object
    place: bool


def _seen(path: Path, kind: FileKind) -> _Seen | None:
    """What a reader that is not ours sees in the Exif data; None where it stumbles.

    For HEIC there is no such reader.
    """
    if kind is HEIC:
        return _Seen(None, False)
    try:
        with Image.open(path, formats=_FORMATS) as picture:
            exif = Image.Exif()
            exif.load(picture.info.get("exif", b""))
            return _Seen(exif.get(_ORIENTATION), bool(exif.get_ifd(_GPS)))
    except (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, struct.error):
        return None


def _heic_size(content: bytes) -> tuple[int, int] | None:
    """The largest picture in a HEIC file (ISO/IEC 23008-12, `ispe`), or None without any."""
    found, at = [], content.find(b"ispe")
    while at >= 0 and at + 16 <= len(content):
        width, height = struct.unpack_from(">II", content, at + 8)
        found.append((width, height))
        at = content.find(b"ispe", at + 4)
    return max(found, key=lambda size: size[0] * size[1], default=None)


def _place_remains() -> Exception:
    return refused(
        "place_remains",
        _("The picture tells where it was taken, and that could not be removed."),
        _("Export the picture without its location, then give it again."),
    )


def _broken() -> Exception:
    return refused(
        "picture_broken", _("The picture is damaged."), _("Export it anew, then give it again.")
    )


def _too_large(most: int) -> Exception:
    return refused(
        "picture_too_large",
        _("The picture has more than {n} million pixels.").format(n=most // 1_000_000),
        _("Give a smaller picture."),
    )
