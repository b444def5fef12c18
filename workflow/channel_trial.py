"""One message through each channel in use, to see that it works: who did so is on record.

It goes past the outbox, its limits and its pauses, because it is to show what happens now; it
counts against the limits of what follows, because the service counts it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from config.i18n import gettext as _
from config.i18n import language
from config.roles import Role
from config.settings import settings
from models.db import Session
from models.directory import PersonInfo
from notifications.brakes import used
from notifications.channels import INAPP, create
from notifications.channels.base import ChannelError, Outgoing, where
from notifications.channels.mail import domain_of
from notifications.faults import KIND
from notifications.intent import Intent
from notifications.mail_html import Section, mail_html
from notifications.outbox import enqueue
from notifications.routing import BOUNCED, NO_ADDRESS
from workflow import system_events
from workflow.deliveries import tends
from workflow.errors import NotAllowed, Reason
from workflow.organisation import find_person
from workflow.wording import role_names

log = logging.getLogger(__name__)
ALLOWED = (Role.SYSADMIN, Role.TRIAGE_OFFICER, Role.OFFICE_CHIEF)


@dataclass(frozen=True, slots=True)
class Trial:
    """To whom and through what; prepared in a transaction, tried outside of any."""

    person: PersonInfo
    channels: tuple[str, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """What happened with one channel."""

    channel: str
    worked: bool
    reason: str


def prepare(s: Session, *, username: str, actor: PersonInfo, now: datetime) -> Trial:
    """Who gets it. Raises `NotAllowed` for anybody but the system administrator and the office,
    `NotVisible` for an unknown person."""
    if not (tends(actor) or Role.SYSADMIN in actor.roles):
        raise NotAllowed(
            Reason(
                "not_allowed",
                _("{person} may not administer this.").format(person=actor.name),
                remedy=_("It takes the role {roles}{scope}.").format(
                    roles=role_names(ALLOWED), scope=""
                ),
            )
        )
    return Trial(find_person(s, username), settings().channel_names(), now)


def try_out(trial: Trial) -> list[Result]:
    """Send one message through each channel; whatever one raises becomes its result."""
    return [_tried(trial, name) for name in trial.channels]


def record(
    s: Session, trial: Trial, results: Sequence[Result], *, actor: PersonInfo, now: datetime
) -> None:
    """Into the system's history: who tried which channels, and which of them worked; into the
    person's inbox what goes there. Every other try counts against its channel's limits."""
    for one in results:
        if one.channel == INAPP:
            _write(s, trial.person, now)
        elif one.reason != NO_ADDRESS:
            _count(s, one.channel, trial.person, now)
    data = {
        "person": trial.person.id,
        "channels": [one.channel for one in results],
        "worked": [one.channel for one in results if one.worked],
    }
    system_events.append(s, "outbox.tested", data, actor, now)


def _count(s: Session, name: str, person: PersonInfo, now: datetime) -> None:
    with suppress(ValueError):  # a channel that cannot be made was not used
        used(s, create(name, settings()), person.id, now)


def _write(s: Session, person: PersonInfo, now: datetime) -> None:
    """Into the portal's inbox, which is the whole of that channel."""
    subject = f"trial:{uuid4().hex[:16]}"
    facts = {"fault": "trial", "detail": "", "link": settings().base_url}
    notice = Intent(subject, KIND, "trial", person, facts, None, None, 0, False, now)
    enqueue(s, [notice], now, (INAPP,))


def _tried(trial: Trial, name: str) -> Result:
    if name == INAPP:
        return Result(name, True, "")  # it is written with the record: see `_write`
    try:
        channel = create(name, settings())
    except ValueError as error:  # it says which setting is missing
        return Result(name, False, str(error))
    try:
        address = channel.address_of(trial.person)
        if address is None:
            return Result(name, False, NO_ADDRESS)
        channel.send(_message(trial, address))
    except ChannelError as error:
        return Result(name, False, str(error))
    except Exception as error:  # a fault of one channel must not hide how the others do
        log.error("channel raised %s", where(error), extra={"action": "channel.fault"})
        return Result(name, False, type(error).__name__)  # its text may hold a secret
    bad = (name, address) in trial.person.bounced
    return Result(name, True, BOUNCED if bad else "")


def _message(trial: Trial, address: str) -> Outgoing:
    """A trial in the person's language, with a link and nothing of the business."""
    domain = domain_of(settings().mail_from)
    with language(trial.person.language):
        subject = _("Trial of the channels for notices")
        text = _("This message only shows that the channel works. Nothing is to be done.")
    link = settings().base_url
    section = Section(subject, f"{text}\n\n{link}\n", link)
    greeting = {
        "name": trial.person.name, "parts": [{}], "counts": [], "total": 1, "named": [],
        "unnamed": 0,
    }  # fmt: skip
    return Outgoing(
        f"<xiaohao.trial.{uuid4().hex}@{domain}>",
        address,
        trial.person.name,
        trial.person.language,
        subject,
        f"{text}\n\n{link}\n",
        {"X-Xiaohao-Notice": "trial"},
        trial.now,
        html=mail_html([section], trial.person.language, subject, greeting),
    )
