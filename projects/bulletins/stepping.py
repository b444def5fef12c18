"""What every step of a bulletin's life begins and ends with: who, in which state, what version."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import OFFICE, SIGNERS, refuse_stale, require
from projects.bulletins.reading import Line, find
from workflow.errors import IllegalTransition, Reason

WRITERS = OFFICE | SIGNERS
_B = tables.bulletin.c


def begin(
    s: Session, actor: PersonInfo, bulletin: int, expected: int | None, states: tuple[str, ...]
) -> Line:
    """A bulletin under lock for an act of the office. Raises `NotVisible`, `NotAllowed`,
    `StaleVersion`, and `IllegalTransition` outside these states."""
    line = find(s, actor, bulletin, lock=True)
    require(actor, WRITERS, _("Only the office works on bulletins."))
    refuse_stale(line.row, expected)
    refuse_state(line, states)
    return line


def seen(
    s: Session, actor: PersonInfo, bulletin: int, expected: int | None, states: tuple[str, ...]
) -> Line:
    """The same for signing and issuing: who may do so is the document's to say."""
    line = find(s, actor, bulletin, lock=True)
    refuse_stale(line.row, expected)
    refuse_state(line, states)
    return line


def refuse_state(line: Line, states: tuple[str, ...]) -> None:
    """Raise `IllegalTransition` outside these states."""
    if line.state not in states:
        raise IllegalTransition(
            Reason(
                "bulletin_state",
                _("The bulletin is {state}.").format(state=state_word(line.state)),
                "bulletin",
                _("This can be done while it is {states}.").format(
                    states=", ".join(map(state_word, states))
                ),
            )
        )


def state_word(state: str) -> str:
    """Where a bulletin stands, in words."""
    words = {
        "draft": _("being drafted"),
        "prepared": _("checked, waiting for the signature"),
        "signed": _("signed, not issued"),
        "issued": _("issued"),
        "void": _("void"),
    }
    return words[state]


def change(s: Session, line: Line, **values: Any) -> int:
    """Change a locked bulletin's columns; its next version."""
    version = int(line.row.version) + 1
    s.execute(
        update(tables.bulletin)
        .where(_B.id == line.row.id, _B.version == line.row.version)
        .values(version=version, **values)
    )
    return version
