"""Definitions as texts: read as TOML, known by their digest."""

from __future__ import annotations

import hashlib
import json
import tomllib
from typing import Any

from config.faults import ConfigurationError, Fault
from config.i18n import gettext as _


def digest(source: str) -> str:
    """Identity of a definition's text: SHA-256 over it, line ends folded."""
    return hashlib.sha256(source.replace("\r\n", "\n").encode()).hexdigest()


def read_toml(source: str, file: str) -> dict[str, Any]:
    """Parse TOML, or JSON that a program wrote; a syntax error becomes a fault with its line."""
    try:
        if source.lstrip().startswith("{"):
            return dict(json.loads(source))
        return tomllib.loads(source)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        message = _("is not valid TOML: {detail}").format(detail=error)
        raise ConfigurationError(
            [Fault(file, "(file)", message, _("correct the line it names"))]
        ) from error
