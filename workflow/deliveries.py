"""Messages that did not arrive, or wait for a decision: whose work they are, and what is done.

Every act here enters the system's history with who did it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from config.i18n import gettext as _
from config.roles import Post, Role
from models.db import Session
from models.directory import PersonInfo, UnitInfo
from notifications import bounces, outbox, storms
from notifications.routing import OFFICE as OFFICE_ROLES
from notifications.routing import reachable
from workflow import system_events
from workflow.commands.base import clean
from workflow.context import context
from workflow.errors import NotAllowed, NotVisible, Reason
from workflow.wording import role_names

OFFICE = frozenset(OFFICE_ROLES)
"""Whose work it is that every notice arrives."""
DECIDERS = frozenset({Role.OFFICE_CHIEF, Role.DEPUTY_DIRECTOR})
"""Who lets held messages go, or drops them."""


def tends(person: PersonInfo) -> bool:
    """Whether the person looks after messages that did not arrive."""
    return bool(person.roles & OFFICE)


def sees(person: PersonInfo) -> bool:
    """Whether the person sees what failed and what is held."""
    return tends(person) or decides(person)


def decides(person: PersonInfo) -> bool:
    """Whether the person decides on held messages."""
    return bool(person.roles & DECIDERS)


def require(person: PersonInfo) -> None:
    """Refuse everybody who does not look after them: `NotAllowed`."""
    if not tends(person):
        raise NotAllowed(Reason("not_allowed", _("Deliveries are the office's to see.")))


def require_to_see(person: PersonInfo) -> None:
    """Refuse everybody who neither looks after them nor decides: `NotAllowed`."""
    if not sees(person):
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


def release(s: Session, *, hold: int, reason: str, actor: PersonInfo, now: datetime) -> int:
    """Let the messages of a hold go; returns how many. Raises `NotAllowed`, `NotVisible`."""
    _require_decider(actor)
    said = clean("reason", reason, most=300)
    freed = storms.release(s, hold, actor.id, now, said)
    return _decided(s, "outbox.released", hold, freed, said, actor, now)


def drop(s: Session, *, hold: int, reason: str, actor: PersonInfo, now: datetime) -> int:
    """Fail the messages of a hold with a reason; returns how many.

    They stand among the failed ones afterwards and may be retried there. Raises `NotAllowed`,
    `NotVisible`, and `Malformed` without a reason.
    """
    _require_decider(actor)
    said = clean("reason", reason, most=200, needed=True)
    dropped = storms.drop(s, hold, actor.id, now, said)
    return _decided(s, "outbox.dropped", hold, dropped, said, actor, now)


def _require_decider(person: PersonInfo) -> None:
    if not decides(person):
        raise NotAllowed(
            Reason(
                "not_allowed",
                _("{person} may not decide on held messages.").format(person=person.name),
                remedy=_("It takes the role {roles}{scope}.").format(
                    roles=role_names(DECIDERS), scope=""
                ),
            )
        )


def _decided(
    s: Session, tag: str, hold: int, n: int | None, reason: str, actor: PersonInfo, now: datetime
) -> int:
    if n is None:
        message = _("There is no such hold, or it was decided before.")
        raise NotVisible(Reason("unknown_hold", message, "hold", _("Look at the list again.")))
    data = {"hold": hold, "deliveries": n, "reason": reason}
    system_events.append(s, tag, data, actor, now)
    return n


def clear_bounce(
    s: Session, *, channel: str, address: str, actor: PersonInfo, now: datetime
) -> None:
    """Take an address into use again that was refused. Raises `NotAllowed`, `NotVisible`."""
    require(actor)
    if not bounces.clear(s, channel, address, actor.id, now):
        message = _("This address is not marked.")
        raise NotVisible(Reason("unknown_bounce", message, "address", _("Look at the list again.")))
    # the address itself stays out of the history, as everywhere
    system_events.append(s, "outbox.bounce_cleared", {"channel": channel}, actor, now)


@dataclass(frozen=True, slots=True)
class Unreached:
    """Whom nothing outside the portal reaches, and units where a post to be told is vacant."""

    people: list[PersonInfo]
    units: list[UnitInfo]


def unreached(s: Session) -> Unreached:
    """As the directory stands now."""
    ctx = context(s)
    people = ctx.directory
    lost = [p for p in people.people.values() if p.active and not reachable(p, ctx.channels)]
    vacant = [
        unit
        for unit in people.units.values()
        if unit.active
        and any(p.active and p.unit_id == unit.id for p in people.people.values())
        and not people.posts(unit.id, Post.HEAD, Post.DEPUTY_HEAD, Post.LIAISON)
        and people.duty_contact(unit.id) is None
    ]
    return Unreached(lost, vacant)
