"""Messages that did not arrive: whose work they are, and sending them once more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from config.i18n import gettext as _
from config.roles import Role
from models.db import Session
from models.directory import PersonInfo
from notifications import outbox
from workflow import system_events
from workflow.errors import NotAllowed, Reason

OFFICE = frozenset({Role.TRIAGE_OFFICER, Role.OFFICE_CHIEF})
"""Whose work it is that every notice arrives."""


def tends(person: PersonInfo) -> bool:
    """Whether the person looks after messages that did not arrive."""
    return bool(person.roles & OFFICE)


def require(person: PersonInfo) -> None:
    """Refuse everybody else: `NotAllowed`."""
    if not tends(person):
        raise NotAllowed(Reason("not_allowed", _("Deliveries are the office's to see.")))


def retry(s: Session, numbers: Sequence[int], *, actor: PersonInfo, now: datetime) -> int:
    """Give failed messages all their tries again; returns how many notices that frees.

    Who did so enters the system's history. Raises `NotAllowed`.
    """
    require(actor)
    freed = outbox.retry(s, numbers, now)
    data = {"deliveries": list(numbers), "notices": freed}
    system_events.append(s, "outbox.retried", data, actor, now)
    return freed
