"""A notice on its way: what a message is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

IDS = 2000
"""Numbers of notices that a message's header names."""


@dataclass(frozen=True, slots=True)
class Item:
    """A notice's kind and frozen facts, and its id once it has one."""

    kind: str
    facts: dict[str, Any]
    urgent: bool = False
    notice_id: int | None = None


def ids_told(items: Sequence[Item]) -> str:
    """Numbers of a message's notices for its header; of very many the first, and how many more
    there are: servers refuse a head of a hundred kilobytes."""
    told = " ".join(str(item.notice_id) for item in items[:IDS])
    return told if len(items) <= IDS else f"{told} +{len(items) - IDS}"
