"""Where a photo was taken, blanked out of its XMP data in place (XMP part 2: `exif:GPS...`)."""

from __future__ import annotations

import re

_MARK = b":GPS"
_ELEMENT = re.compile(
    rb"<([\w.-]{1,40}:GPS\w{1,40})(?:\s[^<>]{0,4096})?(?:/>|>.{0,4096}?</\1\s*>)", re.DOTALL
)
_ATTRIBUTE = re.compile(rb"""[\w.-]{1,40}:GPS\w{1,40}\s*=\s*(?:"[^"]*"|'[^']*')""")


def blank_gps(data: bytearray) -> bool:
    """Put spaces where the place stood, as element or attribute; whether it stood there."""
    if _MARK not in data:
        return False
    blanked = False
    for pattern in (_ELEMENT, _ATTRIBUTE):
        for match in list(pattern.finditer(data)):
            data[match.start() : match.end()] = b" " * (match.end() - match.start())
            blanked = True
    return blanked
