"""Random secrets: handed out once, stored as a hash, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import secrets

_BYTES = 32


def new_secret(prefix: str = "") -> str:
    """256 random bits as text that fits a cookie, a header or an address."""
    return prefix + secrets.token_urlsafe(_BYTES)


def digest(secret: str) -> str:
    """What is stored of a secret: its SHA-256. A slow hash adds nothing to 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_token(secret: str) -> str:
    """The token that a session's forms carry: bound to the session, telling nothing of it."""
    key = secret.encode("utf-8", "surrogatepass")
    return hmac.new(key, b"xiaohao csrf", hashlib.sha256).hexdigest()


def csrf_matches(secret: str, token: str) -> bool:
    """Whether a form's token belongs to the session, found out in constant time."""
    given = token.encode("utf-8", "surrogatepass")
    return hmac.compare_digest(csrf_token(secret).encode(), given)


def printable(text: str, most: int) -> str:
    """What a stranger sent (an address, a browser's name) as it may be stored."""
    return "".join(c for c in text if c.isprintable())[:most]
