"""Files of every kind that the evidence store takes or refuses, made on the spot."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image

ORIENTATION, MAKER = 0x0112, 0x010F
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description exif:GPSLatitude="31,46.5N" '
    b'tiff:Make="Maker"><exif:GPSLongitude>120,3.1E</exif:GPSLongitude></rdf:Description>'
    b"</x:xmpmeta>"
)


def exif(*, place: bool = True) -> Image.Exif:
    """A camera that was turned, and the place where it stood."""
    found = Image.Exif()
    found[ORIENTATION], found[MAKER] = 6, "Maker"
    if place:
        found[0x8825] = {1: "N", 2: (31.0, 46.0, 30.5), 3: "E", 4: (120.0, 3.0, 6.25), 29: "2026"}
    return found


def picture(form: str, *, place: bool = True, xmp: bytes = b"", size: int = 40) -> bytes:
    """A JPEG or PNG picture."""
    image, out = Image.effect_noise((size, size // 2), 50).convert("RGB"), io.BytesIO()
    extra = {"xmp": xmp} if xmp else {}
    image.save(out, form, exif=exif(place=place).tobytes(), **extra)
    return out.getvalue()


def heic(*, width: int = 40, place: bool = True) -> bytes:
    """The parts of a HEIC file that are looked at: brand, size, Exif, picture data."""
    ispe = b"ispe" + struct.pack(">III", 0, width, 30)
    return (
        b"\0\0\0\x18ftypheic" + bytes(12) + ispe + b"\0\0\0\x06" + exif_block(place) + b"\xaa" * 99
    )


def exif_block(place: bool) -> bytes:
    """`Exif` and the TIFF structure behind it."""
    return exif(place=place).tobytes()


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    crc = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)


def with_chunks(png: bytes, *chunks: bytes) -> bytes:
    """A PNG with more chunks behind its head."""
    return png[:33] + b"".join(chunks) + png[33:]


def huge_png(width: int, height: int) -> bytes:
    """A small file that says it holds a vast picture."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(bytes(9)))
    return b"\x89PNG\r\n\x1a\n" + body + png_chunk(b"IEND", b"")


def package(*names: str, content: bytes = b"<x/>") -> bytes:
    """A zip package with these entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return out.getvalue()


def docx(*more: str) -> bytes:
    """A Word document."""
    return package("[Content_Types].xml", "word/document.xml", *more)


def compound(*streams: str, far: bool = False) -> bytes:
    """A compound file with these streams; `far`: its directory lies beyond the header's table."""
    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    directory = 1 + 110 * 128 if far else 1
    entries = b"".join(_entry(name) for name in ("Root Entry", *streams)).ljust(512, b"\0")[:512]
    places = [0] + [free] * 108
    extra = 2 if far else end
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHH", 62, 3, 0xFFFE, 9)
    )
    header = header.ljust(48, b"\0") + struct.pack("<I", directory)
    header = header.ljust(68, b"\0") + struct.pack("<I", extra).ljust(8, b"\0")
    header += struct.pack("<109I", *([0] * 109 if far else places))
    sectors = {0: struct.pack("<128I", *[end] * 128), directory: entries}
    if far:
        sectors[2] = struct.pack("<128I", *[0] * 127, end)
    body = bytearray(512 * (max(sectors) + 1))
    for number, content in sectors.items():
        body[number * 512 : number * 512 + 512] = content
    return header + bytes(body)


def _entry(name: str) -> bytes:
    text = name.encode("utf-16-le")
    return text.ljust(64, b"\0") + struct.pack("<HB", len(text) + 2, 2) + bytes(61)
