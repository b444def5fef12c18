"""Mobile numbers out of what people write."""

from __future__ import annotations

import re

from models.directory import PersonInfo

_GAPS = re.compile(r"[\s()\-]|（|）")
_CHINESE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})")
_FOREIGN = re.compile(r"\+(?!86)\d{7,15}")


def mobile(person: PersonInfo) -> str | None:
    """The person's mobile number (11 digits, or `+` and country code), or None for a landline."""
    number = _GAPS.sub("", person.phone or "")
    chinese = _CHINESE.fullmatch(number)
    if chinese is not None:
        return chinese[1]
    return number if _FOREIGN.fullmatch(number) else None
