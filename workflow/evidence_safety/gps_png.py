"""Where a photo was taken, taken out of a PNG's chunks (PNG third edition, 11.3)."""

from __future__ import annotations

import re
import struct
import zlib

from workflow.evidence_safety.gps_tiff import wipe_gps
from workflow.evidence_safety.gps_xmp import blank_gps

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_MOST_TEXT = 16 * 1024 * 1024
_HEX = re.compile(rb"[^0-9a-fA-F]+")


class PngBroken(Exception):
    """The chunks do not fit together."""


def clean_png(data: bytes) -> bytes | None:
    """The picture without its place, or None when it told none. Raises `PngBroken`."""
    out, changed, at = [SIGNATURE], False, len(SIGNATURE)
    while at < len(data):
        size = struct.unpack_from(">I", data, at)[0] if at + 12 <= len(data) else -1
        end = at + 12 + size
        if size < 0 or end > len(data):
            raise PngBroken
        kind, content = data[at + 4 : at + 8], data[at + 8 : end - 4]
        cleaned = _clean(kind, content)
        out.append(data[at:end] if cleaned is content else _chunk(kind, cleaned))
        changed |= cleaned is not content
        at = end
        if kind == b"IEND":
            break
    else:
        raise PngBroken
    return b"".join([*out, data[at:]]) if changed else None


def _clean(kind: bytes, content: bytes) -> bytes | None:
    """A chunk's content without the place: the very same, a changed one, or None to drop it."""
    if kind == b"eXIf":
        exif = bytearray(content)
        return bytes(exif) if wipe_gps(exif) else content
    if kind in _TEXTS:
        return _clean_text(kind, content)
    return content


def _clean_text(kind: bytes, content: bytes) -> bytes | None:
    keyword, text = _parts(kind, content)
    if b"gps" in keyword.lower():
        return None
    value = bytearray(text)
    if keyword.lower().startswith(b"raw profile type"):
        raw = bytearray.fromhex(_digits(text))
        return None if wipe_gps(raw) or blank_gps(raw) else content
    if not blank_gps(value):
        return content
    if kind == b"iTXt":
        return keyword + b"\0\0\0\0\0" + bytes(value)
    return keyword + b"\0" + (b"\0" + zlib.compress(value) if kind == b"zTXt" else bytes(value))


def _parts(kind: bytes, content: bytes) -> tuple[bytes, bytes]:
    """Keyword and text of a text chunk, unpacked."""
    keyword, _zero, rest = content.partition(b"\0")
    if kind == b"tEXt":
        return keyword, rest
    if kind == b"zTXt":
        return keyword, _unpacked(rest[1:])
    packed = rest[:1] == b"\1"
    text = rest[2:].split(b"\0", 2)[-1]
    return keyword, _unpacked(text) if packed else text


def _unpacked(data: bytes) -> bytes:
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(data, _MOST_TEXT)
    except zlib.error:
        raise PngBroken from None
    if unpacker.unconsumed_tail:
        raise PngBroken
    return text


def _digits(text: bytes) -> str:
    """The hexadecimal digits of a raw profile: after a name, a length and line ends."""
    lines = text.strip().split(b"\n", 2)
    digits = _HEX.sub(b"", lines[-1])
    return digits[: len(digits) // 2 * 2].decode()


def _chunk(kind: bytes, content: bytes | None) -> bytes:
    if content is None:
        return b""
    crc = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)
