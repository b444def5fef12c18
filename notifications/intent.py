"""What a command wants to tell somebody, before it is written into the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.directory import PersonInfo


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing to tell one person.

    `subject` is `task:ID` or `issue:ID`; with `deadline_version`, `kind`, `occasion`, the person
    and the channel it is the key under which a notice exists once. `facts` is JSON that must not
    change afterwards; recipients who are told the same should share one dict, it is then encoded
    once. `not_before` (aware) is the start of a delivery window, or the present if `urgent`.
    """

    subject: str
    kind: str
    occasion: str
    recipient: PersonInfo
    facts: dict[str, Any]
    issue_id: int | None
    task_id: int | None
    deadline_version: int
    urgent: bool
    not_before: datetime
