"""Where a photo was taken, wiped out of its Exif data in place (Exif 2.32, TIFF 6.0).

Nothing else changes and nothing moves: the picture is not encoded anew, its turn (orientation),
its date and its camera stay.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

_HEADER = re.compile(
    rb"Exif\0\0(?=II\*\0|MM\0\*)|(?<!Exif\0\0)(?=II\*\0\x08\0\0\0|MM\0\*\0\0\0\x08)", re.DOTALL
)
_ORDER = {b"II*\0": "<", b"MM\0*": ">"}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_GPS, _EXIF = 0x8825, 0x8769
_MOST_DIRECTORIES = 16
_LONGEST = 1024 * 1024


def wipe_gps(data: bytearray) -> bool:
    """Wipe the place out of every Exif block in `data`; whether there was one."""
    wiped = False
    for match in list(_HEADER.finditer(data)):
        start = match.end()
        block = _Block(data, start, _end(data, match.start(), start))
        wiped |= block.wipe()
    return wiped


def _end(data: bytearray, found: int, start: int) -> int:
    """Where the block ends: with its JPEG segment, or after what an Exif block may be long."""
    if found >= 4 and data[found - 4 : found - 2] == b"\xff\xe1":
        length: int = struct.unpack_from(">H", data, found - 2)[0]
        return min(len(data), found - 2 + length)
    return min(len(data), start + _LONGEST)


@dataclass(slots=True)
class _Block:
    """One TIFF structure inside `data`; offsets count from `start`, nothing reaches past `end`."""

    data: bytearray
    start: int
    end: int

    def wipe(self) -> bool:
        """Wipe the place out of all directories; whether one had it."""
        order = _ORDER.get(bytes(self.data[self.start : self.start + 4]))
        if order is None:
            return False
        wiped, todo, seen = False, [self._long(order, 4)], set[int]()
        while todo and len(seen) < _MOST_DIRECTORIES:
            at = todo.pop()
            if at and at not in seen and self._count(order, at) is not None:
                seen.add(at)
                wiped |= self._wipe_directory(order, at, todo)
        return wiped

    def _wipe_directory(self, order: str, at: int, todo: list[int]) -> bool:
        wiped, index = False, 0
        while index < (self._count(order, at) or 0):
            entry = at + 2 + 12 * index
            tag, target = self._short(order, entry), self._long(order, entry + 8)
            if tag == _GPS:
                self._wipe_values(order, target)
                self._remove(order, at, index)
                wiped = True
                continue
            if tag == _EXIF:
                todo.append(target)
            index += 1
        todo.append(self._long(order, at + 2 + 12 * (self._count(order, at) or 0)))
        return wiped

    def _wipe_values(self, order: str, at: int) -> None:
        count = self._count(order, at)
        if count is None:
            return
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            size = _SIZES.get(self._short(order, entry + 2), 1) * self._long(order, entry + 4)
            if size > 4:
                self._zero(self._long(order, entry + 8), size)
        self._zero(at, 2 + 12 * count + 4)

    def _remove(self, order: str, at: int, index: int) -> None:
        """Take an entry out of a directory; those after it, and the link to the next, move up."""
        count = self._count(order, at)
        if not count or index >= count:  # its values lay over the directory itself
            return
        first, last = self.start + at + 2 + 12 * index, self.start + at + 2 + 12 * count + 4
        self.data[first : last - 12] = self.data[first + 12 : last]
        self.data[last - 12 : last] = bytes(12)
        struct.pack_into(order + "H", self.data, self.start + at, count - 1)

    def _count(self, order: str, at: int) -> int | None:
        """How many entries a directory has, or None where no whole directory can be."""
        if self.start + at + 2 > self.end:
            return None
        count = self._short(order, at)
        return count if self.start + at + 2 + 12 * count + 4 <= self.end else None

    def _zero(self, at: int, size: int) -> None:
        first, last = self.start + at, min(self.start + at + size, self.end)
        if first < last:
            self.data[first:last] = bytes(last - first)

    def _short(self, order: str, at: int) -> int:
        return self._number(order + "H", at)

    def _long(self, order: str, at: int) -> int:
        return self._number(order + "I", at)

    def _number(self, form: str, at: int) -> int:
        place = self.start + at
        if place + struct.calcsize(form) > self.end:
            return 0
        return int(struct.unpack_from(form, self.data, place)[0])
