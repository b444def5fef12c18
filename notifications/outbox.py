"""The outbox: notices are written in the transaction of the change that they tell of."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Row, func, select, update

from models import tables
from models.bulk import Insertion, writer
from models.db import Session
from models.directory import PersonInfo
from notifications.channels import INAPP
from notifications.intent import Intent
from notifications.routing import EVERYTHING, Rules, reach

log = logging.getLogger(__name__)
_N, _D = tables.notice.c, tables.delivery.c

# The first twelve are the same on every channel, the last four are the same for every notice.
_COLUMNS = (
    "subject",
    "issue_id",
    "task_id",
    "deadline_version",
    "kind",
    "occasion",
    "recipient_id",
    "language",
    "urgent",
    "facts",
    "not_before",
    "created_at",
    "channel",
    "state",
    "sent_at",
    "reason",
)
NOTICES = Insertion(tables.notice, _COLUMNS, ignore=True)
"""Straight to the driver: SQLAlchemy's own binding costs three times the rest."""
_SKIPS = "notifications.skips"
Skips = Counter[tuple[str, str]]
Tail = tuple[str, str, Any, str]


def enqueue(
    s: Session,
    intents: Iterable[Intent],
    now: datetime,
    channels: tuple[str, ...],
    rules: Rules = EVERYTHING,
) -> int:
    """Write a notice per intent and channel; returns how many were new.

    What exists under the same key is left as it is, so a repeat is harmless. `inapp` is delivered
    by being written. A channel that the person switched off, as far as `rules` allow, or that has
    no working address for the person is skipped and counted (see `skipped`); a person whom no
    channel reaches still gets the `inapp` row. Nothing is written for inactive people. Raises
    UnknownChannel.
    """
    return NOTICES.run(s, rows_of(s, intents, now, channels, rules))


def skipped(s: Session) -> Skips:
    """What this transaction did not write so far, counted by (channel, reason)."""
    counted: Skips = s.memo.setdefault(_SKIPS, Counter())
    return counted


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """A message that nobody got, or that went without some of its notices."""

    id: int
    recipient_id: int
    channel: str
    window_key: str
    state: str
    attempts: int
    reason: str
    created_at: datetime
    kinds: tuple[str, ...]


def failed(s: Session, limit: int = 500) -> list[FailedDelivery]:
    """Deliveries with a failed notice, newest first, with the kinds of what was not told."""
    lost: dict[int, list[Row[Any]]] = {}
    query = (
        select(_N.delivery_id, _N.kind, _N.reason)
        .where(_N.state == "failed", _N.delivery_id.is_not(None))
        .order_by(_N.delivery_id.desc(), _N.id)
    )
    for row in s.execute(query.limit(limit)):
        lost.setdefault(row.delivery_id, []).append(row)
    found = s.execute(select(tables.delivery).where(_D.id.in_(lost)).order_by(_D.id.desc()))
    return [_failed(row, lost[row.id]) for row in found]


def retry(s: Session, delivery_ids: Sequence[int], now: datetime) -> int:
    """Give failed deliveries all their tries again, at once; returns how many notices that frees.

    A notice that a sent message had to leave out goes into a message of its own.
    """
    again = (
        update(tables.delivery)
        .where(_D.id.in_(delivery_ids), _D.state == "failed")
        .values(state="pending", attempts=0, next_attempt_at=now, leased_by="", leased_until=None)
    )
    s.execute(again)
    failures = update(tables.notice).where(_N.state == "failed", _N.delivery_id == _D.id)
    linked = failures.where(_D.id.in_(delivery_ids))
    waiting = s.execute(linked.where(_D.state == "pending").values(state="bundled", reason=""))
    left_out = linked.where(_D.state == "sent").values(
        state="pending", reason="", delivery_id=None, urgent=True, not_before=now
    )
    return waiting.rowcount + s.execute(left_out).rowcount


def statistics(s: Session) -> dict[tuple[str, str, str], int]:
    """Numbers of notices by (kind, channel, state)."""
    keys = (_N.kind, _N.channel, _N.state)
    rows = s.execute(select(*keys, func.count()).group_by(*keys).order_by(*keys))
    return {(kind, channel, state): n for kind, channel, state, n in map(tuple, rows)}


def rows_of(
    s: Session, intents: Iterable[Intent], now: datetime, channels: tuple[str, ...], rules: Rules
) -> list[tuple[Any, ...]]:
    """What `enqueue` writes, as the driver takes it: see `NOTICES`."""
    write = writer(s.dialect, tables.notice, "not_before")
    written = write(now)
    # Intents share their facts and moments; the memory keeps both alive, so an id is safe as key.
    facts: dict[int, str] = {}
    moments: dict[datetime, Any] = {}
    tails = _Tails(channels, written, rules)
    rows: list[tuple[Any, ...]] = []
    intents = list(intents)
    for intent in intents:
        person = intent.recipient
        text = facts.get(id(intent.facts))
        if text is None:
            text = facts[id(intent.facts)] = to_json(intent.facts).decode()
        moment = moments.get(intent.not_before)
        if moment is None:
            moment = moments[intent.not_before] = write(intent.not_before)
        common = (
            intent.subject,
            intent.issue_id,
            intent.task_id,
            intent.deadline_version,
            intent.kind,
            intent.occasion,
            person.id,
            person.language,
            intent.urgent,
            text,
            moment,
            written,
        )
        rows += [common + tail for tail in tails.of(intent)]
    _count_skips(s, tails.skips)
    return rows


class _Tails:
    """The columns that depend on the channel, for the channels that reach a person."""

    __slots__ = ("_channels", "_known", "_rules", "inapp", "skips", "usual")

    def __init__(self, channels: tuple[str, ...], written: Any, rules: Rules) -> None:
        self.inapp: Tail = (INAPP, "sent", written, "")
        self._channels, self._rules = channels, rules
        self.usual = {
            name: self.inapp if name == INAPP else (name, "pending", None, "") for name in channels
        }
        self._known: dict[tuple[int, bool], tuple[list[Tail], list[tuple[str, str]]]] = {}
        self.skips: Skips = Counter()

    def of(self, intent: Intent) -> list[Tail]:
        # Intents share their people and are all alive, so an id is safe as key.
        key = (id(intent.recipient), self._rules.insist(intent.kind, intent.urgent))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._reach(intent.recipient, insist=key[1])
        tails, skipped = known
        if skipped:
            self.skips.update(skipped)
        return tails

    def _reach(
        self, person: PersonInfo, *, insist: bool
    ) -> tuple[list[Tail], list[tuple[str, str]]]:
        if not person.active:
            return [], [("*", "inactive")]
        found = reach(person, self._channels, self._rules, insist=insist)
        return [self.usual[name] for name in found.channels] or [self.inapp], list(found.skipped)


def _count_skips(s: Session, skips: Skips) -> None:
    if skips:
        skipped(s).update(skips)
        counted = {f"{channel}: {reason}": n for (channel, reason), n in skips.items()}
        log.debug("notices skipped", extra={"action": "notice.skipped", "skips": counted})


def _failed(row: Row[Any], notices: list[Row[Any]]) -> FailedDelivery:
    return FailedDelivery(
        row.id,
        row.recipient_id,
        row.channel,
        row.window_key,
        row.state,
        row.attempts,
        row.last_error or notices[0].reason,
        row.created_at,
        tuple(n.kind for n in notices),
    )
