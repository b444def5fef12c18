"""A notice on its way: what a message is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """A notice's kind and frozen facts, and its id once it has one."""

    kind: str
    facts: dict[str, Any]
    urgent: bool = False
    notice_id: int | None = None
