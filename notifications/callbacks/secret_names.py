"""Secrets found by their names, in the environment or in a folder; never stored, logged, shown."""

from __future__ import annotations

import os
import re
from pathlib import Path

PREFIX = "XIAOHAO_SECRET_"
_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,59}")


class SecretMissing(Exception):
    """There is no secret of that name here; the message names no more than the name."""


def is_name(text: str) -> bool:
    """Whether it can name a secret: small letters, digits, underscores, so no path."""
    return _NAME.fullmatch(text) is not None


def find_secret(name: str, folder: Path | None) -> bytes:
    """The secret: variable `XIAOHAO_SECRET_<NAME>`, else the file of that name.

    Raises `SecretMissing` for a name without one, or with an empty one.
    """
    if not is_name(name):
        raise SecretMissing(f"secret-missing: {name}")
    text = os.environ.get(PREFIX + name.upper(), "").strip() or _in_folder(name, folder)
    if not text:
        raise SecretMissing(f"secret-missing: {name}")
    return text.encode()


def _in_folder(name: str, folder: Path | None) -> str:
    if folder is None:
        return ""
    try:
        return (folder / name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
