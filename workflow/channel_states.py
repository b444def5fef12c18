"""Every channel as it stands: in use or not, working or not, with its limits. No secrets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from config.i18n import gettext as _
from config.settings import settings
from models.db import Session
from notifications.brakes import circuits
from notifications.channels import create, known
from notifications.channels.base import Rate


@dataclass(frozen=True, slots=True)
class State:
    """A channel. `fault` says why it cannot be set up; the moments lie ahead or are None."""

    channel: str
    in_use: bool
    fault: str
    limits: tuple[str, ...]
    failures: int
    paused_until: datetime | None
    full_until: datetime | None
    last_error: str


def states(s: Session, now: datetime) -> list[State]:
    """Channels in use first, in the order of the settings, then the others by name."""
    used = settings().channel_names()
    names = [*used, *(name for name in known() if name not in used)]
    circuit = circuits(s)
    found = []
    for name in names:
        fault, rates = _made(name) if name in used else ("", ())
        c = circuit.get(name)
        found.append(
            State(
                name,
                name in used,
                fault,
                tuple(_limit(rate) for rate in rates),
                c.failures if c else 0,
                _ahead(c.paused_until if c else None, now),
                _ahead(c.full_until if c else None, now),
                c.last_error if c else "",
            )
        )
    return found


def _made(name: str) -> tuple[str, tuple[Rate, ...]]:
    """Why a channel cannot be made, or its limits. Settings of channels say nothing secret."""
    try:
        return "", create(name, settings()).rates
    except ValueError as error:
        return str(error), ()


def _limit(rate: Rate) -> str:
    scope = _("to one person") if rate.per == "recipient" else _("in all")
    return _("{n} in {seconds} s {scope}").format(n=rate.most, seconds=rate.seconds, scope=scope)


def _ahead(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is not None and moment > now else None
