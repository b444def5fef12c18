"""Passwords: argon2id with the parameters of the settings, and the rules for a new one.

Rules (GB/T 22239-2019 8.1.4.1: complex, periodically changed): at least 10 characters of 3 of the
4 classes, without the person's names, none of the last 5, changed every 90 days.
"""

from __future__ import annotations

import secrets
import string
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from config.i18n import gettext as _
from config.settings import settings
from workflow.errors import Malformed, Reason

MIN_LENGTH, MAX_LENGTH, MIN_CLASSES = 10, 128, 3
FIELD = "new_password"
_GENERATED_LENGTH = 16
_UNMISTAKABLE = "".join(
    c for c in string.ascii_letters + string.digits + "-+=%@#" if c not in "0O1lI"
)
# each takes tens of megabytes for its moment: a crowd at the door must not take all there is
_AT_ONCE = BoundedSemaphore(4)


@dataclass(frozen=True, slots=True)
class _Hashing:
    hasher: PasswordHasher
    nobody: str


def hash_password(password: str) -> str:
    """The hash to store: argon2id with a salt of its own, as a PHC string."""
    with _AT_ONCE:
        return _hashing().hasher.hash(_bytes(password))


def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password belongs to the hash.

    Without a hash (nobody has that name) the same work is done in vain, so that the time taken
    does not tell who has an account.
    """
    hashing = _hashing()
    fits = len(password) <= MAX_LENGTH
    try:
        with _AT_ONCE:
            hashing.hasher.verify(password_hash or hashing.nobody, _bytes(password if fits else ""))
    except (VerificationError, InvalidHashError):
        return False
    return fits and password_hash is not None


def outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than those of the settings."""
    return _hashing().hasher.check_needs_rehash(password_hash)


def expired(changed_at: datetime, now: datetime) -> bool:
    """Whether a password is older than the settings allow; 0 days: never."""
    days = settings().password_days
    return days > 0 and now >= changed_at + timedelta(days=days)


def require_good(
    password: str, *, username: str, name: str, earlier: Sequence[str], field: str = FIELD
) -> None:
    """Raise `Malformed` with every rule that a new password breaks. `earlier` are hashes."""
    found = faults(password, username=username, name=name, field=field)
    if not found and any(verify(each, password) for each in earlier):
        found = [_used_before(field)]
    if found:
        raise Malformed(*found)


def faults(password: str, *, username: str, name: str, field: str = FIELD) -> list[Reason]:
    """The rules that a new password breaks, but for those of earlier ones."""
    found = []
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        found.append(_length(field))
    if _classes(password) < MIN_CLASSES:
        found.append(_simple(field))
    if any(len(own) > 1 and own in _folded(password) for own in map(_folded, (username, name))):
        found.append(_personal(field))
    if not password.isprintable():
        found.append(_unprintable(field))
    return found


def generate() -> str:
    """A random password that keeps the rules, of characters that are not mistaken in writing."""
    while True:
        found = "".join(secrets.choice(_UNMISTAKABLE) for _n in range(_GENERATED_LENGTH))
        if _classes(found) >= MIN_CLASSES:
            return found


def _hashing() -> _Hashing:
    chosen = settings()
    return _hashing_with(
        chosen.password_time_cost, chosen.password_memory_kib, chosen.password_parallelism
    )


@lru_cache(maxsize=4)
def _hashing_with(time_cost: int, memory_kib: int, parallelism: int) -> _Hashing:
    hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism)
    return _Hashing(hasher, hasher.hash(secrets.token_bytes(16)))


def _bytes(password: str) -> bytes:
    """One spelling for what different keyboards send for the same characters."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _classes(password: str) -> int:
    """How many of small letters, capitals, digits and others there are."""
    return len({_class(c) for c in password})


def _class(character: str) -> str:
    kinds = {"lower": str.islower, "upper": str.isupper, "digit": str.isdigit}
    return next((name for name, holds in kinds.items() if holds(character)), "other")


def _length(field: str) -> Reason:
    message = _("A password has {least} to {most} characters.").format(
        least=MIN_LENGTH, most=MAX_LENGTH
    )
    return Reason("password_length", message, field, _("Choose a longer or a shorter one."))


def _simple(field: str) -> Reason:
    message = _("The password is too simple.")
    remedy = _("Use at least three of: small letters, capitals, digits, other characters.")
    return Reason("password_simple", message, field, remedy)


def _personal(field: str) -> Reason:
    message = _("The password contains your username or your name.")
    return Reason("password_personal", message, field, _("Leave them out."))


def _unprintable(field: str) -> Reason:
    message = _("The password contains control characters.")
    return Reason("password_unprintable", message, field, _("Type it anew."))


def _used_before(field: str) -> Reason:
    message = _("The password was used before.")
    remedy = _("Choose one that is none of the last {n}.").format(n=settings().password_history)
    return Reason("password_used", message, field, remedy)
