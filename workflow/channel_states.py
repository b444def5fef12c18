"""Every channel as it stands: in use or not, working or not, with its limits. No secrets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from config.i18n import N_
from config.i18n import gettext as _
from config.settings import settings
from models.db import Session
from notifications.backlog import faults_since_success
from notifications.brakes import Circuit, circuits
from notifications.channels import create, known, missing
from notifications.channels.base import Rate


@dataclass(frozen=True, slots=True)
class State:
    """A channel. `fault` says why it cannot be set up, `missing` names needed settings left empty.

    `failing`: its last fault is newer than its last success. The moments lie ahead or are None.
    """

    channel: str
    in_use: bool
    fault: str
    missing: tuple[str, ...]
    limits: tuple[str, ...]
    failures: int
    failing: bool
    paused_until: datetime | None
    full_until: datetime | None
    last_error: str


def states(s: Session, now: datetime) -> list[State]:
    """Channels in use first, in the order of the settings, then the others by name."""
    used = settings().channel_names()
    names = [*used, *(name for name in known() if name not in used)]
    circuit = circuits(s)
    retried = faults_since_success(s)
    found = []
    for name in names:
        fault, rates = _made(name) if name in used else ("", ())
        c = circuit.get(name)
        found.append(
            State(
                name,
                name in used,
                fault,
                missing(name, settings()) if name in used else (),
                tuple(_limit(rate) for rate in rates),
                c.failures if c else 0,
                bool(c and c.failures) or name in retried,
                _ahead(c.paused_until if c else None, now),
                _ahead(c.full_until if c else None, now),
                _last_fault(c, retried.get(name, "")),
            )
        )
    return found


def _made(name: str) -> tuple[str, tuple[Rate, ...]]:
    """Why a channel cannot be made, or its limits. Settings of channels say nothing secret."""
    try:
        return "", create(name, settings()).rates
    except ValueError as error:
        return str(error), ()


def _last_fault(circuit: Circuit | None, retried: str) -> str:
    if circuit is not None and circuit.failures:
        return circuit.last_error
    return retried or (circuit.last_error if circuit is not None else "")


_SPANS = {
    ("recipient", 86400): N_("{n} a day to each person"),
    ("recipient", 3600): N_("{n} an hour to each person"),
    ("recipient", 60): N_("{n} a minute to each person"),
    ("channel", 86400): N_("{n} a day in all"),
    ("channel", 3600): N_("{n} an hour in all"),
    ("channel", 60): N_("{n} a minute in all"),
    ("channel", 1): N_("{n} a second in all"),
}


def _limit(rate: Rate) -> str:
    text = _SPANS.get((rate.per, rate.seconds))
    if text is not None:
        return _(text).format(n=rate.most)
    if rate.per == "recipient":
        text = _("{n} in {seconds} s to each person")
    else:
        text = _("{n} in {seconds} s in all")
    return text.format(n=rate.most, seconds=rate.seconds)


def _ahead(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is not None and moment > now else None
