"""What happens to notices that cannot reach their recipient: others are told, and the office."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from config.settings import settings
from models import tables
from models.db import Session
from models.directory import Directory, PersonInfo
from notifications import bounces
from notifications.brakes import Circuit
from notifications.channels import INAPP, known
from notifications.channels.base import Channel
from notifications.faults import told
from notifications.intent import Intent
from notifications.leasing import Leased
from notifications.outbox import enqueue
from notifications.routing import EVERYTHING, Rules, in_person, instead, office, stand_ins

_N = tables.notice.c


@dataclass(frozen=True, slots=True)
class Means:
    """Through what people are told: channels in use, who is who, what they may choose."""

    channels: Mapping[str, Channel]
    directory: Directory
    rules: Rules = EVERYTHING

    @property
    def names(self) -> tuple[str, ...]:
        """Channels by which a notice may be written; in the portal it stands in any case."""
        return (INAPP, *(name for name in self.channels if name in known() and name != INAPP))

    def reaches(self, person: PersonInfo) -> bool:
        """Whether any channel in use reaches the person outside the portal."""
        return person.active and any(
            in_person(person, name, channel.address_of(person))
            for name, channel in self.channels.items()
            if name != INAPP
        )


def write(s: Session, means: Means, intents: Iterable[Intent], now: datetime) -> int:
    """Into the outbox, through what people chose."""
    return enqueue(s, intents, now, means.names, means.rules)


def unreached(s: Session, means: Means, leased: Leased, now: datetime) -> None:
    """A message had no address to go to. What it held takes the channels that are left; where none
    is, it goes to the unit's leader, who hears of it, as the office does, once a day."""
    person = _now(s, means, leased.recipient_id)
    if person is None:
        return
    if means.reaches(person):
        write(s, means, _again(s, leased, person, now), now)
        return
    write(s, means, _copies(s, means, leased, person, now), now)
    occasion = f"no_address:{now.date().isoformat()}"
    leaders = stand_ins(person, means.directory, means.names, now)
    _tell_office(s, means, "no_address", person, occasion, _name(means, person), now, leaders)


def bounced(
    s: Session, means: Means, leased: Leased, address: str, now: datetime, why: str
) -> None:
    """An address turned out bad: it is not used again, and the office hears of it. What the
    message held takes the channels that are left; where none is, it goes to the unit's leader."""
    bounces.mark(s, leased.channel, address, leased.recipient_id, now, why)
    person = _now(s, means, leased.recipient_id)
    if person is None:
        return
    detail = f"{_name(means, person)} · {leased.channel} · {address} · {why}"[:300]
    occasion = f"bounced:{leased.channel}:{now:%Y%m%d%H%M%S}"
    leaders = stand_ins(person, means.directory, means.names, now)
    _tell_office(s, means, "bounced", person, occasion, detail, now, leaders)
    reached = means.reaches(person)
    held = _again(s, leased, person, now) if reached else _copies(s, means, leased, person, now)
    write(s, means, held, now)


def opened(s: Session, means: Means, circuit: Circuit, now: datetime) -> None:
    """A channel is out of order, or asks for a long wait: the office hears of it once, of waits
    once a day."""
    occasion, wait = f"wait:{now.date().isoformat()}", ""
    if circuit.opened_at is not None:
        occasion = f"circuit:{circuit.opened_at:%Y%m%d%H%M%S}"
    elif circuit.full_until is not None:
        wait = f"{math.ceil((circuit.full_until - now).total_seconds() / 60)} min · "
    _write_fault(
        s, means, "circuit_open", f"channel:{circuit.channel}", occasion,
        f"{circuit.channel} · {wait}{circuit.last_error}"[:300], now, urgent=True,
    )  # fmt: skip


def gave_up(s: Session, means: Means, leased: Leased, now: datetime, why: str) -> None:
    """A message has failed for good: the office hears of it, once a day for each channel."""
    _write_fault(
        s, means, "delivery", f"channel:{leased.channel}", f"failed:{now.date().isoformat()}",
        f"{leased.channel} · {why}"[:300], now,
    )  # fmt: skip


def stormed(s: Session, means: Means, hold_id: int, most: int, now: datetime) -> None:
    """Too many messages at once are held: the office hears of it at once."""
    _write_fault(
        s, means, "storm", f"storm:{hold_id}", "storm", f"#{hold_id} · > {most}", now, urgent=True
    )


def _write_fault(
    s: Session,
    means: Means,
    code: str,
    subject: str,
    occasion: str,
    detail: str,
    now: datetime,
    *,
    urgent: bool = False,
    people: Iterable[PersonInfo] = (),
) -> None:
    everybody = {p.id: p for p in (*people, *office(means.directory, now))}.values()
    base = settings().base_url
    intents = told(code, subject, occasion, detail, everybody, base, now, urgent=urgent)
    write(s, means, intents, now)


def _tell_office(
    s: Session,
    means: Means,
    code: str,
    person: PersonInfo,
    occasion: str,
    detail: str,
    now: datetime,
    leaders: Iterable[PersonInfo] = (),
) -> None:
    _write_fault(s, means, code, f"person:{person.id}", occasion, detail, now, people=leaders)


def _name(means: Means, person: PersonInfo) -> str:
    return f"{person.name}({means.directory.unit_name(person.unit_id)})"


def _now(s: Session, means: Means, person_id: int) -> PersonInfo | None:
    """The person with the addresses that are bad now: some were found out after the directory was
    read."""
    person = means.directory.people.get(person_id)
    if person is None:
        return None
    known = {name: channel.address_of(person) for name, channel in means.channels.items()}
    bad = {(n, at) for n, at in known.items() if at is not None and bounces.is_bad(s, n, at)}
    return replace(person, bounced=frozenset(bad))


def _again(s: Session, leased: Leased, person: PersonInfo, now: datetime) -> list[Intent]:
    """What the message held, for its recipient; where it has been written it is not again."""
    return [_intent(row, person, now) for row in _held(s, leased)]


def _copies(
    s: Session, means: Means, leased: Leased, person: PersonInfo, now: datetime
) -> list[Intent]:
    """What the message held, for those who stand in; the rest of each notice as it was."""
    people = stand_ins(person, means.directory, means.names, now)
    return [copy for row in _held(s, leased) for copy in instead(_intent(row, person, now), people)]


def _held(s: Session, leased: Leased) -> Sequence[Any]:
    """The message's notices."""
    chosen = select(tables.notice).where(_N.delivery_id == leased.id).order_by(_N.id)
    return s.execute(chosen).fetchall()


def _intent(row: Any, person: PersonInfo, now: datetime) -> Intent:
    """The notice as it was intended for the person."""
    return Intent(
        row.subject,
        row.kind,
        row.occasion,
        person,
        row.facts,
        row.issue_id,
        row.task_id,
        row.deadline_version,
        row.urgent,
        now,
    )
