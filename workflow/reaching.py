"""The one road into the outbox: nobody is told nothing without somebody hearing of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from config.policy import Policy
from config.settings import settings
from models.db import Session
from models.directory import PersonInfo
from notifications import faults, outbox, routing
from notifications.intent import Intent
from workflow.windows import next_window

if TYPE_CHECKING:
    from workflow.context import Context


@lru_cache(maxsize=32)
def rules_of(policy: Policy) -> routing.Rules:
    """What people may choose under a policy."""
    return routing.rules_of(policy.delivery)


def send(s: Session, ctx: Context, intents: Sequence[Intent], now: datetime) -> int:
    """Write notices through the channels that people chose; returns how many were new."""
    return outbox.NOTICES.run(s, notices(s, ctx, intents, now))


def notices(
    s: Session, ctx: Context, intents: Sequence[Intent], now: datetime
) -> list[tuple[Any, ...]]:
    """The rows of `notifications.outbox.NOTICES` for these intents, not written yet.

    For whom nothing outside the portal reaches, a copy goes to the unit's leader (or its duty
    contact, or the office); they and the office hear of it with their next delivery, once a day.
    """
    copies = routing.diverted(intents, ctx.directory, ctx.channels, now)
    everything = [*intents, *copies, *told(ctx, intents, now)] if copies else intents
    return outbox.rows_of(s, everything, now, ctx.channels, rules_of(ctx.policy()))


def told(ctx: Context, intents: Sequence[Intent], now: datetime) -> list[Intent]:
    """The news, once a day and person, that nothing outside the portal reaches a recipient."""
    people = {i.recipient.id: i.recipient for i in intents if _lost(ctx, i.recipient)}
    window = next_window(now, ctx.policy(), ctx.calendar())
    day = window.astimezone(ctx.calendar().tz).date()
    office = routing.office(ctx.directory, now)
    return [
        intent
        for person in people.values()
        for intent in faults.told(
            "no_address",
            f"person:{person.id}",
            f"no_address:{day.isoformat()}",
            f"{person.name}({ctx.directory.unit_name(person.unit_id)})",
            _both(office, routing.stand_ins(person, ctx.directory, ctx.channels, now)),
            settings().base_url,
            window,
        )
    ]


def _both(office: list[PersonInfo], leaders: list[PersonInfo]) -> list[PersonInfo]:
    return list({p.id: p for p in (*office, *leaders)}.values())


def _lost(ctx: Context, person: PersonInfo) -> bool:
    return person.active and not routing.reachable(person, ctx.channels)
