"""Delivery: lease, render and send outside any transaction, mark. At least once, in order.

The parts are `bundling` (notices to messages), `leasing` (who sends when) and this loop.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from config.settings import settings
from models.db import Database, Session
from models.directory import Directory, PersonInfo
from notifications.bundling import bundle
from notifications.channels.base import Channel, Outgoing, PermanentError, TemporaryError
from notifications.health import OutboxAge, outbox_age
from notifications.items import Item
from notifications.leasing import Leased, lease, mark_failed, mark_sent, mark_temporary
from notifications.render import Rendered, RenderError, render_bundle, render_notice

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
) -> DrainReport:
    """Send what is due, at most `limit` messages, until nothing is or `stop()` says so.

    A message's mark and the next lease share a transaction, which halves the commits. Addresses
    are those of the moment of sending, so `directory` should be fresh. `worker` names the process
    in the leases. Tries and seconds default to the settings. Nothing a channel or a template
    raises ends the loop: it becomes a retry or a failure with its reason.
    """
    clock = now if callable(now) else lambda: now
    tries = settings().delivery_attempts if max_attempts is None else max_attempts
    seconds = settings().lease_seconds if lease_seconds is None else lease_seconds
    counts: Counter[str] = Counter()
    outcome: _Outcome | None = None
    while True:
        with db.write() as s:
            if outcome is not None:
                counts[_mark(s, outcome, clock(), tries)] += 1
            over = counts.total() == limit or stop()
            leased = None if over else lease(s, worker, clock(), seconds)
        if leased is None:
            return DrainReport(**counts)
        outcome = _attempt(leased, channels, directory, tries)


def _attempt(
    leased: Leased, channels: Mapping[str, Channel], directory: Directory, tries: int
) -> _Outcome:
    if leased.attempts > tries:  # workers died over it: a lease that ran out is a try, too
        return _Outcome(leased, "failed", "attempts-exhausted")
    person = directory.people.get(leased.recipient_id)
    channel = channels.get(leased.channel)
    if channel is None:
        return _Outcome(leased, "failed", f"channel-not-in-use: {leased.channel}")
    address = channel.address_of(person) if person is not None and person.active else None
    if person is None or address is None:
        return _Outcome(leased, "failed", "no-address")
    broken = _broken(leased.items, person.language)
    items = tuple(item for item in leased.items if item.notice_id not in broken)
    try:
        rendered = render_bundle(items or leased.items, person.language, person.name)
    except RenderError as error:
        return _Outcome(leased, "failed", f"render: {error}")
    return _send(channel, _outgoing(leased, person, address, rendered, items), leased, broken)


def _broken(items: tuple[Item, ...], language: str) -> dict[int, str]:
    """Why notices cannot be put into words, by id, so that they do not hold up the others."""
    found: dict[int, str] = {}
    for item in items:
        try:
            render_notice(item.kind, language, item.facts)
        except RenderError as error:
            found[item.notice_id or 0] = f"render: {error}"
    return found


def _outgoing(
    leased: Leased, person: PersonInfo, address: str, rendered: Rendered, items: tuple[Item, ...]
) -> Outgoing:
    ids = " ".join(str(item.notice_id) for item in items)
    return Outgoing(
        leased.message_id,
        address,
        person.name,
        person.language,
        rendered.subject,
        rendered.text,
        {"X-Xiaohao-Notice": ids},
        leased.created_at,
        items,
    )


def _send(channel: Channel, message: Outgoing, leased: Leased, broken: dict[int, str]) -> _Outcome:
    try:
        channel.send(message)
    except PermanentError as error:
        return _Outcome(leased, "failed", str(error))
    except TemporaryError as error:
        return _Outcome(leased, "temporary", str(error))
    except Exception as error:  # a fault of ours in one channel must not stop the others
        log.exception("channel raised", extra={"action": "delivery.fault", "delivery": leased.id})
        return _Outcome(leased, "temporary", f"{channel.name}: {type(error).__name__}: {error}")
    return _Outcome(leased, "sent", broken=broken)


def _mark(s: Session, outcome: _Outcome, now: datetime, tries: int) -> str:
    leased, reason = outcome.leased, outcome.reason
    if outcome.result == "temporary":
        result = mark_temporary(s, leased, now, reason, tries)
    elif outcome.result == "failed":
        result = "failed" if mark_failed(s, leased, reason) else "lost"
    else:
        result = "sent" if mark_sent(s, leased, now, outcome.broken) else "lost"
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
    return result
