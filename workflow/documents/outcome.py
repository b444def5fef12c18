"""What a command on a document leaves behind, and its states in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from config.i18n import gettext as _
from workflow.errors import Reason


@dataclass(frozen=True, slots=True)
class Issued:
    """What a command leaves behind. `warnings` hinder nothing."""

    id: int
    state: str
    version: int
    number: str | None
    warnings: tuple[Reason, ...] = field(default=())


def state_name(state: str) -> str:
    """A state in words."""
    names = {
        "prepared": _("prepared, not signed"),
        "signed": _("signed, not issued"),
        "issued": _("issued"),
        "void": _("void"),
    }
    return names.get(state, state)
