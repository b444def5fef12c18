"""Encryption of a backup: AES-256-GCM in pieces, so that a file of any size needs little memory.

The key comes from a passphrase through scrypt. Each piece is bound to its place and to whether it
is the last, so that pieces can be neither moved, left out nor cut off at the end unnoticed.
"""

from __future__ import annotations

import io
import os
import struct
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from config.i18n import gettext as _
from workflow.errors import Malformed, Reason

MAGIC = b"XIAOHAO-SEALED-1"
PIECE = 1024 * 1024
_SALT, _PREFIX = 16, 4
_HEAD = len(MAGIC) + _SALT + _PREFIX
_LENGTH = struct.Struct(">I")
_PLACE = struct.Struct(">QB")
_N, _R, _P = 2**15, 8, 1
"""Cost of scrypt: 32 MiB and about a tenth of a second."""


class Sealer(io.RawIOBase):
    """Writes to a file what is written to it, encrypted. `close` writes the last piece."""

    def __init__(self, target: BinaryIO, passphrase: str) -> None:
        salt, self._prefix = os.urandom(_SALT), os.urandom(_PREFIX)
        self._target, self._cipher = target, _cipher(passphrase, salt)
        self._place, self._waiting = 0, bytearray()
        target.write(MAGIC + salt + self._prefix)

    def writable(self) -> bool:
        """It is for writing only."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Take some more; whole pieces go out."""
        self._waiting += data
        while len(self._waiting) > PIECE:
            self._seal(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(data)

    def close(self) -> None:
        """Write what is left, marked as the last piece."""
        if not self.closed:
            self._seal(bytes(self._waiting), last=True)
        super().close()

    def _seal(self, piece: bytes, *, last: bool) -> None:
        place = _PLACE.pack(self._place, last)
        sealed = self._cipher.encrypt(self._prefix + _PLACE.pack(self._place, 0)[:8], piece, place)
        self._target.write(_LENGTH.pack(len(sealed)) + place[-1:] + sealed)
        self._place += 1


class Opener(io.RawIOBase):
    """Reads what a `Sealer` wrote. Raises `Malformed` for a wrong passphrase or a changed file."""

    def __init__(self, source: BinaryIO, passphrase: str) -> None:
        head = source.read(_HEAD)
        if len(head) != _HEAD or not head.startswith(MAGIC):
            raise _broken()
        salt, self._prefix = head[len(MAGIC) : -_PREFIX], head[-_PREFIX:]
        self._source, self._cipher = source, _cipher(passphrase, salt)
        self._place, self._ready, self._ended = 0, b"", False

    def readable(self) -> bool:
        """It is for reading only."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer with what comes next; 0 at the end."""
        while not self._ready and not self._ended:
            self._ready = self._open()
        n = min(len(buffer), len(self._ready))
        buffer[:n], self._ready = self._ready[:n], self._ready[n:]
        return n

    def _open(self) -> bytes:
        head = self._source.read(_LENGTH.size + 1)
        if len(head) != _LENGTH.size + 1:
            raise _broken()
        [length] = _LENGTH.unpack(head[:-1])
        if not 16 <= length <= PIECE + 16 or head[-1] > 1:
            raise _broken()
        nonce = self._prefix + _PLACE.pack(self._place, 0)[:8]
        try:
            piece = self._cipher.decrypt(
                nonce, self._source.read(length), _PLACE.pack(self._place, head[-1])
            )
        except InvalidTag:
            raise _broken() from None
        self._place += 1
        self._ended = bool(head[-1])
        if self._ended and self._source.read(1):
            raise _broken()  # somebody has added to it
        return piece


def is_sealed(source: BinaryIO) -> bool:
    """Whether a file begins as a sealed one does; its place is kept."""
    head = source.read(len(MAGIC))
    source.seek(0)
    return head == MAGIC


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=_N, r=_R, p=_P).derive(passphrase.encode()))


def _broken() -> Malformed:
    return Malformed(
        Reason(
            "backup_unreadable",
            _("The backup cannot be opened: another passphrase, or it was changed or cut off."),
            "file",
            _("Give the passphrase of that backup, or take another copy of the file."),
        )
    )
