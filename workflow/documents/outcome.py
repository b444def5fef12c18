"""What a command on a document leaves behind, and its states in words."""

from __future__ import annotations

from collections.abc import Sequence
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


def about(issues: Sequence[str], tasks: Sequence[str]) -> str:
    """What a document is about, in brief: the task or issue, or the first of so many."""
    numbers = list(tasks) or list(issues)
    if len(numbers) < 2:
        return "".join(numbers)
    return _("{first} and others, {n} in all").format(first=numbers[0], n=len(numbers))


def state_name(state: str) -> str:
    """A state in words."""
    names = {
        "prepared": _("prepared, not signed"),
        "signed": _("signed, not issued"),
        "issued": _("issued"),
        "void": _("void"),
    }
    return names.get(state, state)
