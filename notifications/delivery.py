"""Delivery: lease, render and send outside any transaction, mark. At least once, in order.

The parts are `bundling` (notices to messages), `leasing` (who sends when), `brakes` (limits and
circuits of channels), `relay` (who hears of what cannot arrive) and this loop.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from config.settings import settings
from models.db import Database, Session
from models.directory import Directory, PersonInfo
from notifications import bounces, relay
from notifications.brakes import broke, forget, is_open, take, tried, worked
from notifications.bundling import bundle
from notifications.channels.base import (
    Channel,
    Outgoing,
    PermanentError,
    TemporaryError,
    where,
)
from notifications.health import OutboxAge, outbox_age
from notifications.items import Item, ids_told
from notifications.leasing import Leased, expire, lease, mark_failed, mark_sent, mark_temporary
from notifications.published import Texts, in_force
from notifications.relay import Means
from notifications.render import Rendered, RenderError, render_bundle, render_notice
from notifications.routing import EVERYTHING, Rules

__all__ = [
    "DrainReport",
    "Leased",
    "OutboxAge",
    "bundle",
    "drain",
    "lease",
    "mark_failed",
    "mark_sent",
    "mark_temporary",
    "outbox_age",
]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DrainReport:
    """What a drain did. `lost`: sent or tried, but the lease had run out and passed on."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class _Outcome:
    leased: Leased
    result: Literal["sent", "temporary", "failed"]
    reason: str = ""
    broken: dict[int, str] = field(default_factory=dict)
    address: str = ""
    wait: timedelta | None = None
    answered: bool = False
    """The channel's service has spoken, so the channel itself works."""
    channel_wide: bool = False
    broken_off: bool = False
    """The line broke before the service said anything of the message."""
    bounced: bool = False
    nobody: bool = False
    """There was no address to send to."""


@dataclass(frozen=True, slots=True)
class _Run:
    """What one drain works with."""

    means: Means
    tries: int
    failures: int
    longest: timedelta
    """How long a message may wait for a channel that is out of order."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A leased message with its recipient's address, or why there is none to send to."""

    leased: Leased
    person: PersonInfo | None
    address: str | None
    bad: bool
    """The address has bounced and is not to be used."""


def drain(
    db: Database,
    channels: Mapping[str, Channel],
    directory: Directory,
    now: Callable[[], datetime] | datetime,
    worker: str,
    limit: int | None = None,
    stop: Callable[[], bool] = lambda: False,
    *,
    max_attempts: int | None = None,
    lease_seconds: float | None = None,
    rules: Rules = EVERYTHING,
) -> DrainReport:
    """Send what is due, at most `limit` messages, until nothing is or `stop()` says so.

    A message's mark and the next lease share a transaction, which halves the commits. Addresses
    are those of the moment of sending, so `directory` should be fresh. `worker` names the process
    in the leases. Tries and seconds default to the settings. Nothing a channel or a template
    raises ends the loop: it becomes a retry or a failure with its reason. What a channel's limits
    or its circuit keep back is left for a later drain. `rules` are for what is told to others,
    where somebody cannot be reached.
    """
    clock = now if callable(now) else lambda: now
    tries = settings().delivery_attempts if max_attempts is None else max_attempts
    seconds = settings().lease_seconds if lease_seconds is None else lease_seconds
    longest = timedelta(days=settings().delivery_days)
    run = _Run(Means(channels, directory, rules), tries, settings().circuit_failures, longest)
    counts: Counter[str] = Counter()
    outcome: _Outcome | None = None
    while True:
        with db.write() as s:
            if outcome is not None:
                counts[_mark(s, outcome, clock(), run)] += 1
            over = counts.total() == limit or stop()
            leased = None if over else take(s, worker, clock(), seconds, channels)
            ready = None if leased is None else _ready(s, leased, run)
            if ready is None:
                forget(s, channels.values(), clock())
                return DrainReport(**counts)
            texts = in_force(s)
        outcome = _attempt(ready, run, texts)


def _ready(s: Session, leased: Leased, run: _Run) -> _Ready:
    person = run.means.directory.people.get(leased.recipient_id)
    channel = run.means.channels.get(leased.channel)
    usable = channel is not None and person is not None and person.active
    address = channel.address_of(person) if usable and channel and person else None
    bad = address is not None and bounces.is_bad(s, leased.channel, address)
    return _Ready(leased, person, address, bad)


def _attempt(ready: _Ready, run: _Run, texts: Texts) -> _Outcome:
    leased, person, address = ready.leased, ready.person, ready.address
    if leased.attempts > run.tries:  # workers died over it: a lease that ran out is a try, too
        return _Outcome(leased, "failed", "attempts-exhausted")
    channel = run.means.channels.get(leased.channel)
    if channel is None:
        return _Outcome(leased, "failed", f"channel-not-in-use: {leased.channel}")
    if person is None or address is None:
        return _Outcome(leased, "failed", "no-address", nobody=True)
    if ready.bad:
        return _Outcome(leased, "failed", "address-bounced", nobody=True)
    items, broken = leased.items, dict[int, str]()
    try:
        try:
            rendered = render_bundle(items, person.language, person.name, texts)
        except RenderError:  # without those that cannot be worded, if any others are left
            broken = _broken(leased.items, person.language, texts)
            items = tuple(item for item in leased.items if item.notice_id not in broken)
            rendered = render_bundle(items or leased.items, person.language, person.name, texts)
    except RenderError as error:
        return _Outcome(leased, "failed", f"render: {error}")
    message = _outgoing(leased, person, address, rendered, items)
    if getattr(channel, "takes_html", False):
        message = replace(message, html=rendered.html())
    return _send(channel, message, leased, broken)


def _broken(items: tuple[Item, ...], language: str, texts: Texts) -> dict[int, str]:
    """Why notices cannot be put into words, by id, so that they do not hold up the others."""
    found: dict[int, str] = {}
    for item in items:
        try:
            render_notice(item.kind, language, item.facts, texts)
        except RenderError as error:
            found[item.notice_id or 0] = f"render: {error}"
    return found


def _outgoing(
    leased: Leased, person: PersonInfo, address: str, rendered: Rendered, items: tuple[Item, ...]
) -> Outgoing:
    return Outgoing(
        leased.message_id,
        address,
        person.name,
        person.language,
        rendered.subject,
        rendered.text,
        {"X-Xiaohao-Notice": ids_told(items)},
        leased.created_at,
        items,
    )


def _send(channel: Channel, message: Outgoing, leased: Leased, broken: dict[int, str]) -> _Outcome:
    at = message.address
    try:
        channel.send(message)
    except PermanentError as error:
        bad = error.bounced
        return _Outcome(leased, "failed", str(error), address=at, answered=True, bounced=bad)
    except TemporaryError as error:
        return _put_off(leased, error)
    except Exception as error:  # a fault of ours in one channel must not stop the others
        about = {"action": "delivery.fault", "delivery": leased.id}
        log.error("channel raised %s", where(error), extra=about)
        # by its type alone: nobody has looked through its text for the channel's secrets
        return _Outcome(leased, "temporary", f"{channel.name}: {type(error).__name__}")
    return _Outcome(leased, "sent", broken=broken, answered=True)


def _put_off(leased: Leased, error: TemporaryError) -> _Outcome:
    wide, wait, answered = error.channel_wide, error.retry_after, error.answered
    return _Outcome(
        leased,
        "temporary",
        str(error),
        wait=wait,
        answered=answered and not wide,
        channel_wide=wide,
        broken_off=not answered and not wide,
    )


def _mark(s: Session, outcome: _Outcome, now: datetime, run: _Run) -> str:
    leased, reason = outcome.leased, outcome.reason
    counts = _note_channel(s, outcome, now, run)
    if outcome.result == "temporary":
        result = mark_temporary(s, leased, now, reason, run.tries, outcome.wait, counts=counts)
    elif outcome.result == "failed":
        result = "failed" if mark_failed(s, leased, reason) else "lost"
    else:
        result = "sent" if mark_sent(s, leased, now, outcome.broken) else "lost"
    too_old = 0 if counts else expire(s, leased.channel, now - run.longest, reason)
    if result == "failed" or too_old:
        _tell(s, outcome, now, run)
    _log(leased, result, reason)
    return result


def _note_channel(s: Session, outcome: _Outcome, now: datetime, run: _Run) -> bool:
    """What the try says of the channel; returns whether it counts against the message."""
    leased = outcome.leased
    channel = run.means.channels.get(leased.channel)
    if channel is not None:
        tried(s, leased, channel.rates, now)
    if outcome.answered:
        worked(s, leased.channel)
    if not (outcome.channel_wide or (outcome.broken_off and _suspect(s, leased))):
        return True
    circuit, news = broke(s, leased.channel, now, outcome.reason, run.failures, outcome.wait)
    if news:
        relay.opened(s, run.means, circuit, now)
    return circuit.opened_at is None  # a probe that fails says nothing about its message


def _suspect(s: Session, leased: Leased) -> bool:
    """Whether a line that broke speaks against the channel: on a message's first try, so that it
    takes several messages to open a circuit, and on each probe of one that is open."""
    return leased.attempts == 1 or is_open(s, leased.channel)


def _tell(s: Session, outcome: _Outcome, now: datetime, run: _Run) -> None:
    """Nothing fails silently."""
    leased, means = outcome.leased, run.means
    if outcome.bounced:
        relay.bounced(s, means, leased, outcome.address, now, outcome.reason)
    elif outcome.nobody:
        relay.unreached(s, means, leased, now)
    relay.gave_up(s, means, leased, now, outcome.reason)


def _log(leased: Leased, result: str, reason: str) -> None:
    log.info(
        "delivery %s: %s",
        leased.id,
        result,
        extra={
            "action": f"delivery.{result}",
            "delivery": leased.id,
            "channel": leased.channel,
            "attempts": leased.attempts,
            "reason": reason,
        },
    )
