"""Through which channels a person is told, and who is told instead of whom nothing reaches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from config.policy_parts import DeliveryRules
from config.roles import Post, Role
from models.directory import Directory, PersonInfo
from notifications.channels import INAPP, address_rule
from notifications.channels.mentions import GROUP
from notifications.intent import Intent

NO_ADDRESS, BOUNCED, UNWANTED = "no-address", "bounced", "unwanted"
OFFICE = (Role.TRIAGE_OFFICER, Role.OFFICE_CHIEF)
_LONGEST = 60  # characters of `Notice.occasion`


@dataclass(frozen=True, slots=True)
class Rules:
    """What people may choose: see `config.policy_parts.DeliveryRules`."""

    optional: frozenset[str] = frozenset()
    chosen: frozenset[str] = frozenset()
    insistent: frozenset[str] = frozenset()
    when_urgent: bool = True

    def insist(self, kind: str, urgent: bool) -> bool:
        """Whether such a notice goes through every channel, whatever was chosen."""
        return kind in self.insistent or (urgent and self.when_urgent)


EVERYTHING = Rules()
"""Nobody has a choice: every channel in use."""


def rules_of(delivery: DeliveryRules) -> Rules:
    """The policy's rules; the portal itself is nobody's to switch off."""
    optional = frozenset(delivery.optional_channels) - {INAPP}
    return Rules(
        optional,
        frozenset(delivery.chosen_channels) & optional,
        frozenset(delivery.insistent_kinds),
        delivery.insist_when_urgent,
    )


@dataclass(frozen=True, slots=True)
class Reach:
    """The channels that a notice takes to a person, and why the others do not."""

    channels: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...] = ()


def reach(
    person: PersonInfo, channels: Sequence[str], rules: Rules, *, insist: bool = False
) -> Reach:
    """The channels in use that have a working address and were not switched off.

    If none of those wanted works, every one that works is taken: a choice silences nobody who
    chose to be told. `insist` leaves choices aside.
    """
    works, skipped = [], []
    for name in channels:
        why = obstacle(person, name)
        if why is None:
            works.append(name)
        else:
            skipped.append((name, why))
    if insist:
        return Reach(tuple(works), tuple(skipped))
    off = {name for name in channels if not _wants(person, name, rules)}
    wanted = [name for name in works if name not in off]
    outside = [name for name in channels if name != INAPP]
    only_broken = any(n not in off for n in outside) and not any(n != INAPP for n in wanted)
    taken = works if only_broken else wanted
    left = [(name, UNWANTED) for name in works if name not in taken]
    return Reach(tuple(taken), (*skipped, *left))


def obstacle(person: PersonInfo, channel: str) -> str | None:
    """Why a channel cannot reach the person (`NO_ADDRESS`, `BOUNCED`), or None if it can."""
    address = address_rule(channel)(person)
    if address is None:
        return NO_ADDRESS
    return BOUNCED if (channel, address) in person.bounced else None


def _wants(person: PersonInfo, channel: str, rules: Rules) -> bool:
    if channel not in rules.optional:
        return True
    if channel in rules.chosen:
        return channel in person.wanted
    return channel not in person.unwanted


def reachable(person: PersonInfo, channels: Iterable[str]) -> bool:
    """Whether anything in use outside the portal reaches the person; the portal if it is alone."""
    outside = [name for name in channels if name != INAPP]
    return not outside or any(in_person(person, n, address_rule(n)(person)) for n in outside)


def in_person(person: PersonInfo, channel: str, address: str | None) -> bool:
    """Whether an address works and is the person's own: what stands in a group's chat was sent to
    nobody in particular."""
    if address is None or (channel, address) in person.bounced:
        return False
    return address != GROUP and not address.startswith(f"{GROUP}:")


def stand_ins(
    person: PersonInfo, directory: Directory, channels: Sequence[str], now: datetime
) -> list[PersonInfo]:
    """Who is told instead: the unit's head, deputy head or duty contact, else the office.

    The first of them who is reached, with deputies standing in for the absent.
    """
    unit = person.unit_id
    posts = directory.posts(unit, Post.HEAD, Post.DEPUTY_HEAD)
    duty = directory.duty_contact(unit)
    for leader in [*posts, *([duty] if duty is not None else [])]:
        present = directory.standing_in(leader, now)
        if present.active and present.id != person.id and reachable(present, channels):
            return [present]
    return [p for p in office(directory, now) if p.id != person.id]


def office(directory: Directory, now: datetime) -> list[PersonInfo]:
    """The office, which looks after faults; deputies stand in for the absent."""
    found = [directory.standing_in(p, now) for role in OFFICE for p in directory.with_role(role)]
    return list({p.id: p for p in found if p.active}.values())


def diverted(
    intents: Sequence[Intent], directory: Directory, channels: Sequence[str], now: datetime
) -> list[Intent]:
    """Copies for those who stand in for recipients whom nothing outside the portal reaches.

    Each says in `instead_of` for whom it is. Asks nothing of the database.
    """
    outside = [name for name in channels if name != INAPP]
    if not outside:
        return []
    known: dict[int, bool] = {}
    found: list[Intent] = []
    for intent in intents:
        person = intent.recipient
        fine = known.get(person.id)
        if fine is None:
            fine = known[person.id] = not person.active or reachable(person, outside)
        if not fine:
            found += instead(intent, stand_ins(person, directory, channels, now))
    return found


def instead(intent: Intent, people: Iterable[PersonInfo]) -> list[Intent]:
    """The same notice for others, who read for whom it was.

    It is told apart from their own notice, and from a copy for somebody else, by the occasion.
    """
    facts: dict[str, Any] = intent.facts | {"instead_of": intent.recipient.name}
    occasion = _copied(intent.occasion, intent.recipient.id)
    return [replace(intent, recipient=p, facts=facts, occasion=occasion) for p in people]


def _copied(occasion: str, person_id: int) -> str:
    """The occasion of a copy for a person; one that would be too long is cut and hashed."""
    mark = f"@{person_id}"
    if len(occasion) + len(mark) > _LONGEST:
        mark = f"~{sha256(occasion.encode()).hexdigest()[:12]}{mark}"
    return occasion[: _LONGEST - len(mark)] + mark
